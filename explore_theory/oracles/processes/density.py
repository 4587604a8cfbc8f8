"""The process oracle with SoftmaxSamplerDensity as one operation, by both laws.

A learner could run Algorithm 2 through `draw`, one candidate at a time; a learner with a horizon of 32 could
not wait for it. `sampled` does it for many visits: `DensityOracle` draw by draw, `ExactLawDensityOracle` at
once, with the same joint law of answers and charges. Either pays one *token* call for each base draw, and one
*feature* call for the anchor's features at each visit, which scores are relative to.

Letters: `k` visits of one call, `S` states, `A` actions, `d` feature dimension.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.foundation.brief import brief
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import one_of, whole
from explore_theory.oracles.door import answers, inside, plain
from explore_theory.oracles.ledger import OF_PROCESSES, Meter
from explore_theory.oracles.processes.draws import grouped
from explore_theory.oracles.processes.oracle import ProcessOracle
from explore_theory.oracles.processes.protocol import Visits
from explore_theory.oracles.processes.softmax_density import (
    AnchoredPolicy,
    density_answers,
    density_law,
    density_words,
    nearby_law,
    outcome_count,
)
from explore_theory.oracles.softmax_sampler import SoftmaxSampler
from explore_theory.problems.processes import DecisionProcess
from explore_theory.problems.protocol import Floats, Ints

#: The most outcomes that `density_tables` adds up for one state.
FEW = 1 << 12


@brief
@dataclass(frozen=True, eq=False)
class DensitySteps:
    """Actions `[k]` and their ``log rho`` `[k]`; features `[k, d]` of the actions and of the anchor."""

    action: Ints
    log_ratio: Floats
    features: Floats
    anchor: Floats

    def __post_init__(self) -> None:
        for value in vars(self).values():
            value.flags.writeable = False


class DensityOracle(ProcessOracle):
    """Runs Algorithm 2 draw by draw. Opened by `open_density`."""

    @answers
    def sampled(self, visits: Visits, policy: AnchoredPolicy) -> DensitySteps:
        """An action at each visit by SoftmaxSamplerDensity, from the policy of its row; *token* and *feature*
        calls.

        Raises
        ------
        OracleMisuse
            If the process has no anchor, or the policy is none of its shape.
        """
        own, stage = inside(self), self._stage(visits)
        policy = self._checked(policy)
        anchor, count = own.anchor(visits), np.arange(visits.count)
        sampler, beta = policy.sampler, self._problem.beta

        def scores(features: Floats) -> Floats:
            return policy.scores(features - anchor[:, None], visits.stage, beta, visits.rows)

        first = scores(own.draw(visits, sampler.normaliser).features)
        top = first.max(axis=-1)
        log_mean = top + np.log(np.exp(first - top[:, None]).mean(axis=-1))
        action, waiting = np.zeros(visits.count, dtype=np.int64), np.ones(visits.count, dtype=bool)
        for _ in range(sampler.tries):
            if not waiting.any():
                break
            here, places = visits.pick(waiting), count[waiting]
            drawn = own.draw(here, 1)
            relative = drawn.features[:, 0] - anchor[waiting]
            score = policy.scores(relative, visits.stage, beta, here.rows)
            coin = self._of_actions.uniform(here.rows, 1)[:, 0]
            taken = coin < np.exp(score - log_mean[waiting]) / sampler.ratio
            action[places[taken]] = drawn.actions[taken, 0]
            waiting[places[taken]] = False
        if waiting.any():
            action[waiting] = own.draw(visits.pick(waiting), 1).actions[:, 0]
        features = stage.features[visits._state, action]
        return DensitySteps(action, scores(features[:, None])[:, 0] - log_mean, features, anchor)

    def _checked(self, policy: AnchoredPolicy) -> AnchoredPolicy:
        """A copy of `policy`, checked once more: data, and no code of a subclass."""
        if type(policy) is not AnchoredPolicy:
            raise OracleMisuse(f"policy must be an AnchoredPolicy, got a {type(policy).__name__}")
        told = {f.name: getattr(policy, f.name) for f in fields(AnchoredPolicy)}
        if type(told["sampler"]) is not SoftmaxSampler:
            raise OracleMisuse(f"sampler must be a SoftmaxSampler, got a {type(told['sampler']).__name__}")
        policy = AnchoredPolicy(
            **{name: value if name == "sampler" else plain(name, value) for name, value in told.items()}
        )
        want = (self.R, self._problem.horizon, self._problem.d)
        if policy.theta.shape != want:
            raise OracleMisuse(f"theta must have shape {want}, got theta.shape={policy.theta.shape}")
        return policy


class ExactLawDensityOracle(DensityOracle):
    """The same law of answers and charges, whatever the numbers of base draws."""

    def __init__(self, problem: DecisionProcess, streams: Streams, meter: Meter) -> None:
        super().__init__(problem, streams, meter)
        self._generators = streams.child("density").generators()

    @answers
    def sampled(self, visits: Visits, policy: AnchoredPolicy) -> DensitySteps:
        """See `DensityOracle.sampled`; draws are those of `oracles.processes.softmax_density`."""
        stage = self._stage(visits)
        policy = self._checked(policy)
        anchor = inside(self).anchor(visits)
        assert self._problem.anchor is not None
        named = stage.features[:, self._problem.anchor[visits.stage]]
        relative = (stage.features - named[:, None])[None]
        score = policy.scores(relative, visits.stage, self._problem.beta, np.arange(self.R))
        law = stage.base[visits._state]
        counts, u = np.zeros(law.shape, dtype=np.int64), np.zeros((visits.count, 3))
        for row, places in grouped(visits.rows, self.R):
            counts[places], u[places] = density_words(self._generators[row], law[places], policy.sampler)
        drawn = density_answers(law, score[visits.rows, visits._state], counts, u, policy.sampler)
        self._charge(visits.rows, visits.stage, {"token": drawn.calls})
        features = stage.features[visits._state, drawn.action]
        return DensitySteps(drawn.action, drawn.log_ratio, features, anchor)


def density_tables(problem: DecisionProcess, policy: AnchoredPolicy) -> tuple[Floats, ...]:
    """The laws of the actions of `policy`, failures of the sampler included: log-probabilities `[R, S, A]` of
    each stage.

    Exact where the counts of the sampler's first draws have at most `FEW` outcomes. Elsewhere ``(1 - p) pi_f
    + p pi_ref`` with `p` a bound on the chance of any failure (`softmax_density.departure`), which the law is
    within total variation `p` of: 3e-5 for the practical numbers.

    Raises
    ------
    InvalidProblem
        If the process has no anchor.
    """
    anchors = anchors_of(problem)
    found = []
    for h, stage in enumerate(problem.stages):
        relative = stage.features - stage.features[:, [anchors[h]]]
        score = policy.scores(relative[None], h, problem.beta, np.arange(len(policy.theta)))
        law = np.empty(score.shape)
        for place in np.ndindex(*score.shape[:-1]):
            base, own = stage.base[place[-1]][None], score[place][None]
            if outcome_count(base[0], own[0], policy.sampler) <= FEW:
                law[place] = density_law(base, own, policy.sampler).log_law[0]
            else:
                law[place] = nearby_law(base, own, policy.sampler)[0]
        found.append(law)
    return tuple(found)


def anchors_of(problem: DecisionProcess) -> Ints:
    """The anchor action of each stage `[H]`.

    Raises
    ------
    InvalidProblem
        If there is none.
    """
    if problem.anchor is None:
        raise InvalidProblem("anchor must be an action per stage for MTSS as printed, got anchor=None")
    return problem.anchor


def open_density(
    problem: DecisionProcess,
    *,
    law: str = "exact-law",
    seed: int = 0,
    replicates: int = 1,
    budgets: Mapping[str, float] | None = None,
    streams: Streams | None = None,
) -> DensityOracle:
    """Open a decision process to MTSS as printed.

    Parameters
    ----------
    law
        ``"literal"`` (every base draw by itself) or ``"exact-law"`` (those of a call at once).
    seed, replicates, budgets, streams
        As for `open_process`.

    Raises
    ------
    InvalidProblem
        If an argument is out of range.
    """
    chosen = {"literal": DensityOracle, "exact-law": ExactLawDensityOracle}[
        one_of("law", law, ("literal", "exact-law"))
    ]
    if streams is None:
        streams = Streams(("process oracle",), range(whole("replicates", replicates, least=1)), seed)
    meter = Meter(len(streams.rows), budgets, strict=True, layers=problem.horizon, kinds=OF_PROCESSES)
    return chosen(problem, streams, meter)
