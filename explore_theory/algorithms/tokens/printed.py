"""MTSS as the paper prints it (Algorithms 4 to 6, pages 77 to 81), to be held beside ours (`tokens.mtss`).

Per layer `h` a core set of pairs (state, action), the differences of their features from those of one fixed
*anchor* action in ``Sigma_h``, and ``theta_h``. In every iteration:

1. *FitValue*, from the last layer: for each pair `rollouts` pairs of rollouts of the current policy, one
   after the action, one after the anchor. A return is the rewards minus ``beta log rho`` of the later layers,
   ``rho`` the sampler's biased estimate (`oracles.softmax_density`); ``theta_h`` is least squares on the
   differences of returns, constrained to ``|theta| <= B``.
2. *UncertainStateAction*, from the first layer: `walks` rollouts from prompts and from every pair of every
   earlier layer, and where each ends `tests` base draws. The longest difference of features in
   ``Sigma_h^{-1}`` joins the core set, **one per layer**, with the anchor at its state.

The policy is returned of an iteration, the last one, in which every difference that joined had ``|phi|^2 <=
nu^2/4``: a *certificate*. If there is none it is that of the first iteration, the base policy.

What differs from the pages, and can be had as printed: FitValue draws the reward of the pair itself once for
all rollouts (line 5 of Algorithm 5), which leaves its noise in (LL4); here it is drawn in every rollout
unless `reward_once`. Three economies are off if `literal`: the run ends with the first certificate; one walk
tests every layer that it passes, where the printed one sets out afresh for each; and the pairs (x, anchor)
are not rolled out in FitValue, whose least squares would multiply their returns by a feature of zero.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.least_squares import within_ball
from explore_theory.foundation.validation import positive, whole
from explore_theory.oracles.processes import DensitySteps, ProcessOracle, Tickets
from explore_theory.oracles.softmax_density import AnchoredPolicy, squared_lengths
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Floats, Ints


@brief
@dataclass(frozen=True)
class PrintedLearned:
    """What a run returns: a policy per row; `[R]` each the iteration that it is of (from one), whether that
    one was certified, and the number of iterations; and `[R]` the longest ``|phi|^2`` that joined a core set
    in the iteration.
    """

    policies: tuple[AnchoredPolicy, ...]
    iterate: npt.NDArray[np.int64]
    certified: npt.NDArray[np.bool_]
    iterations: npt.NDArray[np.int64]
    longest: Floats


@dataclass(frozen=True)
class _Kept:
    """The policy of one iteration of one row, and what is told of it."""

    policy: AnchoredPolicy
    iterate: int
    certified: bool
    iterations: int
    longest: float


@dataclass
class _Core:
    """The core set of one layer: tickets, actions and differences of features, two pairs per iteration."""

    d: int
    ridge: float
    places: list[Tickets] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    relative: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sigma = self.ridge * np.eye(self.d)

    def add(self, place: Tickets, action: int, anchor: int, relative: Floats) -> None:
        """Both (x, a) and (x, anchor) at the one state `place`."""
        for own, difference in ((action, relative), (anchor, np.zeros(self.d))):
            self.places.append(place)
            self.actions.append(own)
            self.relative.append(difference)
        self.sigma = self.sigma + np.outer(relative, relative)


@dataclass(frozen=True, kw_only=True)
class PrintedMTSS:
    """The learner; the schedules of `printed_schedule` choose the numbers.

    Parameters
    ----------
    iterations
        ``T_prompt``.
    rollouts
        ``N_reg``: pairs of rollouts for each pair of a core set.
    walks, tests
        ``N_span`` rollouts from prompts and from each pair of each earlier layer, and base draws at each end
        (Algorithm 6 calls them `N` and `N` barred).
    ridge, radius
        ``lambda`` and ``nu``.
    parameter_radius
        ``B``.
    sampler
        ``M_rej`` and ``delta_rej``, as numbers of base draws.
    literal, reward_once
        See the module.
    """

    vectorised: ClassVar[bool] = True
    proper: ClassVar[bool] = False

    iterations: int
    rollouts: int
    walks: int
    tests: int
    ridge: float
    radius: float
    parameter_radius: float
    sampler: SoftmaxSampler
    literal: bool = True
    reward_once: bool = False

    def __post_init__(self) -> None:
        for name in ("iterations", "rollouts", "walks", "tests"):
            whole(name, getattr(self, name), least=1)
        for name in ("ridge", "radius", "parameter_radius"):
            positive(name, getattr(self, name))
        if self.sampler.normaliser < 1:
            raise InvalidProblem(f"normaliser must be at least 1, got normaliser={self.sampler.normaliser!r}")

    def run(self, oracle: ProcessOracle) -> PrintedLearned:
        """Learn a policy per row; calls are in the ledger's phases ``fit`` and ``span``."""
        found = [self._learn(oracle, row) for row in range(oracle.R)]
        return PrintedLearned(
            tuple(one.policy for one in found),
            np.array([one.iterate for one in found]),
            np.array([one.certified for one in found]),
            np.array([one.iterations for one in found]),
            np.array([one.longest for one in found]),
        )

    def _learn(self, oracle: ProcessOracle, row: int) -> "_Kept":
        facts = oracle.facts
        cores = [_Core(facts.d, self.ridge) for _ in range(facts.horizon)]
        kept: _Kept | None = None
        for t in range(1, self.iterations + 1):
            with oracle.phase("fit"):
                policy = self._fitted(oracle, cores)
            with oracle.phase("span"):
                longest = self._widen(oracle, row, cores, policy)
            if kept is None or self._certifies(longest):
                kept = _Kept(policy, t, self._certifies(longest), t, longest)
                if kept.certified and not self.literal:
                    break
        assert kept is not None
        return replace(kept, iterations=t)

    def _certifies(self, longest: float) -> bool:
        """``max_h |phi_h(x_h, a_h)|^2 <= nu^2/4`` (line 12 of Algorithm 4)."""
        return longest <= self.radius**2 / 4

    # --- FitValue, Algorithm 5 -----------------------------------------------------------------------------

    def _fitted(self, oracle: ProcessOracle, cores: list[_Core]) -> AnchoredPolicy:
        """The policy of this iteration: layers from the last, each completed by those after it."""
        policy = AnchoredPolicy(
            theta=np.zeros((len(cores), cores[0].d)),
            precision=np.stack([np.linalg.inv(core.sigma) for core in cores]),
            radius=self.radius,
            sampler=self.sampler,
        )
        for h in range(len(cores) - 1, -1, -1):
            theta = policy.theta.copy()
            theta[h] = self._fit(oracle, h, cores[h], policy)
            policy = replace(policy, theta=theta)
        return policy

    def _fit(self, oracle: ProcessOracle, h: int, core: _Core, policy: AnchoredPolicy) -> Floats:
        """``theta_h``; zero without data."""
        kept = [k for k in range(len(core.places)) if self.literal or core.relative[k].any()]
        if not kept:
            return np.zeros(core.d)
        here = Tickets.joined([core.places[k] for k in kept]).repeated(self.rollouts)
        actions = np.repeat([core.actions[k] for k in kept], self.rollouts)
        own = self._returns(oracle, here, actions, policy)
        other = self._returns(oracle, here, np.full_like(actions, _anchor(oracle, h)), policy)
        target = (own - other).reshape(len(kept), -1).mean(axis=-1)
        x = np.stack([core.relative[k] for k in kept])
        return within_ball((x.T @ x)[None], (x.T @ target)[None], self.parameter_radius)[0]

    def _returns(
        self, oracle: ProcessOracle, here: Tickets, actions: Ints, policy: AnchoredPolicy
    ) -> Floats:
        """One rollout from each of `here`: rewards, less ``beta log rho`` of the later layers."""
        reward, there = oracle.act(here, actions)
        if self.reward_once:
            reward = np.repeat(reward[:: self.rollouts], self.rollouts)
        total = np.array(reward)
        while there.layer < oracle.facts.horizon:
            step = oracle.sampled(there, policy)
            reward, there = oracle.act(there, step.action)
            total += self._gain(reward, step.log_ratio, oracle.facts.beta)
        return total

    def _gain(self, reward: Floats, log_ratio: Floats, beta: float) -> Floats:
        """What a later layer adds to a return (line 13 of Algorithm 5)."""
        return np.asarray(reward - beta * log_ratio)

    # --- UncertainStateAction, Algorithm 6 -----------------------------------------------------------------

    def _widen(
        self, oracle: ProcessOracle, row: int, cores: list[_Core], policy: AnchoredPolicy
    ) -> float:
        """The longest difference of every layer joins its core set; the largest ``|phi|^2`` of them."""
        found = []
        walkers = oracle.prompts([row] * self.walks)
        for h in range(len(cores)):
            if self.literal and h:
                walkers = self._walkers(oracle, row, cores[:h], policy)
            step = oracle.sampled(walkers, policy)
            found.append(self._longest(oracle, walkers, step, policy.precision[h]))
            if not self.literal and h + 1 < len(cores):
                walkers = self._onward(oracle, walkers, step.action, cores[h])
        # Core sets of this iteration are those that it began with.
        for h, (_, place, action, relative) in enumerate(found):
            self._add(cores[h], place, action, _anchor(oracle, h), relative)
        return max(length for length, *_ in found)

    def _add(self, core: _Core, place: Tickets, action: int, anchor: int, relative: Floats) -> None:
        core.add(place, action, anchor, relative)

    def _walkers(
        self, oracle: ProcessOracle, row: int, cores: list[_Core], policy: AnchoredPolicy
    ) -> Tickets:
        """Where walks from prompts and from all pairs of `cores` come to after the last of those layers."""
        walkers = oracle.prompts([row] * self.walks)
        for core in cores:
            walkers = self._onward(oracle, walkers, oracle.sampled(walkers, policy).action, core)
        return walkers

    def _onward(self, oracle: ProcessOracle, walkers: Tickets, actions: Ints, core: _Core) -> Tickets:
        """One layer on: `walkers` by their `actions`, and `walks` more from each pair of `core`."""
        parts = [walkers, *(place.repeated(self.walks) for place in core.places)]
        chosen = [actions, *(np.full(self.walks, action) for action in core.actions)]
        return oracle.act(Tickets.joined(parts), np.concatenate(chosen))[1]

    def _longest(
        self, oracle: ProcessOracle, walkers: Tickets, step: DensitySteps, precision: Floats
    ) -> tuple[float, Tickets, int, Floats]:
        """``|phi|^2``, state, action and difference of the longest seen, the first of equals: the action of
        the policy at each state, then `tests` base draws there.
        """
        drawn = oracle.draw(walkers, self.tests)
        actions = np.concatenate([step.action[:, None], drawn.actions], axis=1)
        features = np.concatenate([step.features[:, None], drawn.features], axis=1)
        relative = features - oracle.anchor(walkers)[:, None]
        lengths = squared_lengths(relative, precision)
        i, j = np.unravel_index(int(np.argmax(lengths)), lengths.shape)
        return float(lengths[i, j]), walkers.pick([i]), int(actions[i, j]), relative[i, j]


def _anchor(oracle: ProcessOracle, h: int) -> int:
    """The anchor action of layer `h`."""
    if oracle.facts.anchor is None:
        raise InvalidProblem("anchor must be given for MTSS as printed, got anchor=None")
    return oracle.facts.anchor[h]
