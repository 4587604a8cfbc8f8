"""Short renderings of results that the terminal and the HTML report share."""

from collections.abc import Mapping
from shlex import quote
from typing import Any

from explore_theory.foundation import numerals
from explore_theory.harness.claims.claim import RANDOM, TIERS
from explore_theory.harness.discovery.budget import ALPHA
from explore_theory.harness.judging.outcomes import CaseResult, Result
from explore_theory.harness.measures.columns import Number, as_float, digits, quotient
from explore_theory.harness.verdicts.summary import Summary
from explore_theory.harness.verdicts.verdict import Status

ratio = numerals.ratio

#: Statuses that make a run fail; see `exit_code`.
_FAILING = (Status.REFUTED, Status.POWERLESS, Status.ERROR)


def count(number: float) -> str:
    """``3``, ``4,352``, ``2.1e6``."""
    return f"{number:,.0f}" if number < 1e5 else f"{number:.1e}".replace("e+0", "e").replace("e+", "e")


def number(many: int, what: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{many} {what}{'s' * (many != 1)}"


def evidence(result: Result) -> str:
    """``symbolic (2 identities), adversarial (2.1e6 instances)``."""
    return ", ".join(f"{kind} ({count(effort)} {unit})" for kind, effort, unit in result.evidence())


def label(result: Result) -> str:
    """``F1``, or ``bon:B1`` for a claim of another package."""
    namespace = result.record.get("namespace", "")
    return f"{namespace}:{result.id}" if namespace and result.ambiguous else result.id


def kinds(result: Result) -> str:
    """``symbolic 2, adversarial 2.1e6 to 1e-09``: kinds of evidence with effort and resolution, in all.

    After it comes what says nothing (see `applying`), and how much is left to the other tier (see `left`).
    """
    totals: dict[str, float] = {}
    for kind, effort, _ in result.evidence():
        totals[kind] = totals.get(kind, 0) + effort
    words = ", ".join(
        f"{kind} {count(effort)}" + "".join(f" to {r}" for r in resolutions(result, kind)[:1])
        for kind, effort in totals.items()
    )
    evidence = f"{words} ({level(error_level(result))})" if words else ""
    return "; ".join(part for part in (evidence, applying(result), left(result.record, result.tier)) if part)


def resolutions(result: Result, kind: str | None = None) -> list[str]:
    """The resolutions of its cases (of one `kind` of evidence), coarsest first."""
    found = {
        case.resolution
        for case in result.cases
        if case.resolution and kind in (None, case.evidence) and case.summary is not None
    }
    return [str(r) for r in sorted(found, key=lambda r: (-r.absolute, -r.relative))]


def applying(result: Result) -> str:
    """``59 of 64 comparisons apply, 1 of 3 cases is not applicable``; nothing where all do and are."""
    summaries = [case.summary for case in result.cases if case.summary is not None]
    number, total = sum(s.applicable for s in summaries), sum(s.count for s in summaries)
    out = sum(case.verdict.status is Status.NOT_APPLICABLE for case in result.cases)
    parts = [f"{number:,} of {total:,} comparisons apply"] if number < total else []
    if out:
        parts.append(f"{out} of {len(result.cases)} cases {'is' if out == 1 else 'are'} not applicable")
    return ", ".join(parts)


def absent(record: Mapping[str, Any], tier: str) -> dict[str, list[str]]:
    """The cases that `tier` does not run, by check: what is said at this tier is not said of them."""
    found = {
        check["slug"]: [case["slug"] for case in check["cases"] if tier not in case["rows"]]
        for check in record["checks"]
    }
    return {check: cases for check, cases in found.items() if cases}


def untouched(record: Mapping[str, Any], tier: str) -> list[str]:
    """The checks that `tier` runs no case of."""
    return [c["slug"] for c in record["checks"] if all(tier not in case["rows"] for case in c["cases"])]


def left(record: Mapping[str, Any], tier: str) -> str:
    """``6 of 8 cases at the full tier only``; nothing where `tier` runs all of them."""
    number = sum(map(len, absent(record, tier).values()))
    total = sum(len(check["cases"]) for check in record["checks"])
    (other,) = (name for name in TIERS if name != tier)
    return f"{number} of {total} cases at the {other} tier only" if number else ""


def left_in_full(record: Mapping[str, Any], tier: str) -> str:
    """`left` with the names: ``.. tier: all of baselines; calls-by-coverage/n-64``."""
    whole = untouched(record, tier)
    rest = [f"{k}/{case}" for k, cases in absent(record, tier).items() if k not in whole for case in cases]
    named = "; ".join(part for part in (f"all of {', '.join(whole)}" * bool(whole), ", ".join(rest)) if part)
    return f"{left(record, tier)}: {named}" if named else ""


def left_out(summary: Summary) -> str:
    """``59 of 64 apply; 5 left out: beta is positive``; nothing where all apply."""
    if summary.applicable == summary.count:
        return ""
    reasons = "; ".join(f"{number:,} left out: {name}" for name, number in summary.left_out.items())
    return f"{summary.applicable:,} of {summary.count:,} apply; {reasons}"


def error_level(result: Result) -> float | None:
    """The error level of each of its cases that chance can turn; None if there is none."""
    return next((case.alpha for case in result.cases if case.alpha is not None), None)


def level(alpha: float | None) -> str:
    """``error level 2.0e-06 each``, or that none is spent."""
    return "spends no alpha" if alpha is None else f"error level {alpha:.1e} each"


def badges(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a claim wears beside its verdict, and why: ``("LOOSE", reason)``, ``("COARSE", reasons)``."""
    tight = any(case["tight"] for check in record["checks"] for case in check["cases"])
    # Other claims that do not say are an ERROR.
    samples = all(check["evidence"] in RANDOM for check in record["checks"])
    why = str(record["loose"]) or "no case is said to be nearly an equality" * (samples and not tight)
    found = [("LOOSE", why)] if why else []
    reasons = dict.fromkeys(str(check["coarse"]) for check in record["checks"] if check["coarse"])
    return [*found, *([("COARSE", "; ".join(reasons))] if reasons else [])]


def worn(record: Mapping[str, Any], tier: str) -> list[tuple[str, str]]:
    """`badges`, and ``("PART", ..)`` where a check has no case at `tier`: the verdict is not one on it."""
    missing = untouched(record, tier)
    part = ("PART", f"the {tier} tier runs nothing of {', '.join(missing)}")
    return [*badges(record), *([part] if missing else [])]


def slack(result: Result) -> str:
    """The smallest slack, ``1.7x``, ``1 + 2e-12`` where the bound is nearly met, ``=`` for an equality.

    Beside a verdict that stands against the claim it is the slack of the comparison that is shown there.
    """
    return "=" if result.record["relation"] == "==" else ratio(slack_shown(result))


def slack_shown(result: Result) -> float | None:
    """The slack beside a verdict, as a number; None where there is none, as of an equality."""
    if result.record["relation"] == "==":
        return None
    decides = deciding(result)
    return result.slack if decides is None else case_slack(decides)


def deciding(result: Result) -> CaseResult | None:
    """The case whose verdict is the claim's; None where no single case decides."""
    if result.verdict.status not in (Status.REFUTED, Status.ERROR, Status.INCONCLUSIVE):
        return None
    return next((case for case in result.cases if case.verdict is result.verdict), None)


def case_slack(case: CaseResult) -> float | None:
    """The slack of a case; of the comparison that refutes it, where one does.

    The tightest comparison by ratio, which a slack is otherwise about, may be another than the one furthest
    outside its bound.
    """
    row = case.verdict.row
    if case.verdict.status is not Status.REFUTED or row is None or case.slack is None:
        return case.slack
    above, below = (row.bound_hi, row.lo), (row.hi, row.bound_lo)
    over, under = above if case.relation == "<=" else below
    return as_float(quotient(over, under)) if over > 0 and under > 0 else None


def reason(result: Result) -> str:
    """Why the verdict is what it is, with the case that decides where there are several."""
    case = deciding(result)
    place = f"{case.check}/{case.case}: " if case is not None and len(result.cases) > 1 else ""
    return place + result.verdict.reason


def interval(lo: Number, hi: Number) -> str:
    """A measured or bounding interval in about six digits."""
    ends = digits(lo, 6), digits(hi, 6)
    return ends[0] if ends[0] == ends[1] else f"[{ends[0]}, {ends[1]}]"


def value(number: Any) -> str:
    """A parameter: words and whole numbers as they are, other numbers in at most six digits."""
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def parameters(params: Mapping[str, Any]) -> str:
    """``n=8 steps=50``."""
    return " ".join(f"{name}={value(given)}" for name, given in params.items())


def met(result: Result) -> float | None:
    """How much of the bound is used, in [0, 1]: the reciprocal of the slack; 1 for an equality that holds."""
    if result.record["relation"] == "==":
        return 1.0 if result.verdict.status is Status.HOLDS else None
    return None if result.slack is None else min(1.0, 1 / result.slack)


def power(result: Result) -> str:
    """``3/3``: false variants refuted, of all."""
    return f"{sum(v.refuted for v in result.variants)}/{len(result.variants)}"


def witness(case: CaseResult) -> str:
    """The counter-example of a case that is REFUTED, in a line; nothing if it has none."""
    row = case.verdict.row
    if case.verdict.status is not Status.REFUTED or row is None or not row.witness:
        return ""
    words = " ".join(f"{name}={_short(value)}" for name, value in row.witness.items())
    return f"comparison {row.index}: {words}"


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= 200 else f"{written[:200]}.. (cut; --json and --witness have it whole)"


def part(result: Result, slug: str) -> str:
    """``false variant SLUG`` or ``printed form SLUG``."""
    kind = "printed form" if any(form.slug == slug for form in result.printed) else "false variant"
    return f"{kind} {slug}"


def printed(result: Result) -> str:
    """``2 of 3 printed forms refuted``, as they must be or not; nothing where it has none."""
    refuted = sum(form.verdict.status is Status.REFUTED for form in result.printed)
    number = len(result.printed)
    return f"{refuted} of {number} printed form{'s' * (number != 1)} refuted" if number else ""


def counter_example(case: CaseResult) -> str:
    """What refutes a case, to be checked by hand: ``d=1 k=2: measured .5, bound .4``."""
    row = case.verdict.row
    if case.verdict.status is not Status.REFUTED or row is None:
        return ""
    words = ", ".join(f"{name} = {_short(value)}" for name, value in row.witness.items())
    numbers = f"measured {interval(row.lo, row.hi)}, bound {interval(row.bound_lo, row.bound_hi)}"
    return f"{words}: {numbers}" if words else numbers


def failure_line(
    result: Result, case: CaseResult | None = None, *, variant: str = "", claims: str = ""
) -> str:
    """One complete line about a failure: claim, what happened, parameters, how to run it again.

    `claims` is the source to name with ``--claims`` if the claim is not among the installed ones.
    """
    name = f"{label(result)} {result.record['slug']}"
    verdict = result.verdict if case is None else case.verdict
    place = ""
    if variant:
        place += f", {part(result, variant)}"
    if case is not None:
        place += f", {case.check}/{case.case}"
        place += f" ({parameters(case.params)})" if case.params else ""
        if (found := case_slack(case)) is not None:
            place += f", slack {ratio(found)}"
    told = f"{name}{place}: {verdict.status}, {verdict.reason}"
    return f"{told}; run again: {again(result, claims=claims and quote(claims))}"


def again(result: Result, *, claims: str = "", alpha: float = ALPHA) -> str:
    """The command that runs a claim again as `result` came about.

    `claims` are sources as words of a shell, with ``--claims`` between them, `alpha` is the level of its
    session. The label is a stranger's: a shell takes it for one word.
    """
    command = f"explore-theory verify {quote(label(result))} --tier {result.tier}"
    command += f" --reseed {result.reseed}" * bool(result.reseed) + f" --alpha {alpha!r}" * (alpha != ALPHA)
    return f"{command} --claims {claims}" if claims else command


def exit_code(statuses: list[Status]) -> int:
    """0 if all hold; 1 for any REFUTED, POWERLESS or ERROR; 3 for any INCONCLUSIVE; the larger blame wins."""
    if any(status in _FAILING for status in statuses):
        return 1
    return 0 if all(status is Status.HOLDS for status in statuses) else 3
