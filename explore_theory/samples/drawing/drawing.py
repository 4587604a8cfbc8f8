"""Responses of a model to prompts, scored, into a file: which are missing, drawn and written in turn."""

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.streams import Streams
from explore_theory.foundation.validation import whole
from explore_theory.models.causal import CausalModel, Decoding, Job, Response
from explore_theory.models.ngram import NGram
from explore_theory.samples.drawing.growing import GrowingFile, key_of
from explore_theory.samples.drawing.prompts import Prompt
from explore_theory.samples.drawing.rewarding import Reward

#: Texts of a token that the reader takes for the end of a response.
_END = re.compile(r"<[^<>\s]+>|\[[A-Z_]+\]")
#: Digits of a logarithm behind the point; its own rounding is of that size.
_DIGITS = 7
Record = dict[str, Any]


class Sampler(Protocol):
    """A model as `draw_into` needs it."""

    @property
    def law(self) -> Mapping[str, Any]:
        """What the header of a file says: model, seed, decoding settings, the most tokens."""

    def check(self, prompts: Sequence[Any]) -> None:
        """Refuse prompts that cannot be answered, before anything is drawn."""

    def draws(self, prompts: Sequence[Any], jobs: Sequence[Job]) -> Iterator[list[Record]]:
        """Records of `jobs` in their order, some at a time, without prompt and reward."""


@dataclass(kw_only=True)
class Done:
    """What a run has drawn.

    Parameters
    ----------
    draws, there
        Responses that were drawn now, and that were there before.
    tokens, seconds
        Tokens that were drawn now, and how long drawing took, rewards not counted.
    """

    draws: int = 0
    there: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds if self.seconds > 0 else 0.0


def draw_into(
    file: GrowingFile,
    sampler: Sampler,
    prompts: Sequence[Prompt],
    count: int,
    reward: Reward,
    *,
    progress: Callable[[Done], None] | None = None,
) -> Done:
    """Draw what `file` lacks of `count` responses to each prompt, and add it.

    The draws of a prompt are numbered, and a number names its randomness: a run that goes on draws what the
    first would have.
    """
    count = whole("n", count, least=1)
    texts = [prompt.text for prompt in prompts]
    sampler.check(texts)
    jobs = [
        Job(x, i)
        for x, prompt in enumerate(prompts)
        for i in range(count)
        if key_of(prompt.text, prompt.task, i) not in file.there
    ]
    done = Done(there=count * len(prompts) - len(jobs))
    batches, at = sampler.draws(texts, jobs), 0
    while True:
        start = time.perf_counter()
        batch = next(batches, None)
        done.seconds += time.perf_counter() - start
        if batch is None:
            return done
        for job, told in zip(jobs[at : at + len(batch)], batch, strict=True):
            prompt = prompts[job.prompt]
            asked = (
                {"prompt": prompt.text}
                if prompt.task is None
                else {"prompt": prompt.text, "task": prompt.task}
            )
            value = reward(prompt.text, told["response"])
            # One by one: a reward may take long, and what is scored is not lost if the next one fails.
            file.add(
                [{**asked, "response": told.pop("response"), "reward": value, **told, "draw": job.number}]
            )
            done.draws += 1
            done.tokens += len(told["ids"])
        at += len(batch)
        if progress is not None:
            progress(done)


