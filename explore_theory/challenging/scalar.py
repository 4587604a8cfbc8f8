"""The oracle as a learner of one replicate holds it: scalar calls, each of them a question over the pipe.

For the learner's own process: nothing of the package is imported but the standard library's part of it. What
is checked here is for a learner's convenience. Whether a call is allowed, and what it costs, the oracle's
process decides.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from explore_theory.challenging import outputs
from explore_theory.challenging.outputs import Output
from explore_theory.errors import BudgetExceeded, OracleMisuse

Ask = Callable[[list[Any]], list[Any]]


class Facts(NamedTuple):
    """What is known for free; as `explore_theory.problems.protocol.Facts`, `radius` the size of ``Theta``.

    `shape` says what ``Theta`` is: ``"ball"`` (length at most `radius`) or ``"box"`` (every entry is).
    """

    d: int
    beta: float
    reward_range: float
    radius: float
    shape: str
    sigma: float
    coverage: float | None
    prompts: int
    responses: int | None


class Prompt(NamedTuple):
    """A prompt that was drawn: its `number`, and the ticket that the oracle knows it by."""

    number: int
    ticket: int


class Left(NamedTuple):
    """Calls (weak and strong ones together) and reward rounds."""

    calls: int
    rewards: int


class Round(NamedTuple):
    """What a round of a proper learner shows, of ``theta`` and of ``theta'``."""

    prompt: int
    responses: tuple[int, int]
    features: tuple[tuple[float, ...], tuple[float, ...]]
    rewards: tuple[float, float]


class _Oracle:
    """What both kinds have in common."""

    def __init__(self, ask: Ask, facts: Facts, budget: Left, coins: int) -> None:
        self._ask, self._spent = ask, [0, 0]
        self._zero = (0.0,) * facts.d
        #: What is known for free.
        self.facts = facts
        #: What may be spent, drawing from the policy that is returned included.
        self.budget = budget
        #: The learner's own randomness, a `random.Random`; the same for one replicate in every run of it.
        self.coins = random.Random(coins)

    @property
    def left(self) -> Left:
        """What is left of the budget."""
        return Left(self.budget.calls - self._spent[0], self.budget.rewards - self._spent[1])

    def softmax(self, theta: Sequence[float]) -> Output:
        """The policy ``pi_theta``; a call for whoever draws from it, which counts."""
        return outputs.softmax(theta)

    def best_of(self, theta: Sequence[float], draws: int) -> Output:
        """The best of `draws` base responses by ``<theta, phi>``; as many calls, which count."""
        return outputs.best_of(theta, draws)

    def base(self) -> Output:
        """The base policy; one call, which counts."""
        return Output("base")

    def _told(self, *question: Any) -> Any:
        status, value = self._ask(list(question))
        if status == "budget":
            raise BudgetExceeded(value)
        if status != "ok":
            raise OracleMisuse(value)
        return value

    def _seen(self, features: list[Any] | None) -> tuple[float, ...]:
        return self._zero if features is None else tuple(features)


class ScalarOracle(_Oracle):
    """Prompts, responses and rewards, one at a time."""

    def __init__(self, ask: Ask, facts: Facts, budget: Left, coins: int) -> None:
        super().__init__(ask, facts, budget, coins)
        self._known: dict[tuple[int, int], tuple[float, ...]] = {}

    def prompt(self) -> Prompt:
        """A fresh prompt."""
        number, ticket = self._told("prompt")
        return Prompt(number, ticket)

    def draw(self, prompt: Prompt, theta: Sequence[float] | None = None) -> int:
        """A response from ``pi_ref``, or from ``pi_theta``; one call."""
        return self.draws(prompt, 1, theta)[0]

    def draws(self, prompt: Prompt, m: int, theta: Sequence[float] | None = None) -> list[int]:
        """`m` of them; `m` calls."""
        ticket = _ticket(prompt)
        responses, features = self._told("draw", ticket, outputs.counted("m", m), _sent(theta))
        self._spent[0] += len(responses)
        self._keep(prompt, responses, features)
        return list(responses)

    def search(
        self,
        prompt: Prompt,
        tries: int,
        theta: Sequence[float] | None = None,
        *,
        along: Sequence[float] | None = None,
        above: float = 0.0,
    ) -> int | None:
        """Draw at most `tries` times until a response has features, or ``<along, phi> > above``.

        A call each; None if none does.
        """
        response, features, used = self._told(
            "search",
            _ticket(prompt),
            outputs.counted("tries", tries),
            _sent(theta),
            _sent(along),
            outputs.number("above", above),
        )
        self._spent[0] += used
        if response is None:
            return None
        self._keep(prompt, [response], [features])
        return int(response)

    def features(self, prompt: Prompt, response: int) -> tuple[float, ...]:
        """``phi(x, y)`` of a response that was drawn at this prompt; free."""
        known = self._known.get((prompt.number, response))
        if known is None:
            raise OracleMisuse(f"response must have been drawn at this prompt, got response={response!r}")
        return known

    def reward(self, prompt: Prompt, response: int) -> float:
        """The noisy reward of one response; a reward round, once for each prompt that was drawn."""
        return self.rewards(prompt, response, response)[0]

    def rewards(self, prompt: Prompt, first: int, second: int) -> tuple[float, float]:
        """The noisy rewards of two responses, drawn or not; one reward round, once for each prompt drawn."""
        pair = [outputs.counted("response", y) for y in (first, second)]
        one, other = self._told("reward", _ticket(prompt), *pair)
        self._spent[1] += 1
        return one, other

    def _keep(self, prompt: Prompt, responses: Sequence[int], features: Sequence[Any] | None) -> None:
        for k, response in enumerate(responses):
            self._known[prompt.number, response] = self._zero if features is None else self._seen(features[k])


class ProperScalarOracle(_Oracle):
    """For learners that say ``proper = True``: parameters first, then the prompt and all the rest."""

    def round(self, theta: Sequence[float], theta2: Sequence[float]) -> Round:
        """A response of each, both rewarded; two calls and a reward round."""
        number, responses, features, rewards = self._told("round", _sent(theta), _sent(theta2))
        self._spent[0] += 2
        self._spent[1] += 1
        one, other = map(self._seen, features)
        return Round(number, tuple(responses), (one, other), tuple(rewards))

    def __getattr__(self, name: str) -> Any:
        if name in ("prompt", "draw", "draws", "search", "reward", "rewards", "features"):
            raise OracleMisuse(
                f"oracle must be asked for rounds by a learner that says proper=True, got {name}"
            )
        raise AttributeError(f"oracle has no attribute {name!r}")


def _ticket(prompt: Any) -> int:
    if not isinstance(prompt, Prompt):
        raise OracleMisuse(f"prompt must be one that oracle.prompt() gave, got {prompt!r:.60}")
    return prompt.ticket


def _sent(theta: Any) -> list[float] | None:
    return None if theta is None else list(outputs.vector("theta", theta))
