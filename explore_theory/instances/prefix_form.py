"""Token problems prefix by prefix, as a language model gives them: a law of the next token after each prefix.

Letters: `H` tokens per response, `A` tokens in the vocabulary.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.instances import documents
from explore_theory.instances.header import law, require_fields
from explore_theory.instances.tabular_form import MOST_MADE
from explore_theory.problems import AutoregressiveProblem, tree_problem
from explore_theory.problems.autoregressive.dynamics import MOST_SEQUENCES

_OF_PREFIX = ("prefix", "base", "log_base", "features")


def read_prefixes(
    value: Mapping[str, Any], tokens: list[str] | int, precision: str, unit: str, common: Mapping[str, Any]
) -> AutoregressiveProblem:
    """The tree of an object with ``horizon``, ``laws`` (a law for each prefix) and ``rewards``.

    A prefix is a list of tokens, by name or number. One that the base policy does not reach may be left out;
    what is no response in ``rewards`` is worth nothing.

    Raises
    ------
    InvalidProblem
        If a prefix that is reached has no law, one has two, or something is no token.
    """
    require_fields("prefixes", value, ("horizon", "laws", "rewards"), ())
    count = tokens if isinstance(tokens, int) else len(tokens)
    horizon = whole("horizon", value["horizon"], least=1, most=64)
    if count**horizon > MOST_SEQUENCES:
        raise InvalidProblem(
            f"vocabulary^horizon must be at most {MOST_SEQUENCES} with prefixes, got {count}^{horizon}"
        )
    given = _laws(value["laws"], tokens, horizon, precision, unit)
    name = given[()][0] if () in given else "base"
    tables = [np.full((count**h, count), np.nan) for h in range(horizon)]
    features = _features([law for _, _, law in given.values()], count, horizon)
    for prefix, (own, row, vector) in given.items():
        if own != name:
            raise InvalidProblem("laws must all have base, or all log_base, got both")
        place = _place(prefix, count)
        tables[len(prefix)][place] = row
        if features is not None:
            features[len(prefix)][place] = vector
    _require_reached(tables, count, logs=name == "log_base")
    kept = [table.astype(row_dtype(precision)) for table in tables]
    policy: dict[str, Any] = {name: kept}
    return tree_problem(
        **policy, reward=_rewards(value["rewards"], tokens, horizon), features=features, **common
    )


def row_dtype(precision: str) -> Any:
    """The type of numbers of a declared precision."""
    return documents.numbers("", [], precision=precision).dtype


Laws = dict[tuple[int, ...], tuple[str, Any, Any]]


def _laws(records: Any, tokens: list[str] | int, horizon: int, precision: str, unit: str) -> Laws:
    found: Laws = {}
    count = tokens if isinstance(tokens, int) else len(tokens)
    for record in _objects("laws", records):
        require_fields("a law", record, ("prefix",), _OF_PREFIX)
        prefix = _tokens("prefix", record["prefix"], tokens)
        if len(prefix) >= horizon or prefix in found:
            rule = "have fewer tokens than a response" if len(prefix) >= horizon else "have one law"
            raise InvalidProblem(f"a prefix must {rule}, got prefix={record['prefix']!r:.60}")
        name, row = law(f"the law after {record['prefix']!r:.60}", record, precision, unit)
        if row.shape != (count,):
            raise InvalidProblem(
                f"{name} must have a number for each of the {count} tokens, got {row.shape} after "
                f"{record['prefix']!r:.60}"
            )
        vectors = record.get("features")
        found[prefix] = (
            name,
            row,
            None if vectors is None else documents.numbers("features", vectors, precision=precision),
        )
    return found


def _features(given: list[Any], count: int, horizon: int) -> list[Any] | None:
    """Zeros `[A^h, A, d]` per layer, to be filled; None where no law has features."""
    shapes = {vector.shape for vector in given if vector is not None}
    if not shapes:
        return None
    if len(shapes) > 1 or any(vector is None for vector in given):
        raise InvalidProblem("features must have one shape after every prefix, or be left out everywhere")
    (shape,) = shapes
    if len(shape) != 2 or shape[0] != count or shape[1] == 0:
        raise InvalidProblem(f"features must have a row for each of the {count} tokens, got shape {shape}")
    if count**horizon * shape[1] > MOST_MADE:
        raise InvalidProblem(
            f"features must take at most {MOST_MADE} numbers, got {count}^{horizon} x {shape[1]}"
        )
    return [np.zeros((count**h, *shape)) for h in range(horizon)]


def _require_reached(tables: list[Any], count: int, *, logs: bool) -> None:
    """Refuse a prefix that is reached and has no law; give the others a uniform one."""
    reached = np.ones(1, dtype=bool)
    absent = -np.inf if logs else 0.0
    for h, table in enumerate(tables):
        missing = np.isnan(table).all(axis=-1)
        if np.any(lost := missing & reached):
            prefix = np.unravel_index(int(np.argmax(lost)), (count,) * h) if h else ()
            raise InvalidProblem(
                f"laws must have every prefix that the base policy reaches, got none after "
                f"tokens {[int(a) for a in prefix]}"
            )
        reached = (reached[:, None] & (table > absent)).reshape(-1)
        table[missing] = np.log(1 / count) if logs else 1 / count


def _rewards(records: Any, tokens: list[str] | int, horizon: int) -> Any:
    count = tokens if isinstance(tokens, int) else len(tokens)
    found = np.zeros(count**horizon)
    seen = set()
    for record in _objects("rewards", records):
        require_fields("a reward", record, ("response", "reward"), ())
        response = _tokens("response", record["response"], tokens)
        if len(response) != horizon or response in seen:
            rule = f"have {horizon} tokens" if len(response) != horizon else "have one reward"
            raise InvalidProblem(f"a response must {rule}, got response={record['response']!r:.60}")
        seen.add(response)
        number = documents.numbers("reward", record["reward"])
        if number.shape != ():
            raise InvalidProblem(f"reward must be a number, got reward={record['reward']!r:.60}")
        found[_place(response, count)] = float(number)
    return found


def _objects(name: str, records: Any) -> list[dict[str, Any]]:
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InvalidProblem(f"{name} must be a list of objects, got {name}={records!r:.60}")
    return records


def _tokens(name: str, value: Any, tokens: list[str] | int) -> tuple[int, ...]:
    """Tokens by number, from a list of names or numbers."""
    if not isinstance(value, list):
        raise InvalidProblem(f"{name} must be a list of tokens, got {name}={value!r:.60}")
    count = tokens if isinstance(tokens, int) else len(tokens)
    numbers: dict[Any, int] = {} if isinstance(tokens, int) else {t: a for a, t in enumerate(tokens)}
    found = []
    for token in value:
        number = numbers.get(token, token) if isinstance(token, str) else token
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < count:
            raise InvalidProblem(f"{name} must hold tokens of the vocabulary, got {token!r:.40}")
        found.append(number)
    return tuple(found)


def _place(tokens: tuple[int, ...], count: int) -> int:
    place = 0
    for token in tokens:
        place = place * count + token
    return place