@dataclass(kw_only=True)
class OfCausal:
    """A causal model as a `Sampler`; of the first responses the band of their log-probabilities is kept.

    Settings that cut nothing of its vocabulary are taken out of `decoding`: a law is told as what it is.
    """

    model: CausalModel
    decoding: Decoding
    max_tokens: int
    seed: int
    together: int
    #: See `CausalModel.band`, of the first that were drawn together.
    band: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.decoding = self.decoding.over(self.model.vocabulary)

    @property
    def law(self) -> Mapping[str, Any]:
        """See `Sampler`."""
        bent = self.decoding
        # A setting that is not told could be any, and `coverage` would warn of it: none is left out.
        return {
            "temperature": float(bent.temperature),
            "top_k": bent.top_k or 0,
            "top_p": 1.0 if bent.top_p is None else float(bent.top_p),
            "min_p": 0.0 if bent.min_p is None else float(bent.min_p),
            "max_tokens": self.max_tokens,
            "model": self.model.name,
            "seed": self.seed,
        }

    def check(self, prompts: Sequence[Any]) -> None:
        """See `Sampler`; no model is asked yet."""
        room = self.model.context
        for prompt in prompts:
            size = len(self.model.encoded(prompt))
            # The last token is drawn, and not read.
            if room is not None and size + self.max_tokens - 1 > room:
                raise InvalidProblem(
                    f"prompts must fit into the context of {room} tokens, got {size} and {self.max_tokens} "
                    f"tokens to draw, at most (--max-tokens), for {prompt!r:.60}"
                )

    def draws(self, prompts: Sequence[Any], jobs: Sequence[Job]) -> Iterator[list[Record]]:
        """See `Sampler`."""
        rows = [self.model.encoded(prompt) for prompt in prompts]
        batches = self.model.draws(
            rows,
            jobs,
            max_tokens=self.max_tokens,
            decoding=self.decoding,
            seed=self.seed,
            together=self.together,
        )
        for batch in batches:
            if self.band is None:
                self.band = self.model.band(rows, batch)
            yield [self._record(response, rows[response.prompt]) for response in batch]

    def _record(self, response: Response, prefix: Sequence[int]) -> Record:
        """`logprob` is of the model's own law; where another was drawn from, its own stands beside it."""
        told = {"response": self.model.spelled(response.tokens, prefix), **self._logs(response, prefix)}
        return told | {"finished": response.finished, "ids": list(response.tokens)}

    def _logs(self, response: Response, prefix: Sequence[int]) -> Record:
        """A logarithm a token, if texts of tokens can show whose they are; else their number and sum."""
        logs = {"logprob": response.logs}
        if not self.decoding.neutral:
            logs["sampling_logprob"] = response.drawn_logs
        pieces = self.model.pieces(response.tokens, prefix)
        if pieces is not None and response.finished:
            end = self.model.token(response.tokens[-1])
            pieces = [*pieces, end] if _END.fullmatch(end) else None
        if pieces is None:
            sums = {name: round(float(each.sum()), _DIGITS) for name, each in logs.items()}
            return {**sums, "tokens": len(response.tokens)}
        lists = {name: [round(float(log), _DIGITS) for log in each] for name, each in logs.items()}
        return {**lists, "tokens": pieces}


@dataclass(kw_only=True)
class OfNGram:
    """An n-gram model as a `Sampler`: every response is the first `length` tokens of a text without end."""

    model: NGram
    name: str
    length: int
    seed: int
    together: int

    @property
    def law(self) -> Mapping[str, Any]:
        """See `Sampler`."""
        return {
            "temperature": 1.0,
            "top_k": 0,
            "top_p": 1.0,
            "min_p": 0.0,
            "max_tokens": self.length,
            "model": self.name,
            "seed": self.seed,
        }

    def check(self, prompts: Sequence[Any]) -> None:
        """See `Sampler`."""
        for prompt in prompts:
            if not isinstance(prompt, str):
                raise InvalidProblem(f"prompts must be texts for an n-gram model, got {prompt!r:.60}")
            self.model.state(prompt)

    def draws(self, prompts: Sequence[Any], jobs: Sequence[Job]) -> Iterator[list[Record]]:
        """See `Sampler`; draws of one prompt go together."""
        first = 0
        while first < len(jobs):
            x = jobs[first].prompt
            numbers = [job.number for job in jobs[first : first + self.together] if job.prompt == x]
            streams = Streams(("n-gram model", "draws", prompts[x]), numbers, self.seed)
            rows = self.model.sample(len(numbers), self.length, streams=streams, prefix=prompts[x])
            yield [self._record(prompts[x], row) for row in rows]
            first += len(numbers)

    def _record(self, prompt: str, row: Any) -> Record:
        here, logs, pieces = self.model.state(prompt), [], []
        for token in row.tolist():
            logs.append(round(math.log(self.model.law[here, token]), _DIGITS))
            pieces.append(self.model.vocabulary[token])
            here = int(self.model.next[here, token])
        # A text without end is always cut.
        told = {"response": "".join(pieces), "logprob": logs, "tokens": pieces}
        return told | {"finished": False, "ids": row.tolist()}
