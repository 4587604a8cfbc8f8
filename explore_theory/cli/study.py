"""`study`: learners side by side on language models, as responses grow longer."""

import click

from explore_theory.cli.mistakes import Whole, one_line_errors
from explore_theory.cli.saying import say


@click.command()
@click.option(
    "--lengths", default="2,4,8,16", show_default=True, metavar="H,H,...", help="Tokens a response."
)
@click.option(
    "--order", type=Whole(min=1, max=4), default=2, show_default=True, help="n of the n-gram model."
)
@click.option("--text", metavar="FILE", help="Fit it to this text (default: prose that comes with Python).")
@click.option("--model", metavar="DIR", help="Also a causal model in this folder (extra lm).")
@click.option("--tiny", is_flag=True, help="Also a tiny GPT, trained here on the same text (extra lm).")
@click.option("--tokens", metavar="T,T,...", help="Tokens of --model that are chosen between (default: all).")
@click.option("--wanted", metavar="T,T,...", help="Those that are paid (default: v).")
@click.option("--prompt", help="What responses of --model follow (default: a space).")
@click.option("--runs", type=Whole(min=1), default=4, show_default=True, help="Of a learner, at each length.")
@click.option("--seed", type=Whole(min=0), default=0, show_default=True)
@click.option("--jobs", type=Whole(min=1), default=1, show_default=True, help="Worker processes.")
@click.option("--out", metavar="DIR", help="Write a page into this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@one_line_errors
def study(
    lengths: str,
    order: int,
    text: str | None,
    model: str | None,
    tiny: bool,
    tokens: str | None,
    wanted: str | None,
    prompt: str | None,
    runs: int,
    seed: int,
    jobs: int,
    out: str | None,
    as_json: bool,
) -> None:
    """Run MTSS, SpannerSampling and best-of-N on a language model as responses grow longer.

    What each pays, in tokens, until its gap is a twentieth of the base policy's, and exact gaps: on the
    embedded model of text, paid by the share of vowels, and on causal models paid likewise. MTSS explores
    token by token, the others by whole responses, whose coverage grows exponentially with their length.

    \b
    explore-theory study
    explore-theory study --lengths 2,4,8,16,32 --jobs 2 --out study
    explore-theory study --lengths 2,4,6,8 --tiny
    """
    from contextlib import ExitStack
    from tempfile import TemporaryDirectory

    from explore_theory.reporting.progress import bar
    from explore_theory.reporting.study.progress import Shown
    from explore_theory.studies.causal import CausalShares, tiny_model
    from explore_theory.studies.families import Family, NGramShares
    from explore_theory.studies.growth import steps_of
    from explore_theory.studies.parallel import studied_by

    given = {"--tokens": tokens, "--wanted": wanted, "--prompt": prompt}
    if model is None and (vain := [name for name, value in given.items() if value is not None]):
        raise click.UsageError(f"{', '.join(vain)} must go with --model, which it is about, got no --model")
    asked = [_whole(part) for part in lengths.split(",")]
    if out is not None:
        from pathlib import Path

        from explore_theory.reporting.folder import require_own

        require_own(Path(out))
    families: list[Family] = [NGramShares(order=order, text=text)]
    with ExitStack() as stack:
        shown = Shown(stack.enter_context(bar()))
        if tiny:
            shown.begin("training a tiny GPT")
            folder = stack.enter_context(TemporaryDirectory(prefix="explore-theory-"))
            families.append(CausalShares(folder=str(tiny_model(f"{folder}/tiny GPT"))))
        if model is not None:
            chosen = None if tokens is None else tuple(tokens.split(","))
            families.append(
                CausalShares(
                    folder=model,
                    tokens=chosen,
                    wanted=tuple(("v" if wanted is None else wanted).split(",")),
                    prompt=" " if prompt is None else prompt,
                )
            )
        shown.begin("making the problems", steps_of(families, asked))
        found = studied_by(
            families, asked, runs=runs, seed=seed, workers=jobs, done=shown.point, heard=shown.step
        )
    written = None
    if out is not None:
        from explore_theory.reporting.study.page import write

        # Before anything is printed, as whoever reads that may leave.
        written = write(found, out)
    if as_json:
        import json

        from explore_theory.reporting.study.data import record

        say(json.dumps(record(found), indent=1, allow_nan=False), lines=True)
    else:
        from explore_theory.reporting.study.told import print_study
        from explore_theory.reporting.terminal import console

        print_study(console(), found)
    if written is not None:
        say(f"Written: {written}", err=as_json)


def _whole(part: str) -> int:
    from explore_theory.errors import InvalidProblem

    try:
        return int(part)
    except ValueError:
        raise InvalidProblem(f"lengths must be whole numbers parted by commas, got {part!r}") from None
