"""TH3: the predicates that are hard to approximate accept few words, pairwise independent, a subgroup.

Statement. For ``r <= k < 2^r`` let `P` accept the words ``((-1)^<a, b_1>, .., (-1)^<a, b_k>)``, `a` in
``F_2^r``, for distinct nonzero ``b_1, .., b_k`` that span ``F_2^r``. These are ``2^r`` words; any two
coordinates of a uniform one are independent and fair; products of accepted words are accepted; and a uniform
assignment satisfies a constraint on distinct variables with chance ``2^{r - k}``. For the least `r` with
``2^r > k`` they are at most ``2 k`` words, ``k + 1`` for ``k = 2^r - 1`` (the Hadamard predicate). TH2 takes
larger `r` as well.

Why. ``2^{r-1} <= k`` for the least `r`. ``a -> (<a, b_i>)_i`` is one to one where the `b_i` span. For ``i !=
j`` the vectors ``b_i, b_j`` are linearly independent over ``F_2``, so ``(<a, b_i>, <a, b_j>)`` is uniform on
``F_2^2``. `a` and `a'` multiply to ``a + a'``. Signed distinct variables are a uniform word.

What it is for. S. O. Chan (Approximation resistance from pairwise-independent subgroups, J. ACM 63, 2016)
shows that a predicate that is a balanced pairwise independent subgroup, ``k >= 3``, is approximation
resistant: it is NP-hard to tell formulas of value ``1 - eps`` from those of value ``|P^{-1}(1)|/2^k + eps``,
which is what a random assignment achieves. These three facts are what his theorem asks of `P`.

As printed (Theorem H.3), the threshold is ``2k/2^k``: true, and for ``k = 2^r - 1`` nearly twice the ``(k +
1)/2^k`` that Chan has. For ``k <= 2`` both are 1, and the statement is empty.

What is checked. The listed words of `explore_theory.formulas.hadamard_predicate`: (1) their number, for all
``k <= 63`` with the least `r`, and with every `r` for ``k <= 10``; (2) for k = 3, 7, 15, 31, 63 and some
others, some with larger `r`, the law of every pair of coordinates; (3) products of accepted words, all of
them; (4) the mean value of formulas over all assignments.

What is not. Chan's theorem itself, and rETH.

Why trust it. Words are counted; nothing is taken from the way they were made.
"""

import itertools
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from explore_theory.formulas import Predicate, PredicateFormula, hadamard_predicate
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    PrintedForm,
    Trial,
)
from proofs_checks.proper_policy_hardness.constraints import everything

Words = npt.NDArray[np.int64]

ARITIES = range(1, 64)


def accepted(_: Trial) -> Measurement:
    """How many different words each predicate accepts."""
    found = [len({tuple(word) for word in hadamard_predicate(k).accepting.tolist()}) for k in ARITIES]
    return Measurement.exact(
        list(map(Fraction, found)),
        unit="predicates",
        witness=lambda j: {"k": ARITIES[j], "accepted": found[j]},
    )


def least_power(_: Trial) -> Bound:
    """The least power of two above `k`."""
    return Bound.of([Fraction(next(2**r for r in range(8) if 2**r > k)) for k in ARITIES])


#: Every arity to 10 with every dimension.
LARGER = tuple((k, r) for k in range(1, 11) for r in range(k.bit_length(), k + 1))


def accepted_of_any_dimension(_: Trial) -> Measurement:
    """How many different words each predicate accepts."""
    found = [len({tuple(word) for word in hadamard_predicate(*code).accepting.tolist()}) for code in LARGER]
    return Measurement.exact(
        list(map(Fraction, found)),
        unit="predicates",
        witness=lambda j: {"k, r": LARGER[j], "words": found[j]},
    )


def words(trial: Trial) -> Words:
    """`[2^r, k]`: the accepted words of the case's predicate."""
    k, r = int(trial.case.params["k"]), trial.case.params.get("r")
    return hadamard_predicate(k, None if r is None else int(r)).accepting.astype(np.int64)


def joint(found: Words, size: int = 2) -> Measurement:
    """The chance of each setting of each `size` coordinates of a uniform accepted word."""
    chosen = list(itertools.combinations(range(found.shape[1]), size))
    chances, labels = [], []
    for places in chosen:
        for setting in itertools.product((1, -1), repeat=size):
            chances.append(Fraction(int((found[:, places] == setting).all(axis=-1).sum()), len(found)))
            labels.append((places, setting))
    return Measurement.exact(
        chances,
        unit="settings",
        witness=lambda j: {"coordinates": str(labels[j][0]), "signs": str(labels[j][1])},
    )


