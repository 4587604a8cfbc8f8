"""The oracle of a decision process: episodes with resets, base actions and features at visited states.

The protocol of appendix I of Foster, Mhammedi and Rohatgi (COLT 2025). A learner holds *visits*: tickets to
states that an episode has been in. What it may ask of a visit, and what each thing costs:

- `draw`: actions ``a ~ pi_{h,ref}(.|s)`` with their features, one *token* call per action; `features` and
  `anchor`: ``phi_h(s, a)`` of a named action, one *feature* call each. Definition I.3 makes both one query of
  the policy oracle, so both are in ``T_comp``; who counts samples only reads ``ledger.total("token")``.
- `act`: a *reward* and, but for the last stage, a *transition* query; `move`: a *transition* query only.
- An episode goes on from where it is. A visit that an episode has left, by `act` or `move`, can be left
  again: a new episode begins there, by one *reset* query each time. So of `n` times that a visit is left,
  ``n - 1`` are resets, whether they are one call or many. Episodes may stand side by side, as the replicas of
  a simulator do: waiting while others move on is no reset. An environment that is a single thread could
  reset more often, but no more than once per `act` or `move`: its ``T_data`` is at most twice the one counted
  here, and at most 3/2 of it where every query is an `act` before the last stage.
- `prompts`: the start of an episode, one *prompt* each, counted apart as everywhere. By the paper's
  convention ``P_0`` is a transition law too; who follows it adds ``ledger.total("prompt")``.

``T_data`` is the number of *reward*, *transition* and *reset* queries (page 75). Everything is counted per
stage.

Letters: `R` replicates (rows), `k` visits of one call, `H` stages, `A` actions, `d` feature dimension, `m`
draws.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt

from explore_theory.errors import InvalidProblem, OracleMisuse
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole, whole_array
from explore_theory.oracles.door import Door, answers
from explore_theory.oracles.ledger import Ledger, Meter
from explore_theory.oracles.processes.draws import RowDraws, grouped, outcomes
from explore_theory.oracles.processes.protocol import ActionSample, Outcome, Visits
from explore_theory.problems.processes import DecisionProcess, ProcessFacts, Stage
from explore_theory.problems.protocol import Bools, Floats, Ints


class ProcessOracle(Door):
    """Answers by drawing every action and every move. Opened by `open_process`.

    Raises
    ------
    BudgetExceeded
        Where a row cannot pay for a call (whatever the number of replicates); nothing of it is charged.
    """

    #: It charges its ledger and advances its counts with every call; see `harness.isolation.worlds`.
    changes_in_use = True

    def __init__(self, problem: DecisionProcess, streams: Streams, meter: Meter) -> None:
        super().__init__()
        self._problem = problem
        self._shown = deepcopy(problem.facts)
        self._meter = meter
        self._ledger = Ledger(meter)
        self._rows = len(streams.rows)
        # Apart, so that what is drawn of one kind does not move what is drawn of another.
        self._of_actions = RowDraws(streams, "actions")
        self._of_moves = RowDraws(streams, "moves")
        # One stream object per row: a row's noise is read without touching the others.
        self._noise = [Streams((*streams.path, "noise"), [row], streams.reseed) for row in streams.rows]
        self._base_cdf = _per_object([stage.base for stage in problem.stages])
        self._move_cdf = _per_object([stage.moves for stage in problem.stages])
        # Whether each visit, by its number, has been left.
        self._left: Bools = np.zeros(0, dtype=bool)
        self._issued = 0

    @property
    def facts(self) -> ProcessFacts:
        """What is known for free."""
        return self._shown

    @property
    def R(self) -> int:
        """The number of replicates."""
        return self._rows

    @property
    def ledger(self) -> Ledger:
        """What has been spent."""
        return self._ledger

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Count what is spent inside the block under `name`."""
        return self._phase_of(self._meter, name)

    @answers
    def prompts(self, rows: Sequence[int] | Ints) -> Visits:
        """A fresh episode, its state drawn from ``P_0``, for each of `rows` (a row may stand several times);
        one *prompt* call each.
        """
        who = whole_array("rows", rows, least=0, most=self.R - 1)
        if who.ndim != 1:
            raise InvalidProblem(f"rows must be a list of replicates, got rows.shape={who.shape}")
        self._charge(who, 0, {"prompt": np.ones(who.size)})
        cdf = np.cumsum(self._problem.start)[None]
        state = outcomes(cdf, np.zeros(who.size, dtype=np.int64), self._of_moves.uniform(who, 1))[:, 0]
        return self._ticketed(who, 0, state)

    @answers
    def draw(self, visits: Visits, m: int = 1) -> ActionSample:
        """`m` actions ``a ~ pi_{h,ref}`` at each visit, with their features; `m` *token* calls each."""
        stage = self._stage(visits)
        m = whole("m", m, least=1)
        self._charge(visits.rows, visits.stage, {"token": np.full(visits.count, float(m))})
        level = self._of_actions.uniform(visits.rows, m)
        actions = outcomes(self._base_cdf[visits.stage], visits._state, level)
        return ActionSample(actions, stage.features[visits._state[:, None], actions])

    @answers
    def features(self, visits: Visits, actions: npt.ArrayLike) -> Floats:
        """``phi_h(s, a)``, `[k, d]`, of the actions `[k]`; one *feature* call each."""
        stage = self._stage(visits)
        return self._looked_up(stage, visits, self._named(visits, actions))

    @answers
    def anchor(self, visits: Visits) -> Floats:
        """``phi_h(s, anchor)``, `[k, d]`; one *feature* call each.

        Raises
        ------
        OracleMisuse
            If the process has no anchor.
        """
        stage = self._stage(visits)
        anchor = self._problem.anchor
        if anchor is None:
            raise OracleMisuse("anchor must be an action of the process, got a process without an anchor")
        named = np.full(visits.count, anchor[visits.stage], dtype=np.int64)
        return self._looked_up(stage, visits, named)

    @answers
    def act(self, visits: Visits, actions: npt.ArrayLike) -> Outcome:
        """Take the actions `[k]`: their noisy rewards `[k]`, and visits to where they lead (None at the end).

        One *reward* query each, one *transition* query each but at the last stage, and one *reset* query for
        each visit that has been left before, in this call or in another.
        """
        stage = self._stage(visits)
        action = self._named(visits, actions)
        fresh = self._fresh(visits)
        once, data = np.ones(visits.count), {"reward": np.ones(visits.count)}
        if stage.moves is not None:
            data["transition"] = once
        self._charge(visits.rows, visits.stage, data | {"reset": once - fresh})
        self._left[visits._number] = True
        reward = self._observed(visits.rows, stage.reward[visits._state, action])
        reward.flags.writeable = False
        return Outcome(reward, self._moved(stage, visits, action))

    @answers
    def move(self, visits: Visits, actions: npt.ArrayLike) -> Visits:
        """Take the actions `[k]` without asking for their rewards: visits to where they lead.

        One *transition* query each, and *reset* queries as for `act`.

        Raises
        ------
        OracleMisuse
            At the last stage, from which nothing leads on.
        """
        stage = self._stage(visits)
        action = self._named(visits, actions)
        if stage.moves is None:
            raise OracleMisuse(
                f"visits must be before the last stage to move on, got stage {visits.stage} of "
                f"{self._problem.horizon}"
            )
        once = np.ones(visits.count)
        self._charge(visits.rows, visits.stage, {"transition": once, "reset": once - self._fresh(visits)})
        self._left[visits._number] = True
        reached = self._moved(stage, visits, action)
        assert reached is not None
        return reached

    def _looked_up(self, stage: Stage, visits: Visits, action: Ints) -> Floats:
        self._charge(visits.rows, visits.stage, {"feature": np.ones(visits.count)})
        found = stage.features[visits._state, action]
        found.flags.writeable = False
        return found

    def _moved(self, stage: Stage, visits: Visits, action: Ints) -> Visits | None:
        """Visits to the states that the actions lead to; None where they lead nowhere."""
        if stage.moves is None:
            return None
        law = visits._state * stage.actions + action
        level = self._of_moves.uniform(visits.rows, 1)
        state = outcomes(self._move_cdf[visits.stage], law, level)[:, 0]
        return self._ticketed(visits.rows, visits.stage + 1, state)

    def _ticketed(self, rows: Ints, stage: int, state: Ints) -> Visits:
        """New visits, which nothing has left."""
        number = np.arange(self._issued, self._issued + rows.size)
        self._issued += rows.size
        if self._issued > self._left.size:
            more = np.zeros(max(self._issued, 2 * self._left.size) - self._left.size, dtype=bool)
            self._left = np.concatenate([self._left, more])
        return Visits._issued(self, rows, stage, state, number)

    def _fresh(self, visits: Visits) -> Floats:
        """`[k]`: 1 where an episode stands at the visit, 0 where it has to be reset to it."""
        first = np.zeros(visits.count)
        first[np.unique(visits._number, return_index=True)[1]] = 1.0
        return np.where(self._left[visits._number], 0.0, first)

    def _observed(self, rows: Ints, mean: Floats) -> Floats:
        """Noisy versions of `mean` `[k]`; the noise of a row is read from its own stream."""
        seen = np.empty_like(mean)
        for row, places in grouped(rows, self.R):
            seen[places] = self._problem.noise.observe(mean[places][None], self._noise[row])[0]
            if row == self._watched:
                self._told.append((seen[places].tobytes(),))
        return seen

    def _heard(self) -> dict[str, Any]:
        """What the row that is watched has been told: its rewards, and how much was drawn for it."""
        drawn = [int(draws.position[self._watched]) for draws in (self._of_actions, self._of_moves)]
        return {"rewards": self._told, "position": drawn}

    def _charge(self, rows: Ints, stage: int, amounts: Mapping[str, Floats]) -> None:
        """Charge amounts `[k]` of several kinds, all or none of them."""
        totals = {
            kind: np.bincount(rows, weights=amount, minlength=self.R).astype(np.float64)
            for kind, amount in amounts.items()
        }
        asked: Bools = np.bincount(rows, minlength=self.R) > 0
        # What cannot be paid for is charged first, and raises before anything is.
        for kind in sorted(totals, key=lambda kind: not self._short(kind, totals[kind])):
            # How many resets are asked for is the learner's own doing, as all amounts are here.
            self._meter.charge(kind, totals[kind], asked, stage)

    def _short(self, kind: str, total: Floats) -> bool:
        return bool(np.any(total > self._ledger.remaining(kind)))

    def _stage(self, visits: Visits) -> Stage:
        if type(visits) is not Visits or visits._owner is not self:
            told = repr(visits) if type(visits) is Visits else f"a {type(visits).__name__}"
            raise OracleMisuse(f"visits must come from this oracle, got {told}")
        return self._problem.stages[visits.stage]

    def _named(self, visits: Visits, actions: npt.ArrayLike) -> Ints:
        """`actions` as `[k]` actions."""
        action = np.asarray(actions)
        if action.dtype.kind not in "iu" or action.shape != (visits.count,):
            raise OracleMisuse(
                f"actions must be {visits.count} actions, got {action.dtype} of shape {action.shape}"
            )
        wrong = (action < 0) | (action >= self._problem.actions)
        if np.any(wrong):
            raise OracleMisuse(
                f"actions must lie in [0, {self._problem.actions - 1}], got {int(action[np.argmax(wrong)])}"
            )
        return action.astype(np.int64)


def _per_object(tables: Sequence[Floats | None]) -> list[Any]:
    """Distribution functions along the last axis, `[n, N]`; once for each table, which may repeat."""
    known: dict[int, Floats] = {}
    found: list[Any] = []
    for table in tables:
        if table is not None and id(table) not in known:
            known[id(table)] = np.cumsum(table.reshape(-1, table.shape[-1]), axis=-1)
        found.append(None if table is None else known[id(table)])
    return found
