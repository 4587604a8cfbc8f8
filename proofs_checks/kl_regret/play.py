"""Two arms with rewards 0 and 1, played greedily: the exact law of all counts, round by round.

After `t` rounds the state is how often the first arm was played and how many rewards each arm gave. Masses
are pushed forwards in doubles: they are not negative, so that what a round does to them keeps relative errors
below ``40 * 2^-53``, and ``10^-12`` over 128 rounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
#: Of a mean of numbers of order one: masses, as above, and gaps, each a difference of two objectives.
ERROR = 1e-9
#: Mean rewards of both arms, to the probability of playing the first.
Policy = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class Arms:
    """The chances of a reward of 1, the first arm's mass in the base policy, and ``beta``."""

    means: tuple[Fraction, Fraction]
    first: Fraction
    beta: Fraction

    @property
    def variances(self) -> tuple[Fraction, Fraction]:
        """Of both rewards."""
        a, b = self.means
        return a * (1 - a), b * (1 - b)

    def greedy(self, one: Floats, two: Floats) -> Floats:
        """``pi(1)`` for ``pi ∝ pi_0 exp(estimate/beta)``."""
        odds = float((1 - self.first) / self.first) * np.exp((two - one) / float(self.beta))
        return np.asarray(1 / (1 + odds))

    def objective(self, one: Floats) -> Floats:
        """``E_pi r - beta KL(pi || pi_0)`` of the policy that plays the first arm with chance `one`."""
        other = 1 - one
        rewards = one * float(self.means[0]) + other * float(self.means[1])
        divergence = one * np.log(one / float(self.first)) + other * np.log(other / float(1 - self.first))
        return np.asarray(rewards - float(self.beta) * divergence)

    def gap(self, one: Floats, two: Floats) -> Floats:
        """``J(pi*) - J(greedy)`` for estimates of both arms."""
        best = self.greedy(*(np.array(float(mean)) for mean in self.means))
        return np.asarray(self.objective(best) - self.objective(self.greedy(one, two)))

    def words(self) -> dict[str, Any]:
        """The arms for a reader."""
        means = ", ".join(map(str, self.means))
        return {"means": means, "pi_0(1)": str(self.first), "beta": str(self.beta)}


def argmax(one: Floats, two: Floats) -> Floats:
    """The arm of the larger mean; the first where they are equal."""
    return np.asarray(np.where(one >= two, 1.0, 0.0))


def shares(sums: Floats, counts: Floats) -> Floats:
    """Mean rewards; one half where there are none. States that are never met are kept within [0, 1]."""
    return np.asarray(np.where(counts > 0, np.minimum(sums / np.maximum(counts, 1), 1.0), 0.5))


def losses(
    arms: Arms, policy: Policy, loss: Callable[[Floats, Floats], Floats], rounds: int, *, each_once: bool
) -> Floats:
    """The mean of `loss`, a function of both estimates, after 0, 1, .. rounds: `[rounds + 1]`.

    Where `each_once`, both arms were played once before.
    """
    r = [float(mean) for mean in arms.means]
    masses: Floats = np.ones((1, 1, 1))
    if each_once:
        masses = np.zeros((2, 2, 2))
        masses[1] = np.outer((1 - r[0], r[0]), (1 - r[1], r[1]))
    found = []
    for t in range(rounds + 1):
        # The second arm was played in all other rounds, those before the first included.
        played = np.arange(masses.shape[0], dtype=np.float64)[:, None, None]
        sums = np.arange(masses.shape[1], dtype=np.float64)
        one = shares(sums[None, :, None], played)
        two = shares(sums[None, None, :], np.maximum(t + 2 * each_once - played, 0))
        found.append(float((masses * loss(one, two)).sum()))
        chance = policy(one, two)
        later = np.zeros(tuple(size + 1 for size in masses.shape))
        first, second = masses * chance, masses * (1 - chance)
        later[1:, 1:, :-1] += first * r[0]
        later[1:, :-1, :-1] += first * (1 - r[0])
        later[:-1, :-1, 1:] += second * r[1]
        later[:-1, :-1, :-1] += second * (1 - r[1])
        masses = later
    return np.array(found)
