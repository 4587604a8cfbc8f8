"""What a proper learner sees and pays, by definition and in rationals: the library's oracles are held to it.

Prompt, responses, rewards and charges of a round, and of a search by uniform corners of the box, are
enumerated: a uniform term, a response from each policy by the definition of a softmax policy (`rational`),
the mean reward of each. The library adds a little Gaussian noise, so that means are read off by rounding, and
what is left is compared with a normal law.

Letters: `R` replicates, `k` literals per term.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from explore_theory import oracles
from explore_theory.formulas import Formula
from explore_theory.foundation.streams import Streams
from explore_theory.harness import Largest, OneSample
from explore_theory.problems import DNF, Gaussian
from explore_theory.problems.protocol import Floats, Ints
from proofs_checks.proper_policy_hardness.counted_rows import counted
from proofs_checks.proper_policy_hardness.rational import Scaled, World, violated

Outcome = tuple[int, ...]
Law = dict[Outcome, Fraction]
#: What is told of a prompt, corners and responses.
Told = Callable[[int, tuple[Scaled, ...], tuple[int, ...]], Outcome]

#: Terms that tell every variable and sign apart; ``sigma*`` satisfies one, and violates one and two literals.
FORMULA, SIGNS = Formula(np.array([[1, 2], [-1, 3], [-2, -3]]), 3), (1, 1, 1)
ETA = Fraction(1, 4)
#: Mean rewards are multiples of 1/2: noise is five of these from the next.
SCALE = 0.05
#: What a row that found nothing shows.
NOTHING = -1
#: Quarters of the law of the noise.
QUARTERS = 4
#: Rounds, and pairs of searches, that a row plays one after the other.
REPEATS = 80
#: No feature is wrong.
RIGHT: Law = {(0,): Fraction(1)}


@dataclass(frozen=True)
class Setting:
    """The planted world, or the one without rewards."""

    planted: bool
    formula: Formula = FORMULA

    @property
    def problem(self) -> DNF:
        """The library's."""
        signs = np.array(SIGNS) if self.planted else None
        return DNF(formula=self.formula, eta=float(ETA), assignment=signs, noise=Gaussian(SCALE))

    def worth(self, term: int, response: int) -> int:
        """``k r*``: literals that hold less those that do not, if `star` is the response and pays."""
        held = self.formula.k - 2 * violated(self.formula.literals[term].tolist(), SIGNS)
        return held if self.planted and response else 0

    def responses(self, theta: Scaled) -> list[tuple[Fraction, Fraction]]:
        """For each term the probabilities of `null` and `star`."""
        return [(1 - p, p) for p in World(self.formula, ETA).star(theta)]


def summed(parts: Iterable[tuple[Outcome, Fraction]]) -> Law:
    """The law with these masses; outcomes may repeat."""
    law: Law = defaultdict(Fraction)
    for outcome, mass in parts:
        law[outcome] += mass
    return dict(law)


# --- a round -----------------------------------------------------------------------------------------------

#: Charges of a round: prompts, weak and strong calls, reward rounds.
KINDS, ROUND = ("prompt", "weak", "strong", "reward"), (1, 0, 2, 1)


def round_law(setting: Setting, theta: Scaled, theta2: Scaled) -> Law:
    """Of prompt, responses, rewards in units of ``1/k``, and charges of one round."""
    first, second = setting.responses(theta), setting.responses(theta2)
    return summed(
        (
            (j, y, z, setting.worth(j, y), setting.worth(j, z), *ROUND),
            first[j][y] * second[j][z] / setting.formula.m,
        )
        for j in range(setting.formula.m)
        for y, z in itertools.product((0, 1), repeat=2)
    )


def rounds(
    setting: Setting, theta: Scaled, theta2: Scaled, law: str, streams: Streams, stated: Law
) -> Largest:
    """Rounds of the library at these parameters, `REPEATS` a row, against a law and that of the noise."""
    oracle = oracles.open_proper(setting.problem, law=law, streams=streams)
    width = setting.formula.k**-0.5
    first, second = (width * np.array([float(t) for t in side]) for side in (theta, theta2))

    def one() -> dict[str, tuple[Ints, Law]]:
        before = totals(oracle)
        played = oracle.round(first, second)
        means, quarters = split(setting, played.rewards)
        data = np.column_stack([played.prompts, played.response, means, totals(oracle) - before])
        return {
            "data and charges": (data, stated),
            "noise": (quarters, noise_law()),
            "features": (wrong_features(setting, played), RIGHT),
        }

    return together([one() for _ in range(REPEATS)], "rounds")