def same_column_twice(trial: Trial) -> Words:
    """False: two of the vectors are equal."""
    found = words(trial).copy()
    found[:, -1] = found[:, 0]
    return found


def zero_column(trial: Trial) -> Words:
    """False: one of the vectors is zero."""
    found = words(trial).copy()
    found[:, 0] = 1
    return found


def one_word_less(trial: Trial) -> Words:
    """False: any `k` words do."""
    return words(trial)[1:]


def products(found: Words) -> Measurement:
    """How many pairs of accepted words have an accepted product."""
    known = {tuple(word) for word in found.tolist()}
    total = sum(tuple(product) in known for word in found for product in (word * found).tolist())
    return Measurement.exact([Fraction(total)], effort=len(found) ** 2, unit="pairs")


def pairs(found: Words) -> Bound:
    """All of them."""
    return Bound.of([Fraction(len(found) ** 2)])


def formula(trial: Trial) -> PredicateFormula:
    """Constraints with distinct variables: neighbours on a circle, with signs."""
    k, n, m = (int(trial.case.params[name]) for name in ("k", "n", "m"))
    place = np.arange(k)
    # Steps through the circle that share variables without repeating one.
    variables = np.stack([(i + place * (1 + i % 2 if n > 2 * k else 1)) % n + 1 for i in range(m)])
    signs = np.stack([1 - 2 * (place * (i + 1) // 2 % 2) for i in range(m)])
    return PredicateFormula(hadamard_predicate(k), variables, signs, n)


def mean_value(world: PredicateFormula) -> Measurement:
    """The mean fraction of satisfied constraints over all assignments."""
    points = everything(world.n)
    seen = points[:, world.variables - 1] * world.signs
    return Measurement.exact(
        [Fraction(int(world.predicate.accepts(seen).sum()), world.m * len(points))],
        effort=len(points),
        unit="assignments",
    )


def random_value(world: PredicateFormula) -> Bound:
    """``2^r/2^k``."""
    return Bound.of([Fraction(2 ** int(world.predicate.k).bit_length(), 2**world.predicate.k)])


def printed_random_value(world: PredicateFormula) -> Bound:
    """``2k/2^k``."""
    return Bound.of([Fraction(2 * world.predicate.k, 2**world.predicate.k)])


def of_arity(*arities: int) -> tuple[Case, ...]:
    """Predicates by arity."""
    return tuple(Case(slug=f"k{k}", params={"k": k}, tight=True) for k in arities)


def of_dimension(*codes: tuple[int, int]) -> tuple[Case, ...]:
    """Predicates by arity and dimension."""
    return tuple(Case(slug=f"k{k}-r{r}", params={"k": k, "r": r}, tight=True) for k, r in codes)


def on(k: int, n: int, m: int) -> Case:
    """`m` constraints of arity `k` on `n` variables."""
    return Case(slug=f"k{k}-n{n}", params={"k": k, "n": n, "m": m}, tight=True)


def repeated_variable(trial: Trial) -> PredicateFormula:
    """False: constraints that name one variable only, all with the sign +1."""
    made = formula(trial)
    return PredicateFormula(made.predicate, np.ones_like(made.variables), np.ones_like(made.signs), 1)


def dense(trial: Trial) -> PredicateFormula:
    """False: one word more is accepted."""
    made = formula(trial)
    rejected = next(w for w in everything(made.predicate.k) if not made.predicate.accepts(w))
    more = Predicate(np.concatenate([made.predicate.accepting, rejected[None]]))
    return PredicateFormula(more, made.variables, made.signs, made.n)


def printed_most(_: Trial) -> Bound:
    """``2 k``."""
    return Bound.of([Fraction(2 * k) for k in ARITIES])


CLAIM = Claim(
    id="TH3",
    slug="sparse-predicates",
    theorem="proper_policy_hardness",
    title="The predicates that are hard to approximate: few words, pairwise independent, a subgroup",
    statement=(
        "The words of k distinct nonzero vectors that span F_2^r are 2^r in number, a subgroup, balanced and "
        "pairwise independent, which is what Chan's theorem asks for; with the least r they are at most 2k "
        "(k+1 for k = 2^r - 1), and a random assignment has the value 2^r/2^k, not 2k/2^k."
    ),
    formula=(
        r"|P^{-1}(1)| = 2^r, \quad 2^{\lceil \log_2 (k+1) \rceil} \le 2k, \qquad "
        r"\Pr[y_i = s, y_j = s'] = \tfrac{1}{4}, \qquad \mathbb{E}_x\, \mathrm{val}_P(x) = 2^{r-k} m"
    ),
    relation="==",
    scope=(
        "Words counted for every k <= 63 (every r for k <= 10); pairs and products for some k to 63; values "
        "of formulas of arity 3 to 15 over all assignments. Hardness: Chan's theorem and rETH, not checked."
    ),
    source=(
        "Theorem H.3 (page 69) of Foster, Mhammedi and Rohatgi (COLT 2025), after S. O. Chan, J. ACM 63 "
        "(2016), whose abstract states the theorem used; the value 2^r/2^k: approximation resistance."
    ),
    checks=(
        Check(
            slug="accepted",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="k-to-63", tight=True),),
            measure=accepted,
            bound=least_power,
        ),
        Check(
            slug="any-dimension",
            evidence=Evidence.EXHAUSTIVE,
            cases=(Case(slug="k-to-10", tight=True),),
            measure=accepted_of_any_dimension,
            bound=lambda _: Bound.of([Fraction(2**r) for _, r in LARGER]),
        ),
        Check(
            slug="pairs",
            evidence=Evidence.EXHAUSTIVE,
            cases=(*of_arity(3, 5, 7, 12, 15, 31, 63), *of_dimension((7, 5), (9, 6), (15, 8))),
            instance=words,
            measure=joint,
            bound=lambda _: Bound.of([Fraction(1, 4)]),
        ),
        Check(
            slug="products",
            evidence=Evidence.EXHAUSTIVE,
            cases=(*of_arity(3, 5, 7, 12, 15, 31), *of_dimension((7, 5), (9, 6), (15, 8))),
            instance=words,
            measure=products,
            bound=pairs,
        ),
        Check(
            slug="random-assignment",
            evidence=Evidence.EXHAUSTIVE,
            cases=(on(3, 7, 6), on(5, 11, 4), on(7, 9, 4), on(15, 16, 3)),
            instance=formula,
            measure=mean_value,
            bound=random_value,
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="twice-the-arity",
            why="2k words, not only at most",
            check="accepted",
            bound=printed_most,
        ),
        FalseVariant(
            slug="k-words-and-one",
            why="k + 1 words, whatever the dimension",
            check="any-dimension",
            bound=lambda _: Bound.of([Fraction(k + 1) for k, _ in LARGER]),
        ),
        FalseVariant(
            slug="one-vector-twice",
            why="the vectors need not be distinct",
            check="pairs",
            instance=same_column_twice,
            cases=("k3", "k15"),
        ),
        FalseVariant(
            slug="a-zero-vector",
            why="the vectors may be zero: a coordinate that is not balanced",
            check="pairs",
            instance=zero_column,
            cases=("k7",),
        ),
        FalseVariant(
            slug="three-coordinates",
            why="any three coordinates are independent",
            check="pairs",
            measure=lambda found: joint(found, 3),
            bound=lambda _: Bound.of([Fraction(1, 8)]),
            cases=("k3", "k7"),
        ),
        FalseVariant(
            slug="one-word-less",
            why="k words of the Hadamard predicate would do",
            check="products",
            instance=one_word_less,
            cases=("k7",),
        ),
        FalseVariant(
            slug="printed-value",
            why="a random assignment satisfies 2k/2^k of the constraints, not (k+1)/2^k",
            check="random-assignment",
            bound=printed_random_value,
            cases=("k3-n7", "k7-n9"),
        ),
        FalseVariant(
            slug="variables-may-repeat",
            why="constraints that name one variable only are satisfied as often",
            check="random-assignment",
            instance=repeated_variable,
            cases=("k7-n9",),
        ),
        FalseVariant(
            slug="one-word-more",
            why="another word accepted as well",
            check="random-assignment",
            instance=dense,
            cases=("k3-n7",),
        ),
    ),
    printed=(
        PrintedForm(
            slug="at-most-twice-the-arity",
            item="Theorem H.3",
            page=69,
            says="the Hadamard predicate of arity k has at most 2k accepting assignments",
            holds=True,
            check=Check(
                slug="number-as-printed",
                evidence=Evidence.EXHAUSTIVE,
                cases=(Case(slug="k-to-63"),),
                measure=accepted,
                bound=printed_most,
                relation="<=",
            ),
            mended="2^r, the least power of two above k; for k = 2^r - 1 it is k + 1.",
        ),
    ),
)
