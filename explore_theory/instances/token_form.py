"""Autoregressive problems as documents: by layers, by transitions of tokens, or prefix by prefix.

Letters: `H` tokens per response, `A` tokens in the vocabulary, `S` states of a layer, `d` feature dimension.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from explore_theory.errors import InvalidProblem
from explore_theory.foundation.validation import whole
from explore_theory.instances import documents
from explore_theory.instances.header import (
    COMMON,
    SHARED,
    Document,
    head,
    how_written,
    law,
    noise_of,
    require_fields,
    said_noise,
)
from explore_theory.instances.prefix_form import read_prefixes
from explore_theory.instances.tabular_form import MOST_MADE, finite
from explore_theory.problems import AutoregressiveProblem, Layer, markov_problem

_TOLD = ("theta", "parameter_radius", "conditional_coverage")
_OF_LAYER = ("base", "log_base", "reward", "features", "next", "repeat")
_SHAPES = ("layers", "transitions", "prefixes")
#: Layers that one that is repeated may stand for.
_MOST_LAYERS = 2**16


def read(document: Document, records: Sequence[Any]) -> AutoregressiveProblem:
    """The problem of a document of kind ``tokens``, with the layers of its further lines.

    Raises
    ------
    InvalidProblem
        If it is none; the message names the field.
    """
    known = (*COMMON, *SHARED, *_TOLD, *_SHAPES, "vocabulary", "prompt_mass", "start")
    require_fields("a token problem", document, ("beta",), known)
    if records and "layers" in document:
        raise InvalidProblem("layers must be given in the document or on lines of their own, got both")
    shaped: dict[str, Any] = {name: document[name] for name in _SHAPES if name in document}
    if records:
        shaped["layers"] = list(records)
    if len(shaped) != 1:
        got = ", ".join(shaped) or "none"
        raise InvalidProblem(f"a token problem must have exactly one of {', '.join(_SHAPES)}, got {got}")
    ((shape, value),) = shaped.items()
    precision, unit = how_written(document)
    tokens = vocabulary(document.get("vocabulary"))
    if shape == "layers":
        return _of_layers(document, value, precision, unit, tokens)
    for name in (*_TOLD, "prompt_mass", *(["start"] if shape == "prefixes" else [])):
        if name in document:
            raise InvalidProblem(f"{name} must be given with layers, got it with {shape}")
    if not isinstance(value, dict):
        raise InvalidProblem(f"{shape} must be an object, got {shape}={value!r:.60}")
    common: dict[str, Any] = {"beta": document["beta"], "noise": noise_of(document)}
    if shape == "prefixes":
        if tokens is None:
            raise InvalidProblem("vocabulary must be given with prefixes, got none")
        return read_prefixes(value, tokens, precision, unit, common)
    require_fields("transitions", value, ("reward",), ("base", "log_base", "features"))
    name, table = law("transitions", value, precision, unit)
    require_tokens(table.shape[-1] if table.ndim else 0, tokens)
    more: dict[str, Any] = {}
    if "features" in value:
        more["features"] = documents.numbers("features", value["features"], precision=precision)
    policy: dict[str, Any] = {name: table}
    return markov_problem(
        **policy,
        reward=documents.numbers("reward", value["reward"], precision=precision),
        start=document.get("start", 0),
        **common,
        **more,
    )


def _of_layers(
    document: Document, layers: Any, precision: str, unit: str, tokens: list[str] | int | None
) -> AutoregressiveProblem:
    if not isinstance(layers, list) or not layers:
        raise InvalidProblem(f"layers must be a list of objects, got layers={layers!r:.60}")
    found: list[Layer] = []
    for h, layer in enumerate(layers):
        if not isinstance(layer, dict):
            raise InvalidProblem(f"layers must be objects, got layer {h}={layer!r:.60}")
        times = whole(f"repeat of layer {h}", layer.get("repeat", 1), least=1, most=_MOST_LAYERS)
        if len(found) + times > _MOST_LAYERS:
            raise InvalidProblem(f"layers must be at most {_MOST_LAYERS}, got more")
        try:
            found += [_layer(h, layer, precision, unit)] * times
        except InvalidProblem as error:
            raise InvalidProblem(f"layer {h}: {error}") from None
    if sum(layer.base.size for layer in found) > MOST_MADE:
        raise InvalidProblem(f"layers must hold at most {MOST_MADE} numbers, repeated ones too, got more")
    require_tokens(found[0].vocabulary, tokens)
    mass = document.get("prompt_mass", [1.0])
    told: dict[str, Any] = {name: document[name] for name in _TOLD if document.get(name) is not None}
    if "theta" in told:
        told["theta"] = documents.numbers("theta", told["theta"], precision=precision)
    masses = documents.numbers("prompt_mass", mass)
    start = document.get("start", [0] * masses.size)
    return AutoregressiveProblem(
        prompt_mass=masses,
        start=documents.whole_numbers("start", start),
        layers=tuple(found),
        beta=document["beta"],
        noise=noise_of(document),
        **told,
    )


def _layer(h: int, layer: Mapping[str, Any], precision: str, unit: str) -> Layer:
    require_fields(f"layer {h}", layer, ("reward",), _OF_LAYER)
    name, table = law(f"layer {h}", layer, precision, unit)
    shape = table.shape
    features = layer.get("features")
    following = layer.get("next")
    policy: dict[str, Any] = {name: table}
    return Layer(
        **policy,
        reward=documents.numbers("reward", layer["reward"], precision=precision),
        features=np.zeros((*shape, 1))
        if features is None
        else documents.numbers("features", features, precision=precision),
        next=np.zeros(shape, dtype=np.int64)
        if following is None
        else documents.whole_numbers("next", following, least=-(2**31)),
    )


def vocabulary(value: Any) -> list[str] | int | None:
    """The tokens: how many, or their names.

    Raises
    ------
    InvalidProblem
        If it is neither, or names one twice.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return None if value is None else whole("vocabulary", value, least=2)
    if not isinstance(value, list) or not all(isinstance(token, str) for token in value):
        raise InvalidProblem(f"vocabulary must be a number or a list of texts, got {value!r:.60}")
    if len(set(value)) < len(value):
        raise InvalidProblem(f"vocabulary must name each token once, got {value!r:.60}")
    whole("tokens in the vocabulary", len(value), least=2)
    return value


