"""`run`: a learner on a problem."""

import click

from explore_theory.cli.mistakes import Whole, one_line_errors


@click.command(name="run")
@click.argument("learner", metavar="LEARNER")
@click.option("--instance", required=True, metavar="FILE", help="A problem written by `save`.")
@click.option("--law", default="exact-law", show_default=True, metavar="LAW", help="literal or exact-law.")
@click.option("--replicates", type=Whole(min=1), default=16, show_default=True)
@click.option("--seed", type=Whole(min=0), default=0, show_default=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter (repeatable).")
@click.option("--budget", "budgets", multiple=True, metavar="KIND=CALLS", help="The most calls (repeatable).")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@one_line_errors
def run_command(
    learner: str,
    instance: str,
    law: str,
    replicates: int,
    seed: int,
    settings: tuple[str, ...],
    budgets: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run LEARNER on a problem: what it spends, and the exact gap of what it returns.

    LEARNER is one such as spanner-sampling, best-of-n, xpo, or mtss and printed-mtss (for token problems); an
    unknown name lists all. Proper learners, which need a box of parameters, are played from Python
    (explore_theory.play).

    The plan is printed first. Ctrl-C ends the run at once and prints what is done; no file is written.

    \b
    explore-theory run spanner-sampling --instance my_problem.npz --set eps=0.05
    explore-theory run mtss --instance my_tokens.npz --set eps=0.05
    """
    from explore_theory.cli.playing import play
    from explore_theory.reporting.instances import planned

    plan = planned(
        learner,
        instance,
        settings=_pairs("set", settings),
        law=law,
        seed=seed,
        replicates=replicates,
        budgets={kind: _calls(kind, text) for kind, text in _pairs("budget", budgets).items()},
    )
    play(plan, as_json=as_json)


def _pairs(name: str, texts: tuple[str, ...]) -> dict[str, str]:
    """``("eps=0.1",)`` as ``{"eps": "0.1"}``."""
    from explore_theory.errors import InvalidProblem

    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value) or key in pairs:
            raise InvalidProblem(f"{name} must be NAME=VALUE, each NAME once, got {name}={text!r}")
        pairs[key] = value
    return pairs


def _calls(kind: str, text: str) -> float:
    from explore_theory.errors import InvalidProblem

    try:
        return float(text)
    except ValueError:
        raise InvalidProblem(f"budget must be KIND=CALLS, got budget={kind}={text!r}") from None
