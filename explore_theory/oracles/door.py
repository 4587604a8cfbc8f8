"""The door itself: what every public call of an oracle goes through, whatever its law.

1. Arguments become plain first: numbers, arrays of numbers and the package's own records. A learner's own
   code (`__array__`, `__float__`, a subclass, a generator) runs before the oracle starts on a call, or not at
   all, so it cannot call the oracle again, nor change an argument, in the middle of one.
2. The call is answered under the engine's own floating-point settings: an overflow is an infinity and an
   invalid operation NaN, whatever the learner has told NumPy, and neither warns nor raises.
3. A refusal leaves without the frames that it was raised in. Any other error closes the oracle for good: it
   may have come after a draw and before its charge.

An oracle cannot be copied or pickled, since a copy would be a rehearsal that costs nothing.
"""

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, ParamSpec, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt

from explore_theory.errors import ExploreTheoryError, OracleFault, OracleMisuse

P = ParamSpec("P")
T = TypeVar("T")
Element = TypeVar("Element", np.float64, np.int64, np.bool_)

#: Arguments that are records: looked at by their exact type, never converted to numbers.
_RECORDS = frozenset(
    {"ctx", "hit", "log_weight", "ridge", "plan", "prefixes", "visits", "first", "second", "policy", "name"}
)
_SCALARS = {np.dtype(code).type for code in "?bhilqBHILQefdg"}
_INERT = frozenset({int, float, bool, str, bytes, type(None), Fraction, Decimal, *_SCALARS})
_ARRAYS = ("__array__", "__array_interface__", "__array_struct__", "__buffer__")


def fixed(values: npt.NDArray[Element]) -> npt.NDArray[Element]:
    """A copy of `values` that nobody can write to, not even by setting its flags: bytes own its memory."""
    if values.size > 1 and not any(values.strides):
        # One number spread over a shape, of any size, stays one.
        one = values[(0,) * values.ndim].tobytes()
        return np.ndarray(values.shape, values.dtype, one, strides=values.strides)
    return np.ndarray(values.shape, values.dtype, values.tobytes())


def is_fixed(values: object) -> bool:
    """Whether `values` came from `fixed`."""
    base: Any = values.base if type(values) is np.ndarray else None
    return type(base) is bytes


def plain(name: str, value: Any) -> Any:
    """`value` as what the oracle may use: numbers and arrays of its own, free of anyone's code.

    Raises
    ------
    OracleMisuse
        If it is neither, or an array with more to it than its numbers (a mask, a unit).
    """
    if name in _RECORDS:
        return value
    own = _plain(name, value)
    if isinstance(own, list):
        try:
            np.array(own)
        except ValueError:
            raise OracleMisuse(f"{name} must have rows of one length, got {name}={own!r:.80}") from None
    return own


def _plain(name: str, value: Any) -> Any:
    kind = type(value)
    if kind in _INERT:
        return value
    if kind in (np.ndarray, np.memmap, np.matrix):
        return _own(name, np.array(value, subok=False))
    if kind in (list, tuple):
        return [_plain(name, part) for part in value]
    if isinstance(value, int | float):
        return (int.__int__ if isinstance(value, int) else float.__float__)(value)  # type: ignore[arg-type]
    if not isinstance(value, np.ndarray) and any(hasattr(kind, convert) for convert in _ARRAYS):
        return _plain(name, np.asarray(value))
    raise OracleMisuse(f"{name} must be a number or a plain array of numbers, got a {kind.__name__}")


def _own(name: str, array: npt.NDArray[Any]) -> Any:
    """`array`, which is a copy already, once its elements are plain."""
    if array.dtype.kind in "biufSU":
        return array
    if array.dtype.kind != "O":
        raise OracleMisuse(f"{name} must be a plain array of numbers, got {name}.dtype={array.dtype.kind!r}")
    # Numbers that are no dtype's, such as integers beyond 2^64.
    parts = array.tolist()
    return _plain(name, parts) if array.ndim == 0 else np.array(_plain(name, parts), dtype=object)


def answers(method: Callable[P, T], *, paid: bool = False) -> Callable[P, T]:
    """Make `method` a call that goes through the door; one that was `paid` for stays when it has closed."""
    names = tuple(inspect.signature(method).parameters)

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        door = cast("Door", args[0])
        given = [plain(name, value) for name, value in zip(names[1:], args[1:], strict=False)]
        given += args[1 + len(given) :]
        named = {name: plain(name, value) for name, value in kwargs.items()}
        leaving: BaseException
        with door._one_call, np.errstate(all="ignore"):
            door._require_open(paid)
            door._busy = True
            try:
                return method(door, *given, **named)  # type: ignore[arg-type]
            except BaseException as error:
                leaving = door._parted(error)
            finally:
                door._busy = False
        try:
            raise leaving from None
        finally:
            del leaving

    # The signature without the way around the door that `wraps` leaves open.
    del call.__wrapped__
    call.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
    call._inner = method  # type: ignore[attr-defined]
    return call


