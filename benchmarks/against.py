"""This commit against an earlier one, in one run: ratios of what they take, and whether verdicts are as good.

Run: ``python benchmarks/against.py --base REV [--parts verify,edited] [--claims C5,F1] [--json]``. Both are
checked out into a folder of their own and installed there with the same constraints, and each part is run
in turn at one and at the other, so that a noisy machine is noisy for both. Printed: head over base, the
median of the ratios of pairs and their least and most, of processor time of all processes, of wall clock and
of peak memory; then every case whose verdict, slack, resolution or effort differs. Exit code: 0; 1 if
something is WORSE; 2 for a mistake in the call; 130 for Ctrl-C, which removes everything.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checkouts import ROOT, Checkout, NoRevision, changes, commit
from gauges import CommandFailed, Used, adopt_orphans
from situations import LONG, PARTS, Plan, told

from explore_theory.bench.ratios import Ratio, ratio
from explore_theory.reporting.against import Change
from explore_theory.reporting.against import changes as changed

#: What is held against each other, with its unit.
GAUGES = {"cpu": "s", "wall": "s", "peak": "B"}


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The call."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", required=True, metavar="REV", help="the commit to compare with")
    parser.add_argument("--parts", default=",".join(PARTS), help="of: %(default)s")
    parser.add_argument("--claims", default="", metavar="ID,...", help="only these (default: the base's)")
    parser.add_argument("--edit", default="C2", metavar="ID", help="the claim that is edited")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each (full tier: 1)")
    parser.add_argument("--folder", type=Path, help="work here and keep the installations for a next call")
    parser.add_argument("--json", action="store_true", dest="as_json")
    call = parser.parse_args(given)
    call.parts = [name for name in call.parts.split(",") if name]
    call.claims = tuple(name for name in call.claims.split(",") if name)
    if unknown := [name for name in call.parts if name not in PARTS]:
        parser.error(f"parts must be of {', '.join(PARTS)}, got {', '.join(unknown)}")
    if call.repeat < 1:
        parser.error(f"repeat must be at least 1, got repeat={call.repeat}")
    return call


def say(words: str) -> None:
    """Progress, beside the results."""
    print(words, file=sys.stderr, flush=True)


def planned(call: argparse.Namespace, head: Checkout, base: Checkout, folder: Path) -> Plan:
    """The claims and tests that both have, the lost ones told."""
    mine, theirs = head.claims(), base.claims()
    wanted = call.claims or tuple(theirs)
    for id in wanted:
        if id not in theirs:
            raise NoRevision(f"claims must be among those of the base, got {id!r}")
        if id not in mine:
            say(f"claim {id} is at the base, and no more at the head")
    if "edited" in call.parts and not (call.edit in mine and call.edit in theirs):
        raise NoRevision(f"edit must be a claim that both have, got edit={call.edit!r}")
    tests: tuple[str, ...] = ()
    if "tests" in call.parts:
        now = set(head.tests())
        then = base.tests()
        tests = tuple(name for name in then if name in now)
        say(f"{len(tests)} of the base's {len(then)} tests are there still; the head has {len(now)}")
    return Plan(folder=folder, ids=tuple(id for id in wanted if id in mine), edited=call.edit, tests=tests)


def measured(part: str, head: Checkout, base: Checkout, plan: Plan, repeat: int) -> dict[str, list[Used]]:
    """Runs of a part at both, in turn; which of them begins changes from pair to pair."""
    runs = {at.name: PARTS[part](at, plan) for at in (base, head)}
    taken: dict[str, list[Used]] = {name: [] for name in runs}
    for turn in range(1 if part in LONG else repeat):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            run = runs[name]()
            taken[name].append(run)
            if run.code:
                say(f"{part} at the {name} ended with {run.code}")
    return taken


def ratios_of(taken: dict[str, list[Used]]) -> dict[str, Ratio]:
    """Head over base by each gauge."""
    return {
        gauge: ratio(*([getattr(run, gauge) for run in taken[name]] for name in ("head", "base")))
        for gauge in GAUGES
    }


def compare(call: argparse.Namespace, folder: Path) -> bool:
    """Everything that is asked for, told as it comes; whether nothing is worse."""
    base = Checkout(name="base", revision=commit(call.base), folder=folder / "base")
    head = Checkout(name="head", revision=commit("HEAD"), folder=folder / "head")
    if count := changes():
        say(f"{count} files of the working tree are not as committed: HEAD is measured, without them")
    for at in (base, head):
        say(f"{at.name}: {at.revision[:10]}")
        at.make(ROOT / "constraints.txt")
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        plan = planned(call, head, base, work)
        results: dict[str, object] = {}
        worse: list[Change] = []
        for part in call.parts:
            taken = measured(part, head, base, plan, call.repeat)
            found = ratios_of(taken)
            results[part] = {
                "runs": {name: [asdict(run) for run in runs] for name, runs in taken.items()},
                "ratios": {gauge: asdict(one) for gauge, one in found.items()},
            }
            if not call.as_json:
                tell(part, taken, found)
            if part in ("verify", "full"):
                tier = "quick" if part == "verify" else "full"
                other = differences(told(work, "head", tier), told(work, "base", tier))
                worse += [one for one in other if one.way == "WORSE"]
                results[f"{part}-verdicts"] = [asdict(one) for one in other]
                if not call.as_json:
                    print(*other, f"{part}: {len(other)} differences of verdicts", sep="\n")
        if call.as_json:
            print(json.dumps({"base": base.revision, "head": head.revision, "parts": results}, indent=2))
        return not worse
    finally:
        shutil.rmtree(work, ignore_errors=True)


def differences(head: Mapping[str, Any], base: Mapping[str, Any]) -> list[Change]:
    """What the head tells otherwise of what the base has, as ``verify --json`` of both has it."""
    return [change for change in changed(head, base) if change.words != "new"]


def tell(part: str, taken: dict[str, list[Used]], found: dict[str, Ratio]) -> None:
    """A part in words."""
    for gauge, unit in GAUGES.items():
        least = {name: min(getattr(run, gauge) for run in runs) for name, runs in taken.items()}
        print(f"{part:14}{gauge:5} head {least['head']:.4g} {unit}, base {least['base']:.4g} {unit}, "
              f"head/base {found[gauge]}", flush=True)  # fmt: skip


def main() -> int:
    """Compare, in a folder that is removed unless one was given."""
    call = arguments()
    adopt_orphans()
    folder = call.folder or Path(tempfile.mkdtemp(prefix="against-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return 0 if compare(call, folder.resolve()) else 1
    except (NoRevision, CommandFailed) as error:
        say(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    finally:
        if call.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
