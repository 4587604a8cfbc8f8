"""Make `reports/reference` anew: all claims at one tier, their report, two figures, README's words.

``python .ci/reference.py``, where explore-theory is installed: half an hour on two cores, some minutes with
``--tier quick``. The store outlives it, so that only claims that changed run again. Nothing is written unless
everything holds.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "reports" / "reference"
RESULTS, MADE = "results.json", "made.json"
#: Figures that README shows: what calls cost when coverage grows, and token by token against whole responses.
FIGURES = {"CTr": "calls-by-coverage", "TTh": "side-by-side"}
BEGIN, END = "<!-- reference, made by .ci/reference.py -->\n", "<!-- reference, end -->\n"

#: A bound is called tight where something measured comes this near to it.
TIGHT = 1.05
#: Claims of the first theory: all but those of the folders of the second.
SECOND = ("best_of_n", "coverage_principle", "kl_regret", "pass_at_k")


def said(results: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    """The paragraph of README on what was verified, counted from `results`, as results.json has it."""
    claims = results["claims"]
    held = sum(claim["status"] == "HOLDS" for claim in claims)
    badges = [{one["badge"] for one in claim["badges"]} for claim in claims if claim["status"] == "HOLDS"]
    part = sum("PART" in mine for mine in badges)
    second = sum(claim["theorem"] in SECOND for claim in claims)
    variants = [variant for claim in claims for variant in claim["false_variants"]]
    refuted = sum(variant["status"] == "REFUTED" for variant in variants)
    forms = [form for claim in claims for form in claim["printed"]]
    false = [form for form in forms if form["status"] == "REFUTED"]
    steps = sum(form["step"] for form in false)
    comparisons = sum(case["comparisons"] or 0 for claim in claims for case in claim["cases"])
    kinds = Counter(kind for claim in claims for kind in {case["evidence"] for case in claim["cases"]})
    proved = sum(any(proof["status"] == "HOLDS" for proof in claim["proofs"]) for claim in claims)
    kinds["formal, for every size at once"] = proved
    slacks = [claim["slack"] for claim in claims if claim["slack"] is not None]
    tight = sum(slack <= TIGHT for slack in slacks)
    by_kind = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common() if number)
    hours = made["core_seconds"] / 3600
    counted = f"{comparisons:,} comparisons of something measured with something stated"
    words = (
        f"**Verified** at the {made['tier']} tier with version {made['version']} on {made['date']}:",
        f"{held} of {len(claims)} claims hold"
        + f" ({part} of them in part: some of their checks are at the other tier)" * bool(part)
        + f", {len(claims) - second} of this theory and {second} of a second one,",
        f"by {counted}. All evidence: {by_kind} (a claim may have several kinds).",
        f"{refuted} of {len(variants)} *false variants* are refuted. Of {len(forms)} printed forms that were",
        f"doubted, {len(false)} do not hold as they stand, {steps} of them steps of proofs.",
        f"{tight} of {len(slacks)} bounds are *tight*: something measured comes within",
        f"{round(100 * (TIGHT - 1))} per cent of them. It took {hours:.1f} core-hours; the",
        "[report](reports/reference/index.html) has every number,",
        f"[{RESULTS}](reports/reference/{RESULTS}) the same for programs.",
    )
    return f"{' '.join(words)}\n"


def replaced(readme: str, words: str) -> str:
    """`readme` with `words` between its two marks.

    Raises
    ------
    ValueError
        If a mark is missing, or is there twice.
    """
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        raise ValueError(f"README.md must hold {BEGIN.strip()} and {END.strip()} once each")
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{words}{END}{after}"


def main() -> None:
    """Run, write, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", default=str(os.cpu_count() or 1))
    parser.add_argument("--tier", choices=("quick", "full"), default="full")
    parser.add_argument("--store", default="")
    asked = parser.parse_args()
    asked.store = asked.store or str(ROOT / f"reference-{asked.tier}.sqlite")
    command = [sys.executable, "-m", "explore_theory"]
    _run([*command, "verify", "--tier", asked.tier, "--jobs", asked.jobs, "--store", asked.store])
    _run([*command, "report", "--store", asked.store, "--out", str(FOLDER)])
    made = _figures_and_facts(asked.store, asked.tier)
    (FOLDER / MADE).write_text(json.dumps(made, indent=2) + "\n")
    words = said(json.loads((FOLDER / RESULTS).read_text()), made)
    readme = ROOT / "README.md"
    readme.write_text(replaced(readme.read_text(), words))
    print(f"{FOLDER.relative_to(ROOT)} and README.md say: {words}", end="")


def _run(command: list[str]) -> None:
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(code)


def _figures_and_facts(store: str, tier: str) -> dict[str, Any]:
    from explore_theory import __version__
    from explore_theory.harness.judging.results import latest_results
    from explore_theory.harness.storage.store import Store
    from explore_theory.reporting.folder import put
    from explore_theory.reporting.paper.figures import printed

    with Store(store, must_exist=True) as opened:
        results = [result for result in latest_results(opened) if result.tier == tier]
        session = opened.sessions()[-1]
    for result in results:
        for figure in result.record["figures"]:
            if FIGURES.get(result.id) == figure["slug"]:
                drawn = dict(printed(figure, result))["double.svg"]
                put(FOLDER, f"figures/{result.id}.svg", _on_white(drawn))
    return {
        "tier": tier,
        "version": __version__,
        "date": session.started[:10],
        "core_seconds": round(sum(result.seconds for result in results)),
        "cores": os.cpu_count(),
        "versions": dict(session.versions),
    }


def _on_white(svg: bytes) -> bytes:
    """`svg` on white paper: its letters are black, and pages that show it may be dark."""
    head, mark, rest = svg.partition(b"<defs>")
    if not mark:
        raise ValueError("the figure must have a <defs> to put its background before")
    return head + b'<rect width="100%" height="100%" fill="#ffffff"/>\n ' + mark + rest


if __name__ == "__main__":
    main()
