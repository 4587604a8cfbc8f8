"""Results made by hand, of a claim that a stranger's store may hold."""

from explore_theory.harness.judging.outcomes import CaseResult, PrintedResult, Result, VariantResult
from explore_theory.harness.measures.measurement import Resolution
from explore_theory.harness.verdicts.summary import Row, Summary
from explore_theory.harness.verdicts.verdict import Status, Verdict


def case(slug="one", *, status=Status.HOLDS, ends=(0.5, 0.75, 1.0, 2.0), notes=(), **more):
    """A case with its row; `ends` None for one that has not been run."""
    row = (
        None
        if ends is None
        else Row(index=0, **dict(zip(("lo", "hi", "bound_lo", "bound_hi"), ends, strict=True)))
    )
    effort = more.pop("effort", 7)
    summary = None
    if row is not None:
        summary = Summary(
            count=3, applicable=2, effort=effort, unit="boxes", rows={"above": row}, notes=dict(notes)
        )
    given = {
        "check": "stated",
        "evidence": "certified",
        "relation": "<=",
        "resolution": Resolution(),
        "params": {},
        "slack": 1.5,
        "moved": None,
        "missing": 0,
        "alpha": None,
        "seconds": 0.25,
    }
    verdict = Verdict(status=status, reason="measured .75 <= bound 1", row=row)
    return CaseResult(case=slug, verdict=verdict, summary=summary, **given | more)


def variant(slug="lie", status=Status.REFUTED, **more):
    """A false variant of one case."""
    one = case(status=status, **more)
    return VariantResult(slug=slug, why="a lie", verdict=one.verdict, cases=(one,))


def form(slug="as-printed", *, holds=False, status=Status.REFUTED):
    """A printed form of one case."""
    one = case(status=status)
    words = {"item": "Lemma 3", "says": "what it says", "mended": "twice that"}
    return PrintedResult(
        slug=slug, page=7, holds=holds, step=False, verdict=one.verdict, cases=(one,), **words
    )


def result(id="A1", *, status=Status.HOLDS, cases=(), variants=(), printed=(), tier="quick", **record):
    """A claim with its verdict; `record` changes what it says of itself."""
    cases = tuple(cases) or (case(status=status),)
    words = {
        "id": id,
        "namespace": "",
        "slug": f"claim-{id.lower()}",
        "theorem": "toys",
        "title": "A title",
        "statement": "What is claimed.",
        "relation": "<=",
        "loose": "",
        "figures": [],
        "checks": [
            {
                "slug": "stated",
                "evidence": "certified",
                "coarse": "",
                "cases": [
                    {"slug": one.case, "tight": True, "rows": {"quick": 1, "full": 1}} for one in cases
                ],
            }
        ],
    }
    deciding = next((one for one in cases if one.verdict.status is status), None)
    verdict = deciding.verdict if deciding else Verdict(status=status, reason="by hand")
    return Result(
        record=words | record,
        digest="d",
        tier=tier,
        reseed=0,
        verdict=verdict,
        cases=cases,
        variants=tuple(variants) or (variant(),),
        printed=tuple(printed),
    )


#: A figure of the toys, as a record has it.
FIGURE = {
    "slug": "f",
    "title": "T",
    "x_label": "pi_ref",
    "y_label": "y <= 1",
    "caption": "c",
    "x_log": False,
    "y_log": False,
    "crossings": (),
    "curves": [
        {"label": "by-hand", "check": "draws", "x": "n", "y": "measured", "style": s, "by": None, "only": {}}
        for s in ("points", "line")
    ],
}