def totals(oracle: oracles.ProperOracle) -> Floats:
    """What is charged so far, `[R, kinds]`."""
    return np.stack([oracle.ledger.total(kind) for kind in KINDS], axis=-1)


def together(seen: list[dict[str, tuple[Ints, Law]]], unit: str) -> Largest:
    """Part by part, all outcomes against one law."""
    return Largest(
        parts={
            name: held(np.concatenate([one[name][0] for one in seen]), law)
            for name, (_, law) in seen[0].items()
        },
        unit=unit,
    )


def split(setting: Setting, rewards: Floats) -> tuple[Ints, Ints]:
    """Mean rewards in units of ``1/k``, and which quarter of its law the noise is in, `[R, 2]` each."""
    from scipy.special import ndtr

    k = setting.formula.k
    means = np.rint(k * np.nan_to_num(rewards, nan=0.0))
    quarters = np.floor(QUARTERS * ndtr((rewards - means / k) / SCALE))
    return means.astype(np.int64), np.clip(np.nan_to_num(quarters), 0, QUARTERS - 1).astype(np.int64)


def noise_law() -> Law:
    """Two independent quarters."""
    return {pair: Fraction(1, QUARTERS**2) for pair in itertools.product(range(QUARTERS), repeat=2)}


def wrong_features(setting: Setting, played: oracles.Round) -> Ints:
    """`[R, 1]`: features that are not ``k^(-1/2)`` times the signed literals of `star`, or zero of `null`."""
    k, n = setting.formula.k, setting.formula.n
    table = np.zeros((setting.formula.m, n))
    for row, term in zip(table, setting.formula.literals.tolist(), strict=True):
        for literal in term:
            row[abs(literal) - 1] = np.sign(literal) / k**0.5
    expected = np.where((played.response == 1)[..., None], table[played.prompts][:, None, :], 0.0)
    off = np.abs(played.features - expected).max(axis=-1) > 1e-12
    return np.asarray((off & played.served[:, None]).sum(axis=-1, keepdims=True), dtype=np.int64)


def held(outcomes: Ints, law: Law) -> OneSample:
    """The distance of the rows of `outcomes` from `law`; outcomes go by number, and are counted here."""
    number, masses = {outcome: i for i, outcome in enumerate(law)}, dict(enumerate(law.values()))
    drawn: Counter[int] = Counter()
    for row, count in counted(np.asarray(outcomes).astype(np.int64)).items():
        drawn[number.get(row, NOTHING)] += count
    return OneSample.tallied(drawn, masses)


