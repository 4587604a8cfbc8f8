"""One pass of a network: prefixes of several lengths side by side, plainly or on from what it remembers.

Letters: `B` prefixes, `L` tokens of the longest, `A` tokens in the vocabulary, `D` hidden width.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem

#: How far a log-probability may move by the order of sums alone, a token, in float32.
BAND = 1e-4
#: The same in types of 16 bits, whose band is measured and told; beyond it something else is wrong.
WIDE_BAND = 0.5
#: Names that releases of the library have for what a network remembers.
_MEMORY = ("cache", "past_key_values")
#: Numbers that the logits of one plain pass may hold.
_MOST_LOGITS = 1 << 26


class Network:
    """A causal network of `transformers`, in evaluation mode, whose passes are counted in tokens.

    Parameters
    ----------
    module
        The network; its dropout is turned off.
    device
        Where it is.

    Raises
    ------
    InvalidProblem
        If its law after a prefix depends on what comes after it.
    """

    def __init__(self, module: Any, device: str) -> None:
        import torch

        self.module, self.device = module, device
        self._torch = torch
        self._takes = inspect.signature(module.forward).parameters
        self._memory = next((name for name in _MEMORY if name in self._takes), None)
        self.vocabulary = int(module.config.get_text_config().vocab_size)
        self.exact = next(module.parameters()).dtype in (torch.float32, torch.float64)
        self.counts: dict[str, int] = {}
        self._require_causal()
        #: Whether rows of several lengths go on from a cache side by side; else a token costs a whole pass.
        self.remembers = self._memory is not None and self._cache_agrees()
        #: Tokens that were drawn, that were read of prompts, that went through plain passes; and passes.
        self.counts = {"drawn": 0, "prefilled": 0, "scored": 0, "passes": 0}

    def tensor(self, values: Any) -> Any:
        """Whole numbers as a tensor where the network is."""
        return self._torch.as_tensor(np.asarray(values, dtype=np.int64), device=self.device)

    def plain(self, rows: Sequence[Sequence[int]], *, layer: int | None = None) -> tuple[Any, Any]:
        """Logits `[B, L, A]` after each token, and hidden states `[B, L, D]` of `layer`, without a cache.

        Shorter rows are filled up at their ends, which nothing before can see. In float32 or more.
        """
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), dtype=np.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        out = self._pass(input_ids=self.tensor(ids), use_cache=False, output_hidden_states=layer is not None)
        self._count("scored", sum(map(len, rows)))
        hidden = None if layer is None else out.hidden_states[layer].float()
        return out.logits.float(), hidden

    def last(self, rows: Sequence[Sequence[int]], *, layer: int | None = None) -> tuple[Any, Any]:
        """Logits `[B, A]` after each prefix, and hidden states `[B, D]` of its last token."""
        torch = self._torch
        logits, hidden = [], []
        for some in self.portions(rows):
            at = self.tensor([len(row) - 1 for row in some]), torch.arange(len(some), device=self.device)
            all_logits, all_hidden = self.plain(some, layer=layer)
            logits.append(all_logits[at[1], at[0]])
            if all_hidden is not None:
                hidden.append(all_hidden[at[1], at[0]])
        return torch.cat(logits), torch.cat(hidden) if hidden else None

    def portions(self, rows: Sequence[Sequence[int]]) -> list[Sequence[Sequence[int]]]:
        """Rows in order, cut so that the logits of a plain pass fit into memory."""
        found, first = [], 0
        while first < len(rows):
            stop, longest = first, 0
            while stop < len(rows):
                longest = max(longest, len(rows[stop]))
                if stop > first and (stop + 1 - first) * longest * self.vocabulary > _MOST_LOGITS:
                    break
                stop += 1
            found.append(rows[first:stop])
            first = stop
        return found

    def begin(self, prefixes: Sequence[Sequence[int]], room: int) -> "Run":
        """Read `prefixes`, of any lengths, and remember them; `room` tokens can follow."""
        return Run(self, prefixes, room)

    def _count(self, kind: str, tokens: int) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + tokens

    def _pass(self, **given: Any) -> Any:
        # Whoever holds the module may have turned dropout on since.
        self.module.eval()
        self._count("passes", 1)
        with self._torch.inference_mode():
            return self.module(**given)

    def _step(self, ids: Any, mask: Any, positions: Any, memory: Any) -> tuple[Any, Any]:
        """Logits `[B, A]` after the last of `ids`, and what is remembered."""
        given = {"input_ids": ids, "attention_mask": mask, "use_cache": True, str(self._memory): memory}
        if "position_ids" in self._takes:
            given["position_ids"] = positions
        if "logits_to_keep" in self._takes:
            given["logits_to_keep"] = 1
        out = self._pass(**given)
        return out.logits[:, -1].float(), getattr(out, str(self._memory))

    def _require_causal(self) -> None:
        """The law after a prefix must not change with what follows it."""
        row = [i % self.vocabulary for i in range(6)]
        ends = [self.plain([[*row, last % self.vocabulary]])[0][0, :-1] for last in (0, 1, 2)]
        moved = max(float((other - ends[0]).abs().max()) for other in ends[1:])
        # Sums over the same numbers in the same order: nothing but a look ahead can move them.
        if not moved <= (1e-6 if self.exact else 1e-2) * (1 + float(ends[0].abs().max())):
            raise InvalidProblem(
                f"model must be causal, got a {type(self.module).__name__} whose law after a prefix moves by "
                f"{moved:.2g} with what follows it (an encoder?)"
            )

    def _cache_agrees(self) -> bool:
        """Whether rows of two lengths, side by side and on from a cache, have the logits of plain passes."""
        A = self.vocabulary
        rows = [[3 % A, 1 % A], [(5 * i + 2) % A for i in range(7)]]
        more = [[(7 * i + 1) % A, (3 * i + 4) % A] for i in range(2)]
        try:
            run = self.begin(rows, len(more))
            seen = [run.logits, *[run.follow(self.tensor(pair)) for pair in more]]
            run.keep(self.tensor([1, 1, 0]))
        except (TypeError, ValueError, AttributeError, NotImplementedError, RuntimeError, IndexError):
            return False
        ends = [
            [[*row, *(pair[i] for pair in more[:t])] for i, row in enumerate(rows)] for t in range(len(seen))
        ]
        off = [
            self.last(end)[0].log_softmax(-1) - mine.log_softmax(-1)
            for end, mine in zip(ends, seen, strict=True)
        ]
        return max(float(part.abs().max()) for part in off) <= (BAND if self.exact else WIDE_BAND)


class Run:
    """Prefixes that grow by a token at a time, side by side; the network remembers what it has read.

    Shorter prefixes are filled up at their beginnings, where the mask is zero; positions are counted from
    the first token that is there.

    Parameters
    ----------
    network
        What reads them.
    prefixes
        `B` of them, of one token or more.
    room
        How many tokens follow at most.
    """

    def __init__(self, network: Network, prefixes: Sequence[Sequence[int]], room: int) -> None:
        longest = max(map(len, prefixes))
        ids = np.zeros((len(prefixes), longest), dtype=np.int64)
        there = np.zeros((len(prefixes), longest + room), dtype=np.int64)
        for i, row in enumerate(prefixes):
            ids[i, longest - len(row) :] = row
            there[i, longest - len(row) :] = 1
        self._network, self._width = network, longest
        self._mask = network.tensor(there)
        self._length = network.tensor([len(row) for row in prefixes])
        positions = (self._mask[:, :longest].cumsum(-1) - 1).clamp(min=0)
        #: `[B, A]`, after the last token of each.
        network._count("prefilled", sum(map(len, prefixes)))
        self.logits, self._memory = network._step(
            network.tensor(ids), self._mask[:, :longest], positions, None
        )

    def follow(self, tokens: Any) -> Any:
        """Logits `[B, A]` after one token `[B]` more of each."""
        self._width += 1
        self.logits, self._memory = self._network._step(
            tokens[:, None], self._mask[:, : self._width], self._length[:, None], self._memory
        )
        self._length = self._length + 1
        return self.logits

    def keep(self, which: Any) -> None:
        """Go on with the rows `which` alone, by number; a row may be there several times."""
        self._mask, self._length = self._mask[which], self._length[which]
        self.logits = self.logits[which]
        self._memory.batch_select_indices(which)