def require_tokens(have: int, tokens: list[str] | int | None) -> None:
    """Refuse a table of another width than the vocabulary that is declared."""
    want = have if tokens is None else tokens if isinstance(tokens, int) else len(tokens)
    if have != want:
        raise InvalidProblem(f"base must have a column for each of the {want} tokens, got {have}")


def written(problem: AutoregressiveProblem) -> dict[str, Any]:
    """`problem` as a document, by layers; one that stands in several places in a row is written once."""
    document = head("tokens") | {"beta": problem.beta, "noise": said_noise(problem.noise)}
    for name in _TOLD:
        if (value := getattr(problem, name)) is not None:
            document[name] = value.tolist() if isinstance(value, np.ndarray) else value
    document["vocabulary"] = problem.vocabulary
    document["prompt_mass"], document["start"] = problem.prompt_mass.tolist(), problem.start.tolist()
    layers: list[dict[str, Any]] = []
    last: Layer | None = None
    for layer in problem.layers:
        if layer is last:
            layers[-1]["repeat"] = layers[-1].get("repeat", 1) + 1
            continue
        last, name = layer, "log_base" if layer.in_logs else "base"
        layers.append(
            {
                name: finite(getattr(layer, name).tolist()),
                "reward": layer.reward.tolist(),
                "features": layer.features.tolist(),
                "next": layer.next.tolist(),
            }
        )
    document["layers"] = layers
    return document
