"""The command line. Heavy imports happen inside commands, so ``--help`` is quick."""

import os
import sys

import click

from explore_theory._package import VERSION
from explore_theory.cli.audit import audit
from explore_theory.cli.bench import bench
from explore_theory.cli.challenge import challenge
from explore_theory.cli.coverage import coverage
from explore_theory.cli.db import db
from explore_theory.cli.errata import errata
from explore_theory.cli.formal import formal
from explore_theory.cli.inspect import inspect_command
from explore_theory.cli.list import list_claims
from explore_theory.cli.merge import merge
from explore_theory.cli.mistakes import Commands
from explore_theory.cli.new import new
from explore_theory.cli.replay import replay
from explore_theory.cli.report import report
from explore_theory.cli.run import run_command
from explore_theory.cli.sample import sample
from explore_theory.cli.show import show
from explore_theory.cli.study import study
from explore_theory.cli.tighten import tighten
from explore_theory.cli.verify import verify
from explore_theory.foundation.legible import ERRORS, install


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, prog_name="explore-theory")
def main() -> None:
    """Hold the theory of exploration with base language models against measurement.

    \b
    explore-theory verify              check every claim, print the verdicts
    explore-theory verify F1 'C*'      some of them
    explore-theory report              write an HTML report of what is stored
    explore-theory tighten C2          locate its best constant
    explore-theory new NAME            a claim of your own, to start from
    explore-theory challenge FILE:NAME a learner of your own against the lower bounds
    explore-theory coverage FILE       what samples of a base model say of its coverage
    explore-theory sample MODEL_DIR    draw such samples of a model of your own
    explore-theory study               learners on a language model as responses grow
    """
    # What a terminal cannot show is said by what it can, never by a question mark or a traceback.
    install()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)
    # Results must not depend on thread scheduling inside BLAS; one thread per process.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


for _command in (
    verify,
    audit,
    tighten,
    list_claims,
    show,
    replay,
    report,
    errata,
    formal,
    inspect_command,
    run_command,
    challenge,
    coverage,
    sample,
    study,
    bench,
    new,
    merge,
    db,
):
    main.add_command(_command)
