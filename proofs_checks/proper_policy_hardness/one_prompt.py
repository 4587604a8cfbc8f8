"""All adaptive proper learners on the paper's instance of a small formula at once, in rationals.

One prompt; the responses are 0 and the clauses (`clauses.Embedding`). A query names ``theta`` and shows a
draw of ``pi_theta`` and its reward. In the flat world every reward is 0; in the planted one clause `i` pays
``<theta*, phi(i)>``. Noise has one law in both. Parameters are the vertices and centres of the cube,
``{-1, 0, 1}^n``.

Letters: `T` queries, `m` clauses, `n` variables.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from proofs_checks.proper_policy_hardness.clauses import STEPS, Clause, Signs, clause_steps, count
from proofs_checks.proper_policy_hardness.proper_games import NO_NOISE, Noise

ZERO, ONE = Fraction(0), Fraction(1)
Point = tuple[int, ...]
#: What a query shows: the response and its reward.
Shown = tuple[int, Fraction]
#: Probabilities in the flat and in the planted world.
Both = tuple[Fraction, Fraction]


@dataclass(frozen=True, eq=False)
class OnePrompt:
    """A formula in its two worlds.

    Parameters
    ----------
    formula, n, t
        Its clauses, the number of variables, and ``t = e^{-1/(12 beta)}``.
    signs
        ``theta*``.
    noise
        The law of the noise of a reward.
    base
        ``pi_ref`` of all clauses together; ``e^{-1/beta}`` unless given.
    zero_pays
        What response 0 is worth in the planted world.
    until_clause
        Redraw until the response is a clause, as no proper learner may.
    """

    formula: tuple[Clause, ...]
    n: int
    t: Fraction
    signs: Signs
    noise: Noise
    base: Fraction | None = None
    zero_pays: Fraction = ZERO
    until_clause: bool = False

    @property
    def q(self) -> Fraction:
        """``e^{-1/beta}``."""
        return self.t**STEPS

    @cached_property
    def grid(self) -> list[Point]:
        """All parameters that a learner may name."""
        return list(itertools.product((-1, 0, 1), repeat=self.n))

    @cached_property
    def rewards(self) -> list[Fraction]:
        """Mean rewards of 0 and the clauses in the planted world."""
        steps = (clause_steps(clause, tuple(self.signs), None, False) for clause in self.formula)
        return [self.zero_pays, *(1 - Fraction(a, STEPS) for a in steps)]

    def law(self, theta: Point) -> list[Fraction]:
        """``pi_theta`` of 0 and the clauses, by the definition of a softmax."""
        base = self.q if self.base is None else self.base
        tilts = (self.t ** (clause_steps(clause, theta, None, False) - STEPS) for clause in self.formula)
        weights = [1 - base, *(base / len(self.formula) * tilt for tilt in tilts)]
        if self.until_clause:
            weights[0] = ZERO
        return [weight / sum(weights) for weight in weights]

    @cached_property
    def mass(self) -> dict[Point, Fraction]:
        """``sum_i pi_theta(i)`` over the clauses."""
        return {theta: 1 - self.law(theta)[0] for theta in self.grid}

    def share(self, theta: Point) -> Fraction:
        """How many clauses the signs of `theta` satisfy however zeros are read, over `m`."""
        return Fraction(count(self.formula, theta), len(self.formula))

    @cached_property
    def queries(self) -> dict[Point, dict[Shown, Both]]:
        """What a query at each parameter shows, with its probabilities in both worlds."""
        found: dict[Point, dict[Shown, Both]] = {}
        for theta in self.grid:
            shown: dict[Shown, Both] = {}
            for y, mass in enumerate(self.law(theta)):
                pays = self.rewards[y]
                for r in dict.fromkeys([*self.noise, *(offset + pays for offset in self.noise)]):
                    shown[y, r] = (
                        mass * self.noise.get(r, ZERO),
                        mass * self.noise.get(r - pays, ZERO),
                    )
            found[theta] = shown
        return found

    # --- by dynamic programming -----------------------------------------------------------------------------

    @cached_property
    def _choices(self) -> dict[Point, list[tuple[Shown, Both]]]:
        return {theta: list(shown.items()) for theta, shown in self.queries.items()}

    @cached_property
    def _after(self) -> Callable[[int, Fraction], Fraction]:
        """The most successes per unit of flat probability, with queries left and at a likelihood ratio."""

        @cache
        def after(left: int, ratio: Fraction) -> Fraction:
            if left == 0:
                return max(ONE, ratio)
            return max(self._play(theta, left, ratio) for theta in self.grid)

        return after

    def _play(self, theta: Point, left: int, ratio: Fraction) -> Fraction:
        return sum((self._gain(pair, left, ratio) for _, pair in self._choices[theta]), ZERO)

    def _gain(self, pair: Both, left: int, ratio: Fraction) -> Fraction:
        flat, planted = pair
        return flat * self._after(left - 1, planted * ratio / flat) if flat else planted * ratio

    def most_successes(self, queries: int, low: frozenset[Point], charge: Fraction | None = None) -> Fraction:
        """The largest ``P_0(right) + P_*(right)`` of a learner that names a world after its queries.

        Until a clause is shown it names parameters in `low` only. Or also others, where `charge` is given:
        then the first of them costs it that much.
        """

        @cache
        def blind(left: int) -> Fraction:
            """Before a clause; data without one have one law in both worlds, so the ratio is 1."""
            if left == 0:
                return ONE
            found = [
                sum(
                    (
                        pair[0] * blind(left - 1) if y == 0 else self._gain(pair, left, ONE)
                        for (y, _), pair in self._choices[theta]
                    ),
                    ZERO,
                )
                for theta in low
            ]
            if charge is not None:
                found += [self._play(theta, left, ONE) - charge for theta in self.grid if theta not in low]
            return max(found)

        return blind(queries)

    # --- by enumeration -------------------------------------------------------------------------------------

    def strategies(self, queries: int, *, detailed: bool) -> Iterator[dict[tuple[Shown, ...], Point]]:
        """Every rule for the next parameter, from all that has been shown or only whether a clause was."""
        shown = list(dict.fromkeys(s for seen in self.queries.values() for s in seen))
        pasts = [past for t in range(queries) for past in itertools.product(shown, repeat=t)]

        def class_of(past: tuple[Shown, ...]) -> tuple[object, ...]:
            return past if detailed else tuple(y > 0 for y, _ in past)

        classes = list(dict.fromkeys(map(class_of, pasts)))
        for chosen in itertools.product(self.grid, repeat=len(classes)):
            rule = dict(zip(classes, chosen, strict=True))
            yield {past: rule[class_of(past)] for past in pasts}

    def transcripts(
        self, strategy: Mapping[tuple[Shown, ...], Point], queries: int
    ) -> dict[tuple[Shown, ...], Both]:
        """The law of everything shown in `queries` queries, in both worlds; nothing is taken to be equal."""
        law: dict[tuple[Shown, ...], Both] = {(): (ONE, ONE)}
        for _ in range(queries):
            longer: dict[tuple[Shown, ...], Both] = {}
            for past, (flat, planted) in law.items():
                for shown, (f, g) in self.queries[strategy[past]].items():
                    longer[(*past, shown)] = (flat * f, planted * g)
            law = longer
        return law

    def blind_run(self, strategy: Mapping[tuple[Shown, ...], Point], queries: int) -> list[Point]:
        """What is named where every response is 0 and pays nothing; without noise."""
        past: tuple[Shown, ...] = ()
        named = []
        for _ in range(queries):
            named.append(strategy[past])
            past = (*past, (0, ZERO))
        return named


def variation(law: Mapping[tuple[Shown, ...], Both]) -> Fraction:
    """Total variation between the worlds."""
    return sum((abs(f - g) for f, g in law.values()), ZERO) / 2


__all__ = ["NO_NOISE", "ONE", "ZERO", "OnePrompt", "Point", "variation"]
