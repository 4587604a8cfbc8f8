"""What a problem of several steps declares of itself, held against it: ``theta_h``, ``B`` and ``C_cond``."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.problems.protocol import BOUNDARY, Bools, Floats

#: Differences of ``Q_h`` may miss ``<theta_h, feature differences>`` by this much, relative to their scale.
REALISED = 1e-9


class Step(Protocol):
    """A layer of tokens, or a stage."""

    @property
    def features(self) -> Floats:
        """`[S, A, d]`."""

    @property
    def supported(self) -> Bools:
        """`[S, A]`."""


def radius_covers(radius: float | None, theta: Floats) -> None:
    """Raise `InvalidProblem` unless ``radius >= max_h |theta_h|`` of `theta` `[H, d]`."""
    if radius is None:
        raise InvalidProblem("parameter_radius must be given with theta, got parameter_radius=None")
    length = float(np.sqrt((theta * theta).sum(axis=-1)).max())
    if length > radius * (1 + BOUNDARY):
        raise InvalidProblem(
            f"parameter_radius must be at least max_h |theta_h|={length!r}, got parameter_radius={radius!r}"
        )


def realised(
    theta: Floats,
    steps: Sequence[Step],
    q_of: Sequence[Floats],
    reachable: Sequence[Bools],
    *,
    value: str,
    step: str,
) -> None:
    """Raise `InvalidProblem` unless differences of ``Q_h`` are ``<theta_h, feature differences>``.

    In every state that is `reachable` `[S]`, for supported actions; `theta` is `[H, d]`, each of `q_of` is
    `[S, A]`. `value` and `step` are what the message calls ``Q_h`` and a step.
    """
    for h, (one, q) in enumerate(zip(steps, q_of, strict=True)):
        residual = q - (one.features * theta[h]).sum(axis=-1)
        counts = one.supported & reachable[h][:, None]
        high = np.where(counts, residual, -np.inf).max(axis=-1)
        low = np.where(counts, residual, np.inf).min(axis=-1)
        error = np.where(counts.any(axis=-1), high - low, 0.0)
        if np.any(error > REALISED * (1.0 + np.abs(q).max())):
            s = int(np.argmax(error))
            raise InvalidProblem(
                f"theta must make differences of {value} equal <theta_h, feature differences>, "
                f"got an error of {float(error[s])!r} at {step} {h}, state {s}"
            )


def covers(conditional_coverage: float, log_least: float) -> None:
    """Raise `InvalidProblem` unless ``log conditional_coverage`` is at least `log_least`."""
    if np.log(conditional_coverage) < log_least - REALISED:
        raise InvalidProblem(
            f"conditional_coverage must be at least C_cond=exp({log_least!r}), "
            f"got conditional_coverage={conditional_coverage!r}"
        )
