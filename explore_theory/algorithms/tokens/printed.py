"""MTSS as the paper prints it (Algorithms 4 to 6, pages 77 to 81), to be held beside ours (`tokens.mtss`).

Per layer `h` a core set of pairs (state, action), the differences of their features from those of one fixed
*anchor* action in ``Sigma_h``, and ``theta_h``. In every iteration:

1. *FitValue*, from the last layer: for each pair `rollouts` pairs of rollouts of the current policy, one
   after the action, one after the anchor. A return is the rewards minus ``beta log rho`` of the later
   layers, ``rho`` the sampler's biased estimate (`oracles.processes.softmax_density`); ``theta_h`` is least
   squares on the differences of returns, constrained to ``|theta| <= B``.
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
from explore_theory.oracles.processes.density import DensityOracle, DensitySteps
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.oracles.processes.softmax_density import AnchoredPolicy
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.protocol import Floats, Ints


@brief
@dataclass(frozen=True, eq=False)
class PrintedLearned:
    """What a run returns: policies of `R` rows; `[R]` each the iteration that a policy is of (from one),
    whether that one was certified, and the number of iterations; and `[R]` the longest ``|phi|^2`` that
    joined a core set in it.
    """

    policy: AnchoredPolicy
    iterate: npt.NDArray[np.int64]
    certified: npt.NDArray[np.bool_]
    iterations: npt.NDArray[np.int64]
    longest: Floats


@dataclass
class _Core:
    """The core set of one layer of `K` rows: an entry is a pair (state, action) of each of them.

    `places` hold `K` visits, `actions` `[K]` and `relative` `[K, d]`, the differences of features; two
    entries per iteration.
    """

    sigma: Floats
    places: list[Visits] = field(default_factory=list)
    actions: list[Ints] = field(default_factory=list)
    relative: list[Floats] = field(default_factory=list)

    def add(self, place: Visits, actions: Ints, relative: Floats) -> None:
        """One entry; ``Sigma`` does not change where the action is the anchor."""
        self.places.append(place)
        self.actions.append(actions)
        self.relative.append(relative)
        self.sigma = self.sigma + relative[:, :, None] * relative[:, None, :]

    def keep(self, which: npt.NDArray[np.bool_]) -> None:
        """Go on with some of the rows."""
        self.sigma = self.sigma[which]
        self.places = [place.pick(which) for place in self.places]
        for name in ("actions", "relative"):
            setattr(self, name, [part[which] for part in getattr(self, name)])


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

    def run(self, oracle: DensityOracle) -> PrintedLearned:
        """Learn a policy per row; calls are in the ledger's phases ``fit`` and ``span``.

        Raises
        ------
        InvalidProblem
            If the process has no anchor.
        """
        facts, rows = oracle.facts, np.arange(oracle.R)
        if facts.anchor is None:
            raise InvalidProblem("anchor must be an action per stage for MTSS as printed, got anchor=None")
        start = np.tile(self.ridge * np.eye(facts.d), (oracle.R, 1, 1))
        cores = [_Core(start) for _ in range(facts.horizon)]
        policy = self._untold(oracle.R, facts.horizon, facts.d)
        kept = _Kept(policy, oracle.R)
        for t in range(1, self.iterations + 1):
            with oracle.phase("fit"):
                policy = self._fitted(oracle, rows, cores, policy)
            with oracle.phase("span"):
                longest = self._widen(oracle, rows, cores, policy)
            certified = self._certifies(longest)
            kept.take(policy, rows, t, certified, longest)
            if not self.literal and certified.any():
                rows = rows[~certified]
                for core in cores:
                    core.keep(~certified)
                if not rows.size:
                    break
        return kept.learned()

    def _untold(self, rows: int, steps: int, d: int) -> AnchoredPolicy:
        """The policies before the first iteration."""
        return AnchoredPolicy(
            theta=np.zeros((rows, steps, d)),
            precision=np.tile(np.eye(d) / self.ridge, (rows, steps, 1, 1)),
            radius=self.radius,
            sampler=self.sampler,
        )

    def _certifies(self, longest: Floats) -> npt.NDArray[np.bool_]:
        """``max_h |phi_h(x_h, a_h)|^2 <= nu^2/4`` (line 12 of Algorithm 4), `[K]`."""
        return longest <= self.radius**2 / 4

    # --- FitValue, Algorithm 5 -----------------------------------------------------------------------------

    def _fitted(
        self, oracle: DensityOracle, rows: Ints, cores: list[_Core], before: AnchoredPolicy
    ) -> AnchoredPolicy:
        """The policies of this iteration: layers from the last, each completed by those after it."""
        precision = before.precision.copy()
        precision[rows] = np.stack([np.linalg.inv(core.sigma) for core in cores], axis=1)
        policy = replace(before, precision=precision)
        for h in range(len(cores) - 1, -1, -1):
            theta = policy.theta.copy()
            theta[rows, h] = self._fit(oracle, h, cores[h], policy)
            policy = replace(policy, theta=theta)
        return policy

    def _fit(self, oracle: DensityOracle, h: int, core: _Core, policy: AnchoredPolicy) -> Floats:
        """``theta_h`` `[K, d]`; zero without data."""
        kept = [k for k in range(len(core.places)) if self.literal or core.relative[k].any()]
        if not kept:
            return np.zeros(core.sigma.shape[:-1])
        here = Visits.joined([core.places[k] for k in kept]).repeated(self.rollouts)
        actions = np.repeat(np.concatenate([core.actions[k] for k in kept]), self.rollouts)
        own = self._returns(oracle, here, actions, policy)
        other = self._returns(oracle, here, np.full_like(actions, _anchor(oracle, h)), policy)
        target = (own - other).reshape(len(kept), len(core.sigma), -1).mean(axis=-1)
        x = np.stack([core.relative[k] for k in kept])
        gram = (x[..., :, None] * x[..., None, :]).sum(axis=0)
        return within_ball(gram, (x * target[..., None]).sum(axis=0), self.parameter_radius)

    def _returns(self, oracle: DensityOracle, here: Visits, actions: Ints, policy: AnchoredPolicy) -> Floats:
        """One rollout from each of `here`: rewards, less ``beta log rho`` of the later layers."""
        reward, there = self._first(oracle, here, actions)
        total = np.array(reward)
        while there is not None:
            step = oracle.sampled(there, policy)
            reward, there = oracle.act(there, step.action)
            total += self._gain(reward, step.log_ratio, oracle.facts.beta)
        return total

    def _first(self, oracle: DensityOracle, here: Visits, actions: Ints) -> tuple[Floats, Visits | None]:
        """The rewards of the pairs themselves, and where they lead."""
        if not self.reward_once:
            return oracle.act(here, actions)
        first = np.arange(0, here.count, self.rollouts)
        rest = np.setdiff1d(np.arange(here.count), first)
        reward, there = oracle.act(here.pick(first), actions[first])
        if there is not None and rest.size:
            both = Visits.joined([there, oracle.move(here.pick(rest), actions[rest])])
            there = both.pick(np.argsort(np.concatenate([first, rest])))
        return np.repeat(reward, self.rollouts), there

    def _gain(self, reward: Floats, log_ratio: Floats, beta: float) -> Floats:
        """What a later layer adds to a return (line 13 of Algorithm 5)."""
        return np.asarray(reward - beta * log_ratio)

    # --- UncertainStateAction, Algorithm 6 -----------------------------------------------------------------

    def _widen(self, oracle: DensityOracle, rows: Ints, cores: list[_Core], policy: AnchoredPolicy) -> Floats:
        """The longest difference of every layer joins its core set; the largest ``|phi|^2`` of them `[K]`."""
        found = []
        walkers = oracle.prompts(np.repeat(rows, self.walks))
        for h, core in enumerate(cores):
            if self.literal and h:
                walkers = self._walkers(oracle, rows, cores[:h], policy)
            step = oracle.sampled(walkers, policy)
            found.append(self._longest(oracle, walkers, step, policy, rows))
            if not self.literal and h + 1 < len(cores):
                walkers = self._onward(oracle, walkers, step.action, core)
        # Walks set out from the core sets that the iteration began with.
        for h, (core, (_, place, actions, relative)) in enumerate(zip(cores, found, strict=True)):
            core.add(place, actions, relative)
            self._add_anchor(core, place, np.full_like(actions, _anchor(oracle, h)))
        return np.asarray(np.max([lengths for lengths, *_ in found], axis=0))

    def _add_anchor(self, core: _Core, place: Visits, anchor: Ints) -> None:
        """The pair (x, anchor) joins too (line 10 of Algorithm 4)."""
        core.add(place, anchor, np.zeros((place.count, core.sigma.shape[-1])))

    def _walkers(
        self, oracle: DensityOracle, rows: Ints, cores: list[_Core], policy: AnchoredPolicy
    ) -> Visits:
        """Where walks from prompts and from all pairs of `cores` come to after the last of those layers."""
        walkers = oracle.prompts(np.repeat(rows, self.walks))
        for core in cores:
            walkers = self._onward(oracle, walkers, oracle.sampled(walkers, policy).action, core)
        return walkers

    def _onward(self, oracle: DensityOracle, walkers: Visits, actions: Ints, core: _Core) -> Visits:
        """One layer on: `walkers` by their `actions`, and `walks` more from each pair of `core`."""
        parts = [walkers, *(place.repeated(self.walks) for place in core.places)]
        chosen = [actions, *(np.repeat(own, self.walks) for own in core.actions)]
        return oracle.move(Visits.joined(parts), np.concatenate(chosen))

    def _longest(
        self, oracle: DensityOracle, walkers: Visits, step: DensitySteps, policy: AnchoredPolicy, rows: Ints
    ) -> tuple[Floats, Visits, Ints, Floats]:
        """``|phi|^2`` `[K]`, visits, actions and differences of the longest that each row saw, the first of
        equals: the action of the policy at each state, then `tests` base draws there.
        """
        drawn = oracle.draw(walkers, self.tests)
        actions = np.concatenate([step.action[:, None], drawn.actions], axis=1)
        features = np.concatenate([step.features[:, None], drawn.features], axis=1)
        relative = features - step.anchor[:, None]
        lengths = policy.lengths(relative, walkers.stage, walkers.rows)
        draw = lengths.argmax(axis=1)
        best = lengths[np.arange(walkers.count), draw]
        # The first of the longest of each row: rows have their walkers in the order in which they set out.
        place = np.array([np.flatnonzero(of := walkers.rows == row)[best[of].argmax()] for row in rows])
        draw = draw[place]
        return best[place], walkers.pick(place), actions[place, draw], relative[place, draw]


class _Kept:
    """The policies to be returned so far: those of the last certified iterations, or of the first."""

    def __init__(self, policy: AnchoredPolicy, rows: int) -> None:
        self._policy = policy
        self._theta, self._precision = policy.theta.copy(), policy.precision.copy()
        self._iterate, self._iterations = np.zeros((2, rows), dtype=np.int64)
        self._certified, self._longest = np.zeros(rows, dtype=bool), np.full(rows, np.inf)

    def take(
        self, policy: AnchoredPolicy, rows: Ints, t: int, certified: npt.NDArray[np.bool_], longest: Floats
    ) -> None:
        """Those of `rows` `[K]` after iteration `t`, where `certified` `[K]`."""
        self._iterations[rows] = t
        taken = certified | (t == 1)
        here = rows[taken]
        self._theta[here], self._precision[here] = policy.theta[here], policy.precision[here]
        self._iterate[here], self._longest[here] = t, longest[taken]
        self._certified[here] = certified[taken]

    def learned(self) -> PrintedLearned:
        policy = replace(self._policy, theta=self._theta, precision=self._precision)
        return PrintedLearned(policy, self._iterate, self._certified, self._iterations, self._longest)


def _anchor(oracle: DensityOracle, h: int) -> int:
    """The anchor action of layer `h`."""
    assert oracle.facts.anchor is not None
    return oracle.facts.anchor[h]
