"""A machine-checked proof of what a claim states, for every size at once, and the bridge between the two."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import numpy as np

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.brief import brief
from explore_theory.harness.claims.cases import require_slug, require_tuple

#: What the real numbers of Coq's standard library rest on, by the names that ``Print Assumptions`` uses:
#: decidability of negated propositions and of ``forall n, P n``, functional extensionality, excluded middle.
REALS = frozenset(
    {
        "ClassicalDedekindReals.sig_not_dec",
        "ClassicalDedekindReals.sig_forall_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",
    }
)

#: What the processor's integers and floating-point numbers do, by whole modules: what the tactic `interval`
#: computes with, wherever it is used in a proof.
MACHINE_NUMBERS = frozenset(
    {
        "CarryType.*",
        "FloatAxioms.*",
        "FloatClass.*",
        "FloatOps.*",
        "PrimFloat.*",
        "PrimInt63.*",
        "Sint63.*",
        "Sint63Axioms.*",
        "Uint63.*",
        "Uint63Axioms.*",
    }
)

#: Debian's packages that a proof may require, and where each puts its library below ``user-contrib``.
PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "libcoq-coquelicot": "Coquelicot",
        "libcoq-flocq": "Flocq",
        "libcoq-interval": "Interval",
        "libcoq-mathcomp-algebra": "mathcomp/algebra",
        "libcoq-mathcomp-fingroup": "mathcomp/fingroup",
        "libcoq-mathcomp-ssreflect": "mathcomp/ssreflect",
    }
)

#: Evaluations of a bridge at least: one alone may agree by chance.
LEAST_BRIDGED = 3

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_']*")
_FILE = re.compile(r"[A-Za-z][A-Za-z0-9_]*\.v")
_AXIOM = re.compile(r"[A-Za-z_][\w']*(\.[A-Za-z_][\w']*)*(\.\*)?")


def _require_name(what: str, value: Any) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidClaim(f"{what} must be a name of Coq, got {value!r:.80}")


def _require_text(what: str, value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidClaim(f"{what} must say something, got {value!r:.80}")


@brief
@dataclass(frozen=True, kw_only=True)
class Bridged:
    """One evaluation of a formal definition, held against what the package's own evaluation says.

    Parameters
    ----------
    term
        A closed term of Coq's type R over rational literals, such as
        ``"soft_value (1/2) ((1/3, 1) :: (2/3, 0) :: nil)"``. It is read after the proof's file is imported.
    value
        What the package's exact evaluation says.
    tolerance
        How far the two may be apart; absolute.
    unfold
        Definitions to unfold before ``simpl; interval`` proves that they are as near as that.
    by
        A tactic in place of all this, where the term needs another; without its full stop.
    """

    term: str
    value: float
    tolerance: float = 1e-9
    unfold: tuple[str, ...] = ()
    by: str = ""

    def __post_init__(self) -> None:
        _require_text("bridged term", self.term)
        for name in ("value", "tolerance"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int | float | np.floating | np.integer):
                raise InvalidClaim(f"bridged {name} must be a number, got {name}={number!r:.60}")
            if not math.isfinite(number):
                raise InvalidClaim(f"bridged {name} must be finite, got {name}={number!r}")
            object.__setattr__(self, name, float(number))
        if not 0 < self.tolerance <= 1e-3:
            raise InvalidClaim(f"bridged tolerance must lie in (0, .001], got tolerance={self.tolerance!r}")
        require_tuple("bridged unfold", self.unfold, str)
        for name in self.unfold:
            if not isinstance(name, str) or not all(map(_NAME.fullmatch, name.split("."))):
                raise InvalidClaim(f"bridged unfold must be names of Coq, got {name!r:.60}")
        if not isinstance(self.by, str):
            raise InvalidClaim(f"bridged by must be a tactic, got by={self.by!r:.60}")


@brief
@dataclass(frozen=True, kw_only=True)
class Proof:
    """A theorem of Coq that is what the claim states, for every size at once.

    Parameters
    ----------
    file
        Where it stands, ``"formal/f1.v"``, as seen from the folder of the claim's module. It may require
        Coq's standard library, the packages it names, and our own libraries as
        ``From ExploreTheory Require Import Sums.``
    theorem
        Its name in the file.
    says
        A line: what is proved, for which sizes and under which side conditions, in the claim's words.
    axioms
        What it may rest on: names as ``Print Assumptions`` has them, ``"Module.*"`` for a whole module.
    bridge
        ``bridge(rng)`` gives evaluations of the definitions at random rational instances, `LEAST_BRIDGED` at
        least, of unequal values: so that a proof of something else is noticed.
    negations
        Slugs of false variants of the claim, with the theorem of the file that proves the negation of each by
        a counter-example.
    requires
        Debian's packages that it needs beyond ``coq``, of `PACKAGES`.
    """

    file: str
    theorem: str
    says: str
    bridge: Callable[[np.random.Generator], Sequence[Bridged]]
    axioms: frozenset[str] = REALS
    negations: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        path = PurePosixPath(self.file) if isinstance(self.file, str) else PurePosixPath()
        if not _FILE.fullmatch(path.name) or path.is_absolute() or ".." in path.parts:
            raise InvalidClaim(
                f"proof file must be a .v file below the claim's folder, its name letters, digits and '_', "
                f"got file={self.file!r:.80}"
            )
        _require_name(f"{self.file}: theorem", self.theorem)
        _require_text(f"{self.file}: says", self.says)
        if not callable(self.bridge):
            raise InvalidClaim(
                f"{self.file}: bridge must be a function of a generator, got {self.bridge!r:.60}"
            )
        axioms: Any = self.axioms
        plain = isinstance(axioms, set | frozenset | tuple | list)
        if not plain or not all(isinstance(axiom, str) and _AXIOM.fullmatch(axiom) for axiom in axioms):
            raise InvalidClaim(f"{self.file}: axioms must be a set of names, got axioms={axioms!r:.80}")
        object.__setattr__(self, "axioms", frozenset(axioms))
        if not isinstance(self.negations, Mapping):
            raise InvalidClaim(
                f"{self.file}: negations must map false variants to theorems, got {self.negations!r:.80}"
            )
        for variant, theorem in self.negations.items():
            require_slug(f"{self.file}: negated false variant", variant)
            _require_name(f"{self.file}: negation of {variant!r}", theorem)
        object.__setattr__(self, "negations", MappingProxyType(dict(self.negations)))
        require_tuple(f"{self.file}: requires", self.requires, str)
        if unknown := [name for name in self.requires if name not in PACKAGES]:
            raise InvalidClaim(
                f"{self.file}: requires must be some of {', '.join(PACKAGES)}, got {unknown[0]!r:.60}"
            )

    @property
    def theorems(self) -> tuple[str, ...]:
        """The theorem itself, then those that prove negations."""
        return (self.theorem, *dict.fromkeys(self.negations.values()))

    @property
    def needs(self) -> tuple[str, ...]:
        """All packages that it takes to check it: the bridge is crossed by ``interval``."""
        return tuple(dict.fromkeys((*self.requires, "libcoq-interval")))


def require_proofs(owner: str, proofs: Any, variants: frozenset[str]) -> None:
    """Refuse what is no tuple of proofs, each of a theorem of its own, that negate variants the claim has.

    Raises
    ------
    InvalidClaim
        One line that names the claim.
    """
    require_tuple(f"{owner}: proofs", proofs, Proof)
    names = [proof.theorem for proof in proofs]
    if len(set(names)) < len(names):
        raise InvalidClaim(f"{owner}: proofs must be of distinct theorems, got {names}")
    for proof in proofs:
        if unknown := sorted(set(proof.negations) - variants):
            raise InvalidClaim(f"{owner}: {proof.file} negates unknown false variants {unknown}")
