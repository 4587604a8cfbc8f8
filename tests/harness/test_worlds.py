"""A measurement cannot move its world: arrays are locked, and what else changes is refused."""

from collections import OrderedDict, UserDict, deque, namedtuple
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pytest

from explore_theory.errors import InvalidClaim
from explore_theory.foundation.streams import Streams
from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.isolation.worlds import Kept
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status
from explore_theory.oracles.ledger import Ledger


@dataclass(frozen=True)
class Frozen:
    inside: object


@dataclass(slots=True)
class Slotted:
    inside: object


class Private:
    __slots__ = ("__inside",)

    def __init__(self, inside):
        self.__inside = inside

    @property
    def inside(self):
        return self.__inside


class Plain:
    def __init__(self, inside):
        self.inside = inside

    @cached_property
    def twice(self):
        return 2 * np.ones(3)


Pair = namedtuple("Pair", "first second")


def boxed(inside):
    """An object array of one entry."""
    array = np.empty(1, dtype=object)
    array[0] = inside
    return array


NESTED = {
    "itself": (lambda a: a, lambda w: w),
    "tuple": (lambda a: (1, (2, a)), lambda w: w[1][1]),
    "list": (lambda a: [1, [a]], lambda w: w[1][0]),
    "deque": (lambda a: deque([a]), lambda w: w[0]),
    "dict": (lambda a: {"x": {"y": a}}, lambda w: w["x"]["y"]),
    "ordered dict": (lambda a: OrderedDict(x=a), lambda w: w["x"]),
    "user dict": (lambda a: UserDict(x=a), lambda w: w["x"]),
    "mapping proxy": (lambda a: MappingProxyType({"x": a}), lambda w: w["x"]),
    "named tuple": (lambda a: Pair(0, a), lambda w: w.second),
    "frozen dataclass": (lambda a: Frozen([a]), lambda w: w.inside[0]),
    "slots": (Slotted, lambda w: w.inside),
    "private slots": (Private, lambda w: w.inside),
    "object": (Plain, lambda w: w.inside),
    "object array": (boxed, lambda w: w[0]),
    "object array in an object": (lambda a: Plain(boxed({"x": a})), lambda w: w.inside[0]["x"]),
}


@pytest.mark.parametrize("place", NESTED)
def test_an_array_anywhere_in_a_world_is_read_only(place):
    build, find = NESTED[place]
    world = build(np.arange(3.0))
    kept = Kept(world)
    array = find(world)
    for change in (lambda: array.__setitem__(0, 9.0), lambda: array.__iadd__(1.0), array.sort):
        with pytest.raises(ValueError, match="read-only"):
            change()
    kept.require_unchanged()
    assert array.tolist() == [0.0, 1.0, 2.0]