class _Inside:
    """An oracle as its own code calls it in the middle of a call: without the door."""

    def __init__(self, oracle: "Door") -> None:
        self._door = oracle

    def __getattr__(self, name: str) -> Any:
        inner = getattr(getattr(type(self._door), name, None), "_inner", None)
        return getattr(self._door, name) if inner is None else partial(inner, self._door)


def inside(oracle: T) -> T:
    """`oracle`, for calls that are part of another one."""
    return cast(T, _Inside(cast(Door, oracle)))


class Counts(Protocol):
    """What the door needs of a `ledger.Meter`."""

    def enter(self, name: str) -> int:
        """Count under `name` from now on."""

    def leave(self, before: int) -> None:
        """Go back to the phase before."""


class Door:
    """What is common to all oracles: one call at a time, no copies, closed after an error of its own."""

    #: What `__getattr__` says about names that belong to another kind of oracle.
    _elsewhere: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        self._one_call = threading.RLock()
        self._busy = False
        self._closed: str | None = None
        self._fault: BaseException | None = None
        #: The row whose reward rounds are kept in `_told`, for `explore_theory.running.playing`.
        self._watched: int | None = None
        self._told: list[tuple[Any, ...]] = []

    def _close(self, why: str) -> None:
        """Answer no more calls; `why` is the rest of the line that they get."""
        self._closed = self._closed or why

    @contextmanager
    def _phase_of(self, meter: Counts, name: str) -> Iterator[None]:
        """Count under `name`; not begun in the middle of a call, whose charge would be lost."""
        with self._one_call:
            self._require_open(paid=True)
            before = meter.enter(name)
        try:
            yield
        finally:
            with self._one_call:
                meter.leave(before)

    def _require_open(self, paid: bool) -> None:
        if self._busy:
            # Such as by a finaliser that Python runs in the middle of a call.
            raise OracleMisuse("oracle must be asked for one thing at a time, got a call during another")
        if self._closed is not None and not paid:
            raise OracleMisuse(f"oracle must be open for a call, got one that {self._closed}")

    def _parted(self, error: BaseException) -> BaseException:
        """`error` without the frames that it was raised in, as the learner may see it."""
        frames = error.__traceback__
        if isinstance(error, TypeError) and frames is not None and frames.tb_next is None:
            # The call itself does not fit the signature; nothing has been done.
            return TypeError(*error.args)
        if isinstance(error, OracleFault):
            # That of an oracle inside this one.
            self._close("met an error of its own")
        elif not isinstance(error, ExploreTheoryError):
            where = ""
            while frames is not None:
                file = Path(frames.tb_frame.f_code.co_filename).name
                where, frames = f" at {file}:{frames.tb_lineno}", frames.tb_next
            self._fault = self._fault or error
            self._close("met an error of its own")
            if isinstance(error, Exception) and not isinstance(error, MemoryError):
                # Its message may hold a number that nobody has paid for.
                return OracleFault(
                    f"problem must be evaluated without an error, got a {type(error).__name__}{where}; "
                    "the oracle is closed"
                )
            return _bare(error)
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)

    # Not for type checkers, which would take any name.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            kind = type(self)
            if (instead := kind._elsewhere.get(name)) is not None:
                raise OracleMisuse(f"oracle must be {instead} for {name}, got a {kind.__name__}")
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise OracleMisuse("oracle must be used as it is, got a copy or a pickle of it; open the problem")

    def __copy__(self) -> NoReturn:
        self.__reduce_ex__(0)

    def __deepcopy__(self, memo: dict[int, object]) -> NoReturn:
        self.__reduce_ex__(0)


def _bare(error: BaseException) -> BaseException:
    """An interruption or a lack of memory: of the same type, with nothing attached."""
    try:
        return type(error)()
    except TypeError:
        return error.with_traceback(None)


def close(oracle: object, why: str) -> BaseException | None:
    """Close an oracle; returns what went wrong inside it while it was open, if anything did."""
    assert isinstance(oracle, Door)
    oracle._close(why)
    inner = vars(oracle).get("_oracle")
    return oracle._fault or (None if inner is None else close(inner, why))
