"""`verify --executor URL`: blocks on a cluster."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from explore_theory.harness.running.executors import Executor, Limits


def on(url: str | None, jobs: int, limits: "Limits") -> "Executor":
    """The executor for ``--executor URL``, or else for ``--jobs N``."""
    from explore_theory.harness.running import executors

    if url is None:
        return executors.executor(jobs, limits)
    source = click.get_current_context().get_parameter_source("jobs")
    if source is not click.core.ParameterSource.DEFAULT:
        raise click.UsageError("--executor and --jobs must not be given together")
    _quiet()
    from explore_theory.harness.running.cluster import OnDask

    return OnDask(url, limits)


def _quiet() -> None:
    """Dask tells of a lost scheduler on its own, in tracebacks; here it is one line, which we say."""
    import logging
    import warnings

    logging.disable(logging.CRITICAL)
    # Versions of what results rest on are compared, and a difference is an error.
    warnings.filterwarnings("ignore", module="distributed")
