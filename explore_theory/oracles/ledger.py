"""What a learner has spent: calls by kind, phase and layer, charged before they are answered.

Letters: `R` replicates. Counts are float64 per (kind, phase, layer): exact to 2^53. Beyond, each charge is
rounded to the nearest double, so one call at a time adds nothing to 2^53, however many they are. Kinds:
*weak*, *strong* and *token* calls make up ``T_comp``; *reward* rounds (two responses, two rewards, one fresh
prompt) make up ``T_data``; *prompt* draws are counted apart. In decision processes a *reward* is a single
one, *transition* and *reset* queries are data too, and looking up a *feature* is a call, see
`oracles.processes`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from explore_theory.errors import BudgetExceeded, InvalidProblem, OracleMisuse
from explore_theory.foundation import markup
from explore_theory.foundation.validation import one_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Kinds that only decision processes have come last: a table without them is what it was.
_OF_PROCESSES = ("transition", "reset", "feature")
KINDS = ("weak", "strong", "token", "reward", "prompt", *_OF_PROCESSES)
#: What each door charges: of whole responses, token by token, and of decision processes.
OF_RESPONSES = ("weak", "strong", "reward", "prompt")
OF_TOKENS = ("token", "reward", "prompt")
OF_PROCESSES = (*OF_TOKENS, *_OF_PROCESSES)
COMPUTE = ("weak", "strong", "token", "feature")
DATA = ("reward", "transition", "reset")
FIRST_PHASE = "main"


class Meter:
    """The writing end of a ledger; it belongs to the oracle.

    Parameters
    ----------
    replicates
        `R`.
    budgets
        The most calls of a kind that one replicate may make; a kind left out is unlimited.
    strict
        Raise `BudgetExceeded` for `R > 1` too.
    idle
        Raise it for ``R = 1`` neither: a replicate that is run alone idles, as it does among others.
    layers
        Token positions that are counted apart.
    kinds
        What the oracle charges: a budget of another kind would limit nothing, and is refused.
    """

    def __init__(
        self,
        replicates: int,
        budgets: Mapping[str, float] | None = None,
        *,
        strict: bool = False,
        idle: bool = False,
        layers: int = 1,
        kinds: Sequence[str] = KINDS,
    ) -> None:
        self.budgets = MappingProxyType(
            {one_of("budgets", kind, kinds): _limit(kind, limit) for kind, limit in (budgets or {}).items()}
        )
        self.phases = [FIRST_PHASE]
        self.active: Bools = np.ones(replicates, dtype=bool)
        self.counts: Floats = np.zeros((replicates, len(KINDS), 1, layers))
        self._raises = strict or (replicates == 1 and not idle)
        self._phase = 0

    def charge(
        self, kind: str, amount: float | Floats, rows: Bools, layer: int = 0, *, drawn: bool = False
    ) -> Bools:
        """Charge `amount` calls, one number or `[R]`, to each of `rows` `[R]` that is active and can pay.

        `amount` must be whole; where it was `drawn` it is an answer, and a refusal does not tell it.

        Returns
        -------
        Bools
            `[R]`: the rows that were charged, and are owed an answer. A row that could not afford the call is
            inactive from now on, and nothing of the call is charged to it.

        Raises
        ------
        BudgetExceeded
            With one replicate or `strict`, if some row cannot afford the call (or could not earlier): then no
            row is charged.
        OracleMisuse
            If an amount is negative, fractional or not finite: nothing is charged, nor refunded.
        """
        which = KINDS.index(kind)
        limit = self.budgets.get(kind, math.inf)
        spent = self.counts[:, which].sum(axis=(-2, -1))
        sound = isinstance(amount, int | float) and 0 <= amount < math.inf and amount % 1 == 0
        amount = np.broadcast_to(np.asarray(amount, dtype=np.float64), spent.shape)
        live = rows & self.active
        # One number, as most charges are, is looked at once.
        if not sound and not (counted := _counted(amount)).all() and np.any(wrong := live & ~counted):
            row = int(np.argmax(wrong))
            raise OracleMisuse(
                f"calls must be whole numbers >= 0, "
                f"got {float(amount[row])!r} {kind} calls in replicate {row}"
            )
        # Not ``spent + amount > limit``: beyond 2^53 one more call would round to none.
        broke = live & (amount > limit - spent)
        self.active = self.active & ~broke
        if self._raises and np.any(idle := rows & ~self.active):
            row = int(np.argmax(idle))
            asked = "more" if drawn else f"{spent[row] + amount[row]:g}"
            why = f"{kind} budget must stay at most {limit:g}, got {asked}"
            raise BudgetExceeded(
                f"{why} calls in replicate {row}"
                if broke[row]
                else f"active[{row}] must be true for another call, got a replicate that is over budget"
            )
        served = rows & self.active
        self.counts[served, which, self._phase, layer] += amount[served]
        return served

    def charge_layers(self, kind: str, amounts: Floats, row: int, first: int) -> None:
        """Charge `amounts` to one row, entry `i` to layer ``first + i``; all or nothing, as `charge`."""
        rows = np.zeros(self.active.size, dtype=bool)
        rows[row] = True
        # The whole is charged to one layer, where the budget is looked at, and then spread.
        if np.any(~(amounts >= 0)):
            raise OracleMisuse(f"calls must be whole numbers >= 0, got {kind} calls {amounts.tolist()!r:.80}")
        if self.charge(kind, float(amounts.sum()), rows, first, drawn=True)[row]:
            place = self.counts[row, KINDS.index(kind), self._phase]
            place[first] -= float(amounts.sum())
            place[first : first + amounts.size] += amounts

    def charge_each(self, kind: str, amounts: Floats, first: int) -> None:
        """Charge `amounts` `[R, L]` to all rows, entry `i` to layer ``first + i``; all or none, as `charge`.

        A row whose amounts are all zero is asked for nothing.
        """
        if np.any(~(amounts >= 0)):
            raise OracleMisuse(f"calls must be whole numbers >= 0, got {kind} calls {amounts.tolist()!r:.80}")
        total = amounts.sum(axis=-1)
        served = self.charge(kind, total, total > 0, first, drawn=True)
        place = self.counts[:, KINDS.index(kind), self._phase]
        place[served, first] -= total[served]
        place[served, first : first + amounts.shape[1]] += amounts[served]

    def retire(self, rows: Bools) -> None:
        """Make `rows` `[R]` inactive: they asked for more than their budget while it was being spent."""
        self.active = self.active & ~rows

    def exhaust(self, rows: Bools) -> None:
        """Make `rows` `[R]` inactive, and raise where a call they cannot afford would have.

        Raises
        ------
        BudgetExceeded
            With one replicate or `strict`, if there are any; what they spent stays charged.
        """
        self.retire(rows)
        if self._raises and np.any(rows):
            raise BudgetExceeded(
                f"budgets must pay for the whole phase, got replicate {int(np.argmax(rows))} short of it"
            )

    def enter(self, name: str) -> int:
        """Count what is spent from now on under `name`; returns what `leave` needs to go back."""
        if not isinstance(name, str) or not name.strip():
            raise InvalidProblem(f"phase must be named by a word, got phase={name!r}")
        # A plain one: names are compared in the middle of calls.
        name = str.__str__(name)
        if name not in self.phases:
            new = np.zeros((*self.counts.shape[:2], 1, self.counts.shape[3]))
            # In this order a ledger may be read meanwhile, to see how far a run has come.
            self.counts = np.concatenate([self.counts, new], axis=2)
            self.phases.append(name)
        before, self._phase = self._phase, self.phases.index(name)
        return before

    def leave(self, before: int) -> None:
        """Count under the phase again that `enter` left."""
        self._phase = before

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what is spent inside the block under `name`; the innermost name counts."""
        before = self.enter(name)
        try:
            yield
        finally:
            self.leave(before)


