"""P3: until `star` is returned a proper learner cannot tell the worlds apart.

Statement. A proper learner fixes ``theta_t, theta'_t`` before the prompt of round `t` is drawn. (i) The
laws of its data in the worlds ``theta* = 0`` and ``theta* = k^(-1/2) sigma*`` differ in total variation by
at most ``P(star is returned within T rounds)``, the same in both. (ii) With ``v_t`` the larger value of the
assignments ``sign(theta_t), sign(theta'_t)``,

    P(star within T rounds) <= 2 E sum_{t <= T} (v_t + eta^2).

What is checked. *All* adaptive learners on every formula with ``n <= 3``, ``k <= 3`` and up to four terms,
up to symmetry, that choose from ``{-1, 0, 1}^n``, in rationals, ``T <= 4``, with and without reward noise:
the largest ``TV - P(star)`` (``variation``) and the largest ``P(star) - 2 E sum (v_t + eta^2)``, the sum
stopped at the first star, which is stronger (``star``). A dynamic program over rounds left and likelihood
ratio is the same as trying them one by one (a test does). (3) ``one-term``: learners that repeat one pair,
each of its assignments satisfying one term of 400, where (ii) is nearly an equality. The program takes for
granted that data without `star` have one law in both worlds. (4) ``strategies`` does not: it enumerates whole
transcripts (prompts, responses, rewards) of every strategy on small formulas that looks at whether `star` has
been seen, in both worlds, by definition. (5) ``best``: the largest total variation of these is what the
program says. (6) ``rounds``: prompts, responses, rewards, noise and charges of the library's rounds, against
their law by enumeration (`data_law`).

What is not. Parameters off the grid: (ii) holds for them by P2. At ``eta >= .1`` and ``T`` beyond 50 the
bound exceeds one; ``eta <= .01`` here.

Why trust it. The learner of the program knows the formula and the prompt's probabilities: it is stronger than
any that an oracle serves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from explore_theory.formulas import Formula, exact_optimum
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Evidence,
    FalseVariant,
    Measurement,
    Resolution,
    Sample,
    Trial,
)
from proofs_checks.proper_policy_hardness import data_law, transcripts
from proofs_checks.proper_policy_hardness.proper_games import NO_NOISE, Game, Noise
from proofs_checks.proper_policy_hardness.rational import Scaled, World, formulas, value

ETA = Fraction(1, 100)
NOISES: dict[str, Noise] = {
    "none": NO_NOISE,
    # Two rewards of one world may be one of the other: likelihood ratios 0, 1/2, 1, 2 and infinity.
    "bell": {Fraction(-1): Fraction(1, 4), Fraction(0): Fraction(1, 2), Fraction(1): Fraction(1, 4)},
}


@dataclass(frozen=True)
class Games:
    """Games on all formulas of a size, and their number of rounds."""

    games: tuple[Game, ...]
    rounds: int

    def describe(self, j: int) -> dict[str, Any]:
        """Formula and assignment of game `j`."""
        game = self.games[j]
        return {"terms": str(game.world.formula.literals.tolist()), "sigma*": str(game.signs)}


def games(trial: Trial) -> Games:
    """Every formula of the case, its first best assignment planted."""
    params = trial.case.params
    found = []
    for formula in formulas(int(params["n"]), int(params["k"]), int(params["m"])):
        signs = exact_optimum(formula).assignment
        found.append(Game(World(formula, ETA), signs, NOISES[str(params.get("noise", "none"))]))
    return Games(tuple(found), int(params["T"]))


def changed(**changes: Any) -> Callable[[Trial], Games]:
    """The same games with other rules."""

    def instance(trial: Trial) -> Games:
        world = games(trial)
        return replace(world, games=tuple(replace(game, **changes) for game in world.games))

    return instance


def even_base(trial: Trial) -> Games:
    """``pi_ref(star) = 1/2``."""
    world = games(trial)
    return replace(
        world,
        games=tuple(
            replace(g, world=replace(g.world, base=lambda k, eta: Fraction(1, 2))) for g in world.games
        ),
    )


def most_variation(world: Games, star: Fraction = Fraction(1)) -> Measurement:
    """The largest ``TV - P(star)`` of a learner, for each formula."""
    found = [g.best(world.rounds, variation=1, star=star, charge=lambda v: Fraction(0)) for g in world.games]
    return Measurement.exact(found, unit="games", witness=world.describe)


def most_star(
    world: Games, charge: Callable[[Fraction], Fraction] = lambda v: 2 * (v + ETA**2)
) -> Measurement:
    """The largest ``P(star) - E sum of charges`` of a learner, for each formula."""
    found = [g.best(world.rounds, variation=0, star=Fraction(-1), charge=charge) for g in world.games]
    return Measurement.exact(found, unit="games", witness=world.describe)


# --- one satisfied term ------------------------------------------------------------------------------------


def one_of(m: int) -> Formula:
    """A term for each of two assignments, and `m - 2` for neither."""
    return Formula(np.array([[1, 2, 3], [1, 2, -3]] + [[-1, 2, 3]] * (m - 2)), 3)


PAIR: tuple[Scaled, Scaled] = ((1, 1, 1), (1, 1, -1))


def repeated(trial: Trial) -> Measurement:
    """``P(star within T rounds)`` where the same pair is played in every round."""
    world = World(one_of(int(trial.case.params["m"])), Fraction(1, 1000))
    first, second = (world.star(theta) for theta in PAIR)
    miss = sum(((1 - p) * (1 - q) for p, q in zip(first, second, strict=True)), Fraction(0))
    rounds = int(trial.case.params["T"])
    return Measurement.exact([1 - (miss / world.formula.m) ** rounds], unit="learners")


def stated(trial: Trial, responses: int = 2) -> Bound:
    """``2 T (v + eta^2)``."""
    formula = one_of(int(trial.case.params["m"]))
    v = max(value(formula, theta) for theta in PAIR)
    return Bound.of([responses * int(trial.case.params["T"]) * (v + Fraction(1, 1000) ** 2)])


# --- transcripts -------------------------------------------------------------------------------------------


def laws(trial: Trial, game: Game, null_pays: Fraction = Fraction(0)) -> Iterable[tuple[Fraction, Fraction]]:
    """``(TV, P(star))`` of the strategies of the case."""
    params = trial.case.params
    return transcripts.laws(game, int(params["T"]), null_pays, constant=params.get("kind") == "constant")


def played_out(trial: Trial, null_pays: Fraction = Fraction(0)) -> Measurement:
    """The largest ``TV - P(star)`` of any strategy of each game, over whole transcripts."""
    world = games(trial)
    found = [max(tv - star for tv, star in laws(trial, game, null_pays)) for game in world.games]
    return Measurement.exact(found, unit="games", witness=world.describe)


def largest_variation(trial: Trial) -> Measurement:
    """The largest ``TV`` of any strategy of each game, over whole transcripts."""
    world = games(trial)
    found = [max(tv for tv, _ in laws(trial, game)) for game in world.games]
    return Measurement.exact(found, unit="games", witness=world.describe)


def by_program(trial: Trial, rounds: int | None = None) -> Bound:
    """The same by the dynamic program."""
    world, none = games(trial), Fraction(0)
    count = world.rounds if rounds is None else rounds
    return Bound.of([g.best(count, variation=1, star=none, charge=lambda v: none) for g in world.games])


# --- the library -------------------------------------------------------------------------------------------

HALF = Fraction(1, 2)
#: Parameters at which `star` is as likely as not at some terms, and out of the question at others.
PLAYED: tuple[Scaled, Scaled] = ((-1, 0, HALF), (1, -1, -HALF))


def library_rounds(trial: Trial, swapped: bool = False) -> Sample:
    """Rounds of the library in the case's world, against their law there or (`swapped`) in the other."""
    params = trial.case.params
    planted = params["world"] == "planted"
    return data_law.rounds(
        data_law.Setting(planted),
        *PLAYED,
        str(params["law"]),
        trial.streams,
        data_law.round_law(data_law.Setting(planted != swapped), *PLAYED),
    )


