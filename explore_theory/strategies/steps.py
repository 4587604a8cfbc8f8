"""Problems of several steps. Letters: `H` steps, `S` states, `A` tokens or actions."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from explore_theory.problems import (
    AutoregressiveProblem,
    DecisionProcess,
    Layer,
    Stage,
    tree_problem,
)
from explore_theory.problems.protocol import Floats, log_of
from explore_theory.strategies.numbers import Size, betas, law_of, laws, several, span, unit_numbers, weights


def autoregressive(
    horizon: Size = (1, 3),
    *,
    vocabulary: Size = (2, 3),
    states: Size = (1, 2),
    tiny: int = -12,
    beta: tuple[float, float] = (1e-2, 10.0),
) -> st.SearchStrategy[AutoregressiveProblem]:
    """Token problems of one prompt, with rewards in [0, 1] at every token and features of zero."""
    steps, tokens = span("horizon", horizon, least=1), span("vocabulary", vocabulary, least=2)
    places, temperature = span("states", states, least=1), betas(*beta)

    cell = st.tuples(weights(tiny), unit_numbers(), st.integers(0, places[1] - 1))
    layers = several(_cells(cell, places[1], tokens[1]), *steps)

    @st.composite
    def made(draw: st.DrawFn) -> AutoregressiveProblem:
        size, drawn = (draw(st.integers(*places)), draw(st.integers(*tokens))), draw(layers)
        return AutoregressiveProblem(
            prompt_mass=np.ones(1),
            start=np.zeros(1, dtype=np.int64),
            layers=tuple(_layer(cells, size, last=h + 1 == len(drawn)) for h, cells in enumerate(drawn)),
            beta=draw(temperature),
        )

    return made()


def trees(
    horizon: Size = (1, 2),
    *,
    vocabulary: Size = 2,
    tiny: int = -12,
    beta: tuple[float, float] = (1e-2, 10.0),
) -> st.SearchStrategy[AutoregressiveProblem]:
    """Token problems whose state is the whole prefix: any base policy, any rewards of responses in [0, 1]."""
    steps, tokens = span("horizon", horizon, least=1), span("vocabulary", vocabulary, least=2)
    temperature = betas(*beta)

    @st.composite
    def made(draw: st.DrawFn) -> AutoregressiveProblem:
        depth, width = draw(st.integers(*steps)), draw(st.integers(*tokens))
        base = [draw(_table(width**h, width, tiny)) for h in range(depth)]
        reward = draw(st.tuples(*[unit_numbers()] * width**depth))
        return tree_problem(base=base, reward=np.array(reward), beta=draw(temperature))

    return made()


def processes(
    horizon: Size = (1, 3),
    *,
    states: Size = (1, 2),
    actions: Size = 2,
    tiny: int = -12,
    beta: tuple[float, float] = (1e-2, 10.0),
) -> st.SearchStrategy[DecisionProcess]:
    """Decision processes with random moves and rewards in [0, 1] at every step; features are zero."""
    steps, choices = span("horizon", horizon, least=1), span("actions", actions, least=2)
    places, temperature = span("states", states, least=1), betas(*beta)

    cell = st.tuples(weights(tiny), unit_numbers(), st.tuples(*[weights(tiny, zeros=True)] * places[1]))
    stages = several(_cells(cell, places[1], choices[1]), *steps)
    starts = st.tuples(*[weights(tiny)] * places[1])

    @st.composite
    def made(draw: st.DrawFn) -> DecisionProcess:
        size, drawn = (draw(st.integers(*places)), draw(st.integers(*choices))), draw(stages)
        return DecisionProcess(
            start=law_of(draw(starts)[: size[0]]),
            stages=tuple(_stage(cells, size, last=h + 1 == len(drawn)) for h, cells in enumerate(drawn)),
            beta=draw(temperature),
        )

    return made()


def step_policies(
    problem: AutoregressiveProblem | DecisionProcess, *, tiny: int = -12
) -> st.SearchStrategy[tuple[Floats, ...]]:
    """Policies of a problem of several steps: a table ``log pi_h(a|s)`` `[S, A]` per step, uniform first."""
    steps: Any = problem.layers if isinstance(problem, AutoregressiveProblem) else problem.stages
    return st.tuples(*(_table(step.states, step.base.shape[1], tiny).map(log_of) for step in steps))


def _table(states: int, choices: int, tiny: int) -> st.SearchStrategy[Floats]:
    """A law of `choices` in each state, `[S, A]`."""
    return st.tuples(*[laws(choices, tiny=tiny)] * states).map(np.stack)


def _cells(cell: st.SearchStrategy[Any], states: int, choices: int) -> st.SearchStrategy[Any]:
    """A cell for every state and choice."""
    return st.tuples(*[st.tuples(*[cell] * choices)] * states)


def _layer(cells: Any, size: tuple[int, int], *, last: bool) -> Layer:
    """The first states and tokens of `cells` (weight, reward, next state), as many as `size` says."""
    count, width = size
    rows = [row[:width] for row in cells[:count]]
    there = np.array([[state % count for _, _, state in row] for row in rows])
    return Layer(
        base=np.stack([law_of([weight for weight, _, _ in row]) for row in rows]),
        reward=np.array([[reward for _, reward, _ in row] for row in rows]),
        features=np.zeros((count, width, 1)),
        next=np.full(there.shape, -1) if last else there,
    )


def _stage(cells: Any, size: tuple[int, int], *, last: bool) -> Stage:
    """The first states and actions of `cells` (weight, reward, weights of moves), as many as `size` says."""
    count, width = size
    rows = [row[:width] for row in cells[:count]]
    return Stage(
        base=np.stack([law_of([weight for weight, _, _ in row]) for row in rows]),
        reward=np.array([[reward for _, reward, _ in row] for row in rows]),
        features=np.zeros((count, width, 1)),
        moves=None if last else np.array([[law_of(to[:count]) for _, _, to in row] for row in rows]),
    )