# --- a search by signs -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """A search by uniform corners for `budget` tries, each of two rewarded responses or of one."""

    setting: Setting
    rewarded: bool
    budget: int

    def tries(self) -> Iterable[tuple[int, tuple[Scaled, ...], tuple[int, ...], Fraction]]:
        """Prompt, corners, responses and probability of all that one try may show."""
        formula, sides = self.setting.formula, 2 if self.rewarded else 1
        corners = list(itertools.product((-1, 1), repeat=formula.n))
        star = {corner: self.setting.responses(corner) for corner in corners}
        for j in range(formula.m):
            for chosen in itertools.product(corners, repeat=sides):
                for shown in itertools.product((0, 1), repeat=sides):
                    mass = Fraction(1, formula.m * len(corners) ** sides)
                    for corner, y in zip(chosen, shown, strict=True):
                        mass *= star[corner][j][y]
                    yield j, chosen, shown, mass

    def law(self, told: Told) -> Law:
        """Of what is `told` of the try that shows a star, or of `NOTHING`."""
        hits = [(told(j, at, shown), mass) for j, at, shown, mass in self.tries() if any(shown)]
        hit = sum((mass for _, mass in hits), Fraction(0))
        within = 1 - (1 - hit) ** self.budget
        width = len(hits[0][0])
        return summed([(o, mass / hit * within) for o, mass in hits] + [((NOTHING,) * width, 1 - within)])

    def calls_law(self) -> Law:
        """Of tries, and of the charges of two searches in a row."""
        hit = sum((mass for _, _, shown, mass in self.tries() if any(shown)), Fraction(0))
        law = [(t, hit * (1 - hit) ** (t - 1)) for t in range(1, self.budget + 1)]
        law.append((-self.budget, (1 - hit) ** self.budget))
        pairs = itertools.product(law, repeat=2)
        return summed(((t, u, *self.charges(abs(t) + abs(u))), p * q) for (t, p), (u, q) in pairs)

    def charges(self, tries: int) -> tuple[int, ...]:
        """Prompts, weak and strong calls, reward rounds."""
        return (tries, 0, 2 * tries, tries) if self.rewarded else (tries, 0, tries, 0)

    def against(self, law: str, streams: Streams, laws: dict[str, Law] | None = None) -> Largest:
        """Pairs of searches of the library, `REPEATS` a row: calls of both, and all that the first shows.

        Held against its own laws, or against others.
        """
        oracle = oracles.open_proper(self.setting.problem, law=law, streams=streams)
        laws = self.laws() if laws is None else laws

        def pair() -> dict[str, tuple[Ints, Law]]:
            before = totals(oracle)
            found, again = (oracle.search_signs(self.budget, rewarded=self.rewarded) for _ in range(2))
            tries = [np.where(one.served, one.used, -one.used) for one in (found, again)]
            seen = {"calls": np.column_stack([*tries, totals(oracle) - before])}
            seen |= {
                name: np.where(found.served[:, None], np.column_stack(columns), NOTHING)
                for name, columns in self.shown(found).items()
            }
            return {name: (rows, laws[name]) for name, rows in seen.items()}

        return together([pair() for _ in range(REPEATS)], "pairs of searches")

    def shown(self, found: oracles.Round) -> dict[str, list[Ints]]:
        """What the rows of a search that found something show, by part."""
        sides = range(2 if self.rewarded else 1)
        response = found.response[:, : len(sides)]
        parts = {
            "responses": [found.prompts, response],
            "features": [wrong_features(self.setting, found)],
        }
        for side in sides:
            parts[f"corner {side + 1}"] = [*self.pattern(found, side), response[:, side]]
        if self.rewarded:
            means, quarters = split(self.setting, found.rewards)
            parts["corners"] = [self.pattern(found, side)[i] for side in sides for i in (0, 1)]
            parts["rewards"] = [found.prompts, response, means]
            parts["noise"] = [quarters]
        return parts

    def laws(self) -> dict[str, Law]:
        """The laws of the same."""
        worth, agreement = self.setting.worth, self.agreement
        laws = {
            "calls": self.calls_law(),
            "responses": self.law(lambda j, at, y: (j, *y)),
            "features": self.law(lambda j, at, y: (0,)),
        }
        for side in range(2 if self.rewarded else 1):
            laws[f"corner {side + 1}"] = self.law(self.shown_by(side))
        if self.rewarded:
            laws["corners"] = self.law(lambda j, at, y: (*agreement(j, at[0])[:2], *agreement(j, at[1])[:2]))
            laws["rewards"] = self.law(lambda j, at, y: (j, *y, *(worth(j, one) for one in y)))
            found = 1 - laws["features"][NOTHING,]
            noise = {pair: found * mass for pair, mass in noise_law().items()}
            laws["noise"] = noise | {(NOTHING, NOTHING): 1 - found}
        return laws

    def shown_by(self, side: int) -> Told:
        """The agreement of one corner, and its response."""
        return lambda j, at, y: (*self.agreement(j, at[side]), y[side])

    def agreement(self, term: int, corner: Scaled) -> Outcome:
        """Which literals of the term the corner agrees with, and the sign of the variable left over."""
        literals = self.setting.formula.literals[term].tolist()
        (free,) = {1, 2, 3} - {abs(x) for x in literals}
        return (*(int(corner[abs(x) - 1] * x > 0) for x in literals), int(corner[free - 1] > 0))

    def pattern(self, found: oracles.Round, side: int) -> list[Ints]:
        """The same of what a search found."""
        literals = self.setting.formula.at(np.maximum(found.prompts, 0))
        theta = found.theta[:, side]
        agree = np.take_along_axis(theta, np.abs(literals) - 1, axis=-1) * literals > 0
        free = 6 - np.abs(literals).sum(axis=-1)
        return [*agree.astype(np.int64).T, (theta[np.arange(len(theta)), free - 1] > 0).astype(np.int64)]