def library(law: str, world: str) -> Case:
    """Rounds in a world by a law."""
    rows = {"quick": 2048, "full": 8192}
    return Case(slug=f"{law}-{world}", params={"law": law, "world": world}, rows=rows, block=2048)


def size(
    n: int, k: int, m: int, rounds: int, noise: str = "none", tiers: tuple[str, ...] = ("full",)
) -> Case:
    """All formulas up to a size."""
    return Case(
        slug=f"n-{n}-k-{k}-m-{m}-t-{rounds}-noise-{noise}",
        params={"n": n, "k": k, "m": m, "T": rounds, "noise": noise},
        tiers=tiers,
    )


BOTH = ("quick", "full")
SIZES = (
    size(2, 2, 3, 4, tiers=BOTH),
    size(2, 2, 3, 2, "bell", tiers=BOTH),
    size(2, 2, 4, 4, "bell"),
    size(3, 3, 2, 4, "bell"),
    size(3, 2, 3, 4),
)
#: Where strategies are played one by one.
PLAYED_OUT = (
    size(1, 1, 3, 1, tiers=BOTH),
    size(1, 1, 2, 2, tiers=BOTH),
    size(2, 1, 2, 1, "bell", tiers=BOTH),
    # One term, and nothing is better than its assignment twice: data go on telling after a star.
    Case(slug="constant", params={"n": 1, "k": 1, "m": 1, "T": 2, "noise": "bell", "kind": "constant"}),
)
#: Where false variants are tried.
SHORT = ("n-2-k-2-m-3-t-4-noise-none",)