CHANGES = {
    "an entry of a list": (lambda: [1, 2], lambda w: w.__setitem__(0, 5), "list"),
    "a longer list": (lambda: [1], lambda w: w.append(2), "list"),
    "a shorter list": (lambda: [1, 2], lambda w: w.pop(), "list"),
    "a sorted list": (lambda: [2, 1], lambda w: w.sort(), "list"),
    "another array in a list": (lambda: [np.ones(1)], lambda w: w.__setitem__(0, np.ones(1)), "list"),
    "a deque": (lambda: deque([1, 2]), lambda w: w.rotate(), "deque"),
    "a set": (lambda: {1}, lambda w: w.add(2), "set"),
    "bytes": (lambda: bytearray(b"ab"), lambda w: w.reverse(), "bytearray"),
    "a value of a dict": (lambda: {"x": 1}, lambda w: w.update(x=2), "dict"),
    "a type in a dict": (lambda: {"x": 1}, lambda w: w.update(x=1.0), "dict"),
    "a key less": (lambda: {"x": 1}, lambda w: w.clear(), "dict"),
    "a user dict": (lambda: UserDict(x=1), lambda w: w.update(x=2), "dict"),
    "a list in a tuple": (lambda: ([1],), lambda w: w[0].append(2), "list"),
    "a list in a dict": (lambda: {"x": [1]}, lambda w: w["x"].append(2), "list"),
    "a list in an object array": (lambda: boxed([1]), lambda w: w[0].append(2), "list"),
    "an attribute": (lambda: Plain(1), lambda w: setattr(w, "inside", 2), "Plain"),
    "an attribute less": (lambda: Plain(1), lambda w: delattr(w, "inside"), "Plain"),
    "a slot": (lambda: Slotted(1), lambda w: setattr(w, "inside", 2), "Slotted"),
    "a slot less": (lambda: Slotted(1), lambda w: delattr(w, "inside"), "Slotted"),
    "a frozen attribute": (
        lambda: Frozen(1),
        lambda w: object.__setattr__(w, "inside", 2),
        "Frozen",
    ),
    "deep inside": (
        lambda: Plain([{"x": Slotted([1])}]),
        lambda w: w.inside[0]["x"].inside.append(1),
        "list",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_what_cannot_be_locked_is_refused(name):
    build, change, kind = CHANGES[name]
    world = build()
    kept = Kept(world)
    kept.require_unchanged()
    change(world)
    with pytest.raises(InvalidClaim, match=f"must leave their world as it is, got a changed {kind}"):
        kept.require_unchanged()


@pytest.mark.parametrize(
    ("world", "cache"),
    [
        (Plain(1), lambda w: w.twice),
        (Plain(1), lambda w: setattr(w, "later", 3)),
        ({"x": 1}, lambda w: w.update(x=1)),
        ([1, "a", None, float("nan")], lambda w: w.__setitem__(0, 1)),
    ],
)
def test_keeping_something_beside_what_was_there_is_no_change(world, cache):
    kept = Kept(world)
    cache(world)
    kept.require_unchanged()


def test_what_lives_by_changing_may_change():
    streams, generator, ledger = Streams(("test",), range(2)), np.random.default_rng(0), Ledger((2,))
    kept = Kept({"streams": streams, "generator": generator, "ledger": [ledger]})
    streams.uniform(3)
    generator.random(3)
    kept.require_unchanged()
    assert Ledger.changes_in_use
    assert Streams.changes_in_use


def test_a_world_that_holds_itself_or_is_deep_is_walked_once():
    loop = []
    loop.append(loop)
    deep = np.ones(1)
    array = deep
    for _ in range(5000):
        deep = [deep]
    kept = Kept((loop, deep))
    kept.require_unchanged()
    assert not array.flags.writeable


# --- through the engine -------------------------------------------------------------------------------------


def verified(tmp_path, *, measure, instance=None, lie=None, bound=None):
    words = dict.fromkeys(("title", "statement", "scope", "source", "formula"), "words")
    check = Check(
        slug="c",
        evidence=Evidence.ADVERSARIAL,
        cases=(Case(slug="one", rows=4),),
        instance=instance or (lambda _: np.linspace(1.0, 2.0, 4)),
        measure=measure,
        bound=bound or (lambda w: Bound.of(w + 1)),
    )
    lie = FalseVariant(slug="lie", why="x", check="c", **(lie or {"bound": lambda w: Bound.of(w / 2)}))
    claim = Claim(
        id="A1", slug="a", theorem="toys", relation="<=", checks=(check,), false_variants=(lie,), loose="toy",
        **words,
    )  # fmt: skip
    with Store(":memory:") as store:
        (result,) = session_results(store, run([Registered(claim=claim, path=tmp_path, digest="d")], store))
    return result


def test_a_measurement_that_changes_its_world_is_an_error(tmp_path):
    def normalising(w):
        w /= w.sum()
        return Measurement.exact(w)

    def appending(w):
        w.append(1.0)
        return Measurement.exact(w[:1])

    arrays = verified(tmp_path, measure=normalising)
    assert arrays.verdict.status is Status.ERROR
    assert "read-only" in arrays.verdict.reason
    lists = verified(
        tmp_path, instance=lambda _: [0.5], measure=appending, bound=lambda w: Bound.of([w[0] + 1])
    )
    assert lists.verdict.status is Status.ERROR
    assert "got a changed list; change a copy" in lists.verdict.reason


def test_a_bound_that_changes_the_world_is_an_error_too(tmp_path):
    def raising(w):
        w["x"] = w["x"] + 10
        return Bound.of(w["x"])

    found = verified(
        tmp_path, instance=lambda _: {"x": 1.0}, measure=lambda w: Measurement.exact([w["x"]]), bound=raising
    )
    assert found.verdict.status is Status.ERROR
    assert "got a changed dict" in found.verdict.reason


def test_what_was_measured_cannot_be_changed_by_what_comes_after(tmp_path):
    """The measurement keeps copies, so a bound that reuses a buffer does not move it."""
    buffer = np.ones(4)

    def measure(_):
        return Measurement.exact(buffer)

    def bound(_):
        buffer[:] = 0.0
        return Bound.of(0.5)

    assert verified(tmp_path, measure=measure, bound=bound).verdict.status is Status.REFUTED


@pytest.mark.parametrize("end", ["lo", "hi", "applicable"])
def test_a_measurement_is_read_only_and_its_own(end):
    mine = {"lo": np.zeros(2), "hi": np.ones(2), "applicable": np.ones(2, dtype=bool)}
    found = Measurement(**mine, effort=1)
    with pytest.raises(ValueError, match="read-only"):
        getattr(found, end)[0] = 0.5
    mine[end][0] = 0.75
    assert getattr(found, end)[0] != 0.75


def test_a_variant_sees_the_world_of_the_statement_and_cannot_change_it(tmp_path):
    """Both build it anew from the same streams."""
    seen = {"": [], "lie": []}

    def noting(name):
        def measure(w):
            seen[name].append(w.tolist())
            return Measurement.exact(w)

        return measure

    found = verified(
        tmp_path,
        instance=lambda t: t.streams.uniform(1)[:, 0],
        measure=noting(""),
        lie={"measure": noting("lie"), "bound": lambda w: Bound.of(w / 2)},
    )
    assert found.verdict.status is Status.HOLDS
    assert seen[""] == seen["lie"]
    assert len(seen[""]) == 1