def joined(ledgers: Sequence["Ledger"]) -> "Ledger":
    """One ledger of the replicates of several, in order; all of one problem under the same budgets."""
    phases = list(dict.fromkeys(phase for ledger in ledgers for phase in ledger.phases))
    parts = []
    for ledger in ledgers:
        counts = ledger.counts
        part = np.zeros((*counts.shape[:2], len(phases), counts.shape[3]))
        part[:, :, [phases.index(phase) for phase in ledger.phases]] = counts
        parts.append(part)
    meter = Meter(0, ledgers[0].budgets)
    meter.phases, meter.counts = phases, np.concatenate(parts)
    meter.active = np.concatenate([ledger.active for ledger in ledgers])
    return Ledger(meter)


class Ledger:
    """The reading end: what each replicate has spent so far. Arrays are copies."""

    __slots__ = ("_meter",)
    #: Calls are added to it; see `harness.isolation.worlds`.
    changes_in_use = True

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    @property
    def replicates(self) -> int:
        """`R`."""
        return int(self._meter.counts.shape[0])

    @property
    def phases(self) -> tuple[str, ...]:
        """Names of the phases, in order of appearance."""
        return tuple(self._meter.phases)

    @property
    def budgets(self) -> Mapping[str, float]:
        """The most calls of a kind that one replicate may make; unlimited if left out."""
        return self._meter.budgets

    @property
    def active(self) -> Bools:
        """`[R]`: False for replicates that have asked for more than their budget."""
        return self._meter.active.copy()

    @property
    def counts(self) -> Floats:
        """`[R, kind, phase, layer]`, kinds in the order of `KINDS`."""
        return _copied(self._meter.counts)

    @property
    def compute(self) -> Floats:
        """``T_comp``, `[R]`: weak, strong and token calls, and features that were looked up."""
        return self.total(*COMPUTE)

    @property
    def data(self) -> Floats:
        """``T_data``, `[R]`: reward rounds; in decision processes rewards, transitions and resets."""
        return self.total(*DATA)

    def total(self, *kinds: str, phase: str | None = None) -> Floats:
        """Calls of `kinds` (all kinds if none is named) in `phase` (all phases if None), `[R]`."""
        chosen = [KINDS.index(one_of("kind", kind, KINDS)) for kind in kinds or KINDS]
        counts = self._meter.counts[:, chosen]
        if phase is not None:
            counts = counts[:, :, [self.phases.index(one_of("phase", phase, self.phases))]]
        return _copied(counts.sum(axis=(1, 2, 3)))

    def remaining(self, kind: str) -> Floats:
        """Calls of `kind` that each replicate may still make, `[R]` (infinite without a budget)."""
        return _copied(self.budgets.get(kind, math.inf) - self.total(kind))

    def _repr_html_(self) -> str:
        """For notebooks: mean calls per replicate, by phase and kind."""
        kinds = self._kinds()
        rows: list[tuple[str, ...]] = [
            (phase, *(f"{self.total(kind, phase=phase).mean():.6g}" for kind in kinds))
            for phase in self.phases
        ]
        rows.append(("total", *(f"{self.total(kind).mean():.6g}" for kind in kinds)))
        if self.budgets:
            limits = [self.budgets.get(kind) for kind in kinds]
            rows.append(("budget", *("-" if b is None else f"{b:.6g}" for b in limits)))
        last = f"T_comp = {self.compute.mean():.6g}, T_data = {self.data.mean():.6g}"
        table = markup.table(rows, ("", *kinds))
        return markup.block(markup.heading(self._head()), table, markup.paragraph(last))

    def _head(self) -> str:
        count, idle = self.replicates, int((~self._meter.active).sum())
        head = f"Ledger of {count} replicates, mean calls per replicate" if count > 1 else "Ledger, calls"
        return head + (f" ({idle} over budget)" if idle else "")

    def _kinds(self) -> list[str]:
        """The kinds that are shown: those of decision processes only where they are used or limited."""
        return [
            kind
            for kind in KINDS
            if kind not in _OF_PROCESSES or kind in self.budgets or self.total(kind).any()
        ]

    def __repr__(self) -> str:
        width = max(len(name) for name in (*self.phases, "budget"))
        kinds = self._kinds()
        lines = [self._head(), " " * width + "".join(f"{kind:>12}" for kind in kinds)]
        for phase in self.phases:
            means = [self.total(kind, phase=phase).mean() for kind in kinds]
            lines.append(f"{phase:<{width}}" + "".join(f"{mean:>12.6g}" for mean in means))
        lines.append(f"{'total':<{width}}" + "".join(f"{self.total(kind).mean():>12.6g}" for kind in kinds))
        if self.budgets:
            limits = [self.budgets.get(kind) for kind in kinds]
            lines.append(
                f"{'budget':<{width}}"
                + "".join(f"{'-' if b is None else format(b, '.6g'):>12}" for b in limits)
            )
        lines.append(f"T_comp = {self.compute.mean():.6g}, T_data = {self.data.mean():.6g}")
        return "\n".join(lines)


def _counted(amount: Floats) -> Bools:
    """Which amounts are numbers of calls."""
    return np.asarray((amount >= 0) & (amount < math.inf) & (np.floor(amount) == amount))


def _limit(kind: str, limit: float) -> float:
    if isinstance(limit, bool) or not isinstance(limit, int | float | np.number) or not limit >= 0:
        raise InvalidProblem(f"budgets must be numbers >= 0, got budgets[{kind!r}]={limit!r}")
    return float(limit)


def _copied(values: Floats) -> Floats:
    copy = np.array(values)
    copy.flags.writeable = False
    return copy