CLAIM = Claim(
    id="P3",
    slug="same-data",
    theorem="proper_policy_hardness",
    title="Until star is returned the worlds give a proper learner the same data",
    statement=(
        "For a proper learner the laws of T rounds in the two worlds differ in total variation by at most "
        "P(star within T rounds) <= 2 E sum_t (v_t + eta^2), v_t the larger value of the round's two "
        "assignments sign(theta_t), sign(theta'_t)."
    ),
    formula=(r"\mathrm{TV} \le P(\mathrm{star\ within}\ T) \le 2\,\mathbb{E} \sum_{t \le T} (v_t + \eta^2)"),
    relation="<=",
    scope=(
        "All adaptive learners with theta' in {-1, 0, 1}^n on all formulas with n <= 3, k <= 3, m <= 4 up to "
        "symmetry, T <= 4, eta = .01; whole transcripts for n = 1, T <= 2 and n = 2, T = 1; the library's "
        "rounds at n = 3, to .015 in total variation. Reduction verified; hardness conditional on rETH."
    ),
    source=(
        "Our explicit step towards Theorem 4.1 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2."
    ),
    uses=("P2",),
    checks=(
        Check(
            slug="variation",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=games,
            measure=most_variation,
            bound=lambda _: Bound.of([Fraction(0)]),
        ),
        Check(
            slug="star",
            evidence=Evidence.EXHAUSTIVE,
            cases=SIZES,
            instance=games,
            measure=most_star,
            bound=lambda _: Bound.of([Fraction(0)]),
        ),
        Check(
            slug="one-term",
            evidence=Evidence.EXHAUSTIVE,
            cases=tuple(
                Case(slug=f"t-{rounds}", params={"T": rounds, "m": 400}, tight=True) for rounds in (1, 4)
            ),
            measure=repeated,
            bound=stated,
        ),
        Check(
            slug="strategies",
            evidence=Evidence.EXHAUSTIVE,
            cases=PLAYED_OUT,
            measure=played_out,
            bound=lambda _: Bound.of([Fraction(0)]),
        ),
        Check(
            slug="best",
            evidence=Evidence.EXHAUSTIVE,
            cases=PLAYED_OUT,
            measure=largest_variation,
            bound=by_program,
            relation="==",
        ),
        Check(
            slug="rounds",
            evidence=Evidence.STATISTICAL,
            cases=(
                library("literal", "planted"),
                library("literal", "flat"),
                replace(library("exact-law", "planted"), rows={"full": 8192}, tiers=("full",)),
            ),
            measure=library_rounds,
            bound=lambda _: Bound.of(0.0),
            resolution=Resolution(absolute=0.015),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="null-pays",
            why="The other response pays too in the planted world: data without a star tell them apart.",
            check="strategies",
            measure=lambda trial: played_out(trial, HALF),
            cases=("n-1-k-1-m-3-t-1-noise-none",),
        ),
        FalseVariant(
            slug="a-round-more",
            why="The program plays one round more than the strategies.",
            check="best",
            bound=lambda trial: by_program(trial, int(trial.case.params["T"]) + 1),
            cases=("n-1-k-1-m-3-t-1-noise-none",),
        ),
        FalseVariant(
            slug="other-world",
            why="The rounds of the planted world have the law of the flat one.",
            check="rounds",
            measure=lambda trial: library_rounds(trial, swapped=True),
            cases=("literal-planted",),
        ),
        FalseVariant(
            slug="peeks-at-prompt",
            why="theta_t is chosen after x_t: an assignment that satisfies one term finds star at once.",
            check="star",
            instance=changed(peeking=True),
            cases=SHORT,
        ),
        FalseVariant(
            slug="resamples-until-star",
            why="Responses are redrawn until star is among them.",
            check="star",
            instance=changed(until_star=True),
            cases=SHORT,
        ),
        FalseVariant(
            slug="even-base-policy",
            why="pi_ref(star) = 1/2.",
            check="star",
            instance=even_base,
            cases=SHORT,
        ),
        FalseVariant(
            slug="one-response",
            why="E sum (v_t + eta^2): one response of the two.",
            check="one-term",
            bound=lambda trial: stated(trial, responses=1),
        ),
        FalseVariant(
            slug="value-alone",
            why="2 E sum v_t: violated terms never return star.",
            check="star",
            measure=lambda world: most_star(world, lambda v: 2 * v),
            cases=SHORT,
        ),
        FalseVariant(
            slug="half-of-star",
            why="TV <= P(star)/2.",
            check="variation",
            measure=lambda world: most_variation(world, Fraction(1, 2)),
            cases=SHORT,
        ),
    ),
)
