"""Decision processes: rewards at every step, random transitions, a fixed anchor action.

The setting of appendix I of Foster, Mhammedi and Rohatgi (COLT 2025), on finitely many states: a trajectory
starts in a state drawn from ``P_0``, an action earns a reward at once and moves to a random state of the next
stage. Token-level problems are those whose moves are certain and whose rewards come last; `of_tokens`
converts them.

Letters: `H` stages, `S` states of a stage, `A` actions, `d` feature dimension. Rewards and ``beta`` are in
units of reward. Stages count from zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.brief import brief
from explore_theory.foundation.validation import floats, positive, probabilities, whole, whole_array
from explore_theory.problems import declared
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.display import facts_html
from explore_theory.problems.noise import NoiseLaw, NoNoise, admit
from explore_theory.problems.processes import dynamics
from explore_theory.problems.processes.stage import Stage
from explore_theory.problems.protocol import Facts, Ints

#: The most entries of a transition law, `S A S'`, that a token problem is converted to.
MOST_MOVES = 1 << 24


@dataclass(frozen=True, kw_only=True)
class ProcessFacts(Facts):
    """What a learner of a decision process is told for free.

    `reward_range` is that of summed rewards of trajectories from one start; `sigma` that of the difference of
    two rewards of one step; `prompts` the number of states of the first stage.

    Parameters
    ----------
    actions
        `A`: an action is an index below it.
    anchor
        `[H]`, the anchor action of each stage, or None.
    step_reward
        A bound on the mean rewards of one step: they lie in ``[-step_reward, step_reward]``.
    conditional_coverage
        A known upper bound on ``C_cond = max_h sup pi*_h(a|s)/pi_{h,ref}(a|s)``, or None.
    """

    actions: int
    anchor: tuple[int, ...] | None
    step_reward: float
    conditional_coverage: float | None = None


@brief
@dataclass(frozen=True, kw_only=True, eq=False)
class DecisionProcess:
    """A decision process on finitely many states, valid by construction.

    Parameters
    ----------
    start
        ``P_0``, `[S]`, probabilities of the states of the first stage.
    stages
        `H` of them; one object may stand in several places. All but the last have `moves`.
    beta
        KL regularisation, positive, in units of reward.
    noise
        The law of an observed reward of one step.
    anchor
        An action per stage, `[H]` or one for all: of positive mass under the base policy in every state that
        the base policy reaches. None if there is none; whatever needs it asks for it.
    theta
        ``theta_h``, `[H, d]`, or None. If given, differences of ``Q*_h`` over supported actions of one
        reachable state must be ``<theta_h, feature differences>`` (Assumption I.1 in the form (73): the
        optimal policy is then linear softmax).
    parameter_radius
        ``B >= max_h |theta_h|_2`` that learners are told; needed with `theta`.
    conditional_coverage
        An upper bound on ``C_cond`` that learners are told, or None.

    Raises
    ------
    InvalidProblem
        If any of this fails; the message names the stage.
    """

    start: npt.NDArray[np.float64]
    stages: tuple[Stage, ...]
    beta: float
    noise: NoiseLaw = field(default_factory=NoNoise)
    anchor: npt.NDArray[np.int64] | None = None
    theta: npt.NDArray[np.float64] | None = None
    parameter_radius: float | None = None
    conditional_coverage: float | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "start", probabilities("start", self.start, (None,)))
        if not isinstance(self.stages, Sequence):
            raise InvalidProblem(
                f"stages must be a list of Stage records, got a {type(self.stages).__name__}"
            )
        put(self, "stages", tuple(self.stages))
        for h, stage in enumerate(self.stages):
            if not isinstance(stage, Stage):
                raise InvalidProblem(f"stages must be Stage records, got a {type(stage).__name__} at {h}")
        whole("horizon", len(self.stages), least=1)
        put(self, "beta", positive("beta", self.beta))
        self._check_stages()
        self._check_rewards()
        for name in ("parameter_radius", "conditional_coverage"):
            if (value := getattr(self, name)) is not None:
                put(self, name, positive(name, value))
        if self.anchor is not None:
            put(self, "anchor", self._checked_anchor(self.anchor))
        if self.theta is not None:
            put(self, "theta", floats("theta", self.theta, (self.horizon, self.stages[0].d)))
            declared.radius_covers(self.parameter_radius, self.theta)
            declared.realised(
                self.theta,
                self.stages,
                dynamics.optimum(self).q,
                dynamics.reachable(self),
                value="Q*_h",
                step="stage",
            )
        if self.conditional_coverage is not None:
            declared.covers(self.conditional_coverage, float(dynamics.log_conditional_coverage(self)))

    @classmethod
    def of_tokens(
        cls, problem: AutoregressiveProblem, anchor: npt.ArrayLike | None = None
    ) -> "DecisionProcess":
        """A token-level problem as a process: certain moves, rewards where a layer adds them.

        Prompts that start in one state become one; objectives, optima and divergences are the same. The noise
        law is of every step's reward here, and of a whole response's there.

        Raises
        ------
        InvalidProblem
            If the transition law of a layer would have more than `MOST_MOVES` entries, or `anchor` has no
            mass somewhere.
        """
        if not isinstance(problem, AutoregressiveProblem):
            raise InvalidProblem(f"problem must be an AutoregressiveProblem, got a {type(problem).__name__}")
        start = np.zeros(problem.layers[0].states)
        np.add.at(start, problem.start, problem.prompt_mass)
        made: dict[tuple[int, int], Stage] = {}
        stages = []
        for h, layer in enumerate(problem.layers):
            after = problem.layers[h + 1].states if h + 1 < problem.horizon else 0
            if (size := layer.base.size * after) > MOST_MOVES:
                raise InvalidProblem(
                    f"moves must have at most {MOST_MOVES} entries, got {size} at layer {h} of the problem"
                )
            # One layer may stand in several places, and so does its stage.
            if (id(layer), after) not in made:
                made[id(layer), after] = Stage(
                    base=layer.base,
                    log_base=layer.log_base,
                    reward=layer.reward,
                    features=layer.features,
                    moves=np.eye(after)[layer.next] if after else None,
                )
            stages.append(made[id(layer), after])
        return cls(
            start=start,
            stages=tuple(stages),
            beta=problem.beta,
            noise=problem.noise,
            anchor=anchor,  # type: ignore[arg-type]  # anything array-like is checked and converted
            theta=problem.theta,
            parameter_radius=problem.parameter_radius,
            conditional_coverage=problem.conditional_coverage,
        )

    @property
    def horizon(self) -> int:
        """`H`: actions per trajectory."""
        return len(self.stages)

    @property
    def actions(self) -> int:
        """`A`."""
        return self.stages[0].actions

    @property
    def d(self) -> int:
        """The feature dimension."""
        return self.stages[0].d

    def _repr_html_(self) -> str:
        """For notebooks: what a learner is told."""
        return facts_html(self)

    @cached_property
    def facts(self) -> ProcessFacts:
        """What a learner is told for free."""
        return ProcessFacts(
            d=self.d,
            beta=self.beta,
            reward_range=dynamics.reward_range(self),
            parameter_radius=self.parameter_radius,
            parameters=None,
            sigma=self.noise.sigma,
            coverage=None,
            prompts=self.start.size,
            responses=None,
            horizon=self.horizon,
            actions=self.actions,
            anchor=None if self.anchor is None else tuple(self.anchor.tolist()),
            step_reward=max(float(np.abs(stage.reward).max()) for stage in self.stages),
            conditional_coverage=self.conditional_coverage,
        )

    def _check_stages(self) -> None:
        first = self.stages[0]
        if self.start.size != first.states:
            raise InvalidProblem(
                f"start must hold one probability per state of the first stage ({first.states}), "
                f"got start.shape={self.start.shape}"
            )
        for h, stage in enumerate(self.stages):
            for name in ("actions", "d"):
                if (have := getattr(stage, name)) != (want := getattr(first, name)):
                    raise InvalidProblem(
                        f"stages must share one {name}, "
                        f"got stages[{h}].{name}={have}, stages[0].{name}={want}"
                    )
            last = h + 1 == self.horizon
            leads = 0 if stage.moves is None else stage.moves.shape[-1]
            wants = 0 if last else self.stages[h + 1].states
            if leads != wants:
                where = "nowhere after the last stage" if last else f"to the {wants} states of the next stage"
                raise InvalidProblem(f"moves must lead {where}, got {leads} states in stages[{h}].moves")

    def _check_rewards(self) -> None:
        for stage in self.stages:
            admit(self.noise, stage.reward)
        most = [float(np.abs(stage.reward).max()) for stage in self.stages]
        # Python's numbers overflow to infinity without a warning; twice, for differences of two values.
        if not 2 * sum(most) / self.beta < np.inf:
            raise InvalidProblem(
                f"reward must be in units of beta a number that float64 holds, summed over stages, "
                f"got rewards to {max(most)!r}, beta={self.beta!r}"
            )

    def _checked_anchor(self, anchor: npt.ArrayLike) -> Ints:
        given = whole_array("anchor", anchor, least=0, most=self.actions - 1)
        if given.shape not in ((), (self.horizon,)):
            raise InvalidProblem(
                f"anchor must be one action, or one per stage ({self.horizon}), "
                f"got anchor.shape={given.shape}"
            )
        given = np.broadcast_to(given, (self.horizon,)).copy()
        for h, (stage, here) in enumerate(zip(self.stages, dynamics.reachable(self), strict=True)):
            if np.any(outside := here & ~stage.supported[:, given[h]]):
                raise InvalidProblem(
                    f"anchor must have mass under the base policy in every reachable state, "
                    f"got anchor={int(given[h])} without mass at stage {h}, state {int(np.argmax(outside))}"
                )
        given.flags.writeable = False
        return given
