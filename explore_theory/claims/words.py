"""What every short form asks of its author beside the mathematics, and the claim that it makes of it."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from inspect import Parameter, signature
from textwrap import shorten
from typing import Any, NotRequired, TypedDict

from explore_theory.errors import InvalidClaim
from explore_theory.harness.claims.cases import Case
from explore_theory.harness.claims.checks import Check
from explore_theory.harness.claims.claim import Claim, FalseVariant
from explore_theory.harness.claims.figure import Figure
from explore_theory.harness.claims.printed import PrintedForm
from explore_theory.harness.claims.proof import Proof

#: Rows of each tier, or of both.
Rows = int | Mapping[str, int]
#: Parameters by name, for each case by its slug.
Cases = Mapping[str, Mapping[str, Any]]

#: Of a title that is the statement itself.
_LONGEST = 100
_SPECIAL = {"\\": r"\setminus ", "^": r"\hat{\ }", "~": r"\sim "} | {c: f"\\{c}" for c in "_%&#${}"}


class Words(TypedDict):
    """Fields of `Claim` that a short form hands on; the last ones are made where they are left out."""

    id: str
    statement: str
    source: str
    slug: NotRequired[str]
    title: NotRequired[str]
    formula: NotRequired[str]
    theorem: NotRequired[str]
    scope: NotRequired[str]
    explicit: NotRequired[bool]
    uses: NotRequired[tuple[str, ...]]
    figures: NotRequired[tuple[Figure, ...]]
    printed: NotRequired[tuple[PrintedForm, ...]]
    sources: NotRequired[tuple[str, ...]]
    proofs: NotRequired[tuple[Proof, ...]]


_ASKED = {
    "id": "id='B1', a letter followed by letters and digits",
    "statement": "statement='For all ..', with its quantifiers",
    "source": "source='..', where the statement comes from",
}


def named(form: str, words: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    """``inequality 'B1'``, for refusals; missing and unknown words are refused.

    Raises
    ------
    InvalidClaim
        Naming the first word that is missing, or that neither `Claim` nor the form, which has the arguments
        `others`, knows.
    """
    who = f"{form} {words['id']!r}" if "id" in words else form
    known = [*Words.__annotations__, *others]
    for word in words:
        if word not in Words.__annotations__:
            near = get_close_matches(word, known, n=1)
            advice = f"; did you mean {near[0]}=?" if near else f"; it takes {', '.join(known)}"
            raise InvalidClaim(f"{who} must be given arguments that it knows, got {word}={advice}")
    for word, how in _ASKED.items():
        if word not in words:
            raise InvalidClaim(f"{who} must be given {how}, got no {word}")
    return who


def made(
    words: Words,
    *,
    relation: str,
    scope: str,
    check: Check,
    false_variants: Sequence[FalseVariant],
    loose: str,
) -> Claim:
    """The claim of one `check`; what `words` leaves out is made of the statement."""
    given: dict[str, Any] = dict(words)
    text = str(given["statement"])
    own: dict[str, Any] = {
        "slug": str(given["id"]).lower(),
        "title": shorten(text, _LONGEST, placeholder=" .."),
        "formula": in_words(text),
        "theorem": "claims",
        "scope": scope,
    }
    return Claim(
        **{**own, **given},
        relation=relation,
        checks=(check,),
        false_variants=tuple(false_variants),
        loose=loose,
    )


def in_words(text: str) -> str:
    r"""`text` as a formula in LaTeX: words in ``\text{}``, and what LaTeX would read as a command escaped."""
    parts = re.split(r"([\\^~_%&#${}])", " ".join(text.split()))
    return "".join(_SPECIAL.get(part) or rf"\text{{{part}}}" for part in parts if part) or text


def require_extreme(who: str, tight: Any, loose: Any, cases: Sequence[str]) -> tuple[frozenset[str], str]:
    """The tight ones among `cases`, and why there is none.

    Raises
    ------
    InvalidClaim
        If neither is said, both are, or a case is unknown.
    """
    if not isinstance(loose, str):
        raise InvalidClaim(f"{who}: loose must say why no case is nearly an equality, got loose={loose!r}")
    if isinstance(tight, bool) or tight is None:
        slugs = list(cases) if tight else []
    else:
        slugs = [tight] if isinstance(tight, str) else list(tight)
    if unknown := [slug for slug in slugs if slug not in cases]:
        raise InvalidClaim(f"{who}: tight must be True or name some of {list(cases)}, got {unknown[0]!r}")
    if not slugs and not loose.strip():
        raise InvalidClaim(
            f"{who} must say where it is nearly an equality, tight=True or tight=('case',), or why nowhere, "
            f"loose='..'; got neither"
        )
    if slugs and loose.strip():
        raise InvalidClaim(f"{who} must be given tight= or loose=, got both")
    return frozenset(slugs), loose


def made_cases(given: Cases, *, rows: Rows, block: int, tight: frozenset[str]) -> tuple[Case, ...]:
    """A case for each entry of `given`."""
    return tuple(
        Case(slug=slug, params=params, rows=rows, block=block, tight=slug in tight)
        for slug, params in given.items()
    )


def require_cases(who: str, cases: Any) -> Cases:
    """`cases` as parameters by name, for each slug; one case without parameters if there are none.

    Raises
    ------
    InvalidClaim
        If they are of another kind, or a parameter is no name of an argument.
    """
    if cases is None:
        return {"all": {}}
    kinds = isinstance(cases, Mapping) and all(isinstance(params, Mapping) for params in cases.values())
    if not kinds or not cases:
        raise InvalidClaim(
            f"{who}: cases must be parameters by case, cases={{'n-8': {{'n': 8}}}}, got {cases!r:.60}"
        )
    for slug, params in cases.items():
        if unfit := [name for name in params if not (isinstance(name, str) and name.isidentifier())]:
            raise InvalidClaim(
                f"{who}: parameters of case {slug!r} must be names of arguments, got {unfit[0]!r}"
            )
    return dict(cases)


def require_function(who: str, name: str, function: Any, *first: str, cases: Cases | None = None) -> None:
    """Refuse what cannot be called as ``function(*first, **params)``, with the parameters of each case.

    Raises
    ------
    InvalidClaim
        Saying how it is called.
    """
    every = list((cases or {"": {}}).values())
    told = ", ".join([*first, *(f"{key}=" for key in every[0])])
    if not callable(function):
        raise InvalidClaim(
            f"{who}: {name} must be a function, called as {name}({told}), got {function!r:.60}"
        )
    try:
        asks = signature(function)
    except (TypeError, ValueError):  # some compiled functions do not tell
        return
    for params in every:
        try:
            asks.bind(*first, **params)
        except TypeError:
            raise InvalidClaim(
                f"{who}: {name} must be callable as {name}({told}), got a function of {_asked(asks)}"
            ) from None


def _asked(asks: Any) -> str:
    parameters: Sequence[Parameter] = list(asks.parameters.values())
    return f"({', '.join(str(p) for p in parameters)})"


def one_of(who: str, given: Mapping[str, Any], how: str) -> tuple[str, Any]:
    """The one of `given` that is not None.

    Raises
    ------
    InvalidClaim
        If there is none, or several; `how` says what to give.
    """
    there = [name for name, value in given.items() if value is not None]
    if len(there) != 1:
        got = " and ".join(f"{name}=" for name in there) or "none"
        raise InvalidClaim(f"{who} must be given {how}, got {got}")
    return there[0], given[there[0]]


def with_params(value: Any, params: Mapping[str, Any]) -> Any:
    """`value`, or what it gives for `params` if it is a function of them."""
    return value(**params) if callable(value) else value
