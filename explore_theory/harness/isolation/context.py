"""The state of the process in which a claim runs: always the same, whatever was imported or run before it.

A plugin that sets NumPy's errors, the precision of python-flint or mpmath, the decimal context, a warning
filter or a global random seed at import would otherwise change other claims, and only in the processes that
imported it.
"""

import decimal
import multiprocessing
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from hashlib import blake2b

import numpy as np

from explore_theory.errors import InvalidClaim

_BITS = 53
_RECURSION = 1000


@contextmanager
def standard_context(*key: object) -> Iterator[None]:
    """Run the block in the standard state, and leave everything as it was found.

    Global random streams start from `key` (the names of a block): independent between blocks, and the same
    wherever one runs. A claim's own randomness is `Trial.streams`.

    Raises
    ------
    InvalidClaim
        If the processor does not round to nearest, or flushes small numbers to zero: some library changed it.
    """
    _require_ieee()
    with ExitStack() as stack:
        stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        stack.enter_context(decimal.localcontext(decimal.Context(prec=28, rounding=decimal.ROUND_HALF_EVEN)))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error" if "error" in sys.warnoptions else "default")
        _for_now(stack, sys.getrecursionlimit, sys.setrecursionlimit, _RECURSION)
        _for_now(
            stack, sys.get_int_max_str_digits, sys.set_int_max_str_digits, sys.int_info.default_max_str_digits
        )
        # What a claim prints must not stand among results that other programs read.
        stack.enter_context(redirect_stdout(sys.stderr))
        _random_states(stack, key)
        _other_libraries(stack)
        stack.callback(_restore_environment, dict(os.environ))
        stack.callback(_restore_folder, os.getcwd())
        _alone(stack)
        yield


def _for_now(stack: ExitStack, get: Callable[[], int], put: Callable[[int], object], value: int) -> None:
    stack.callback(put, get())
    put(value)


def _random_states(stack: ExitStack, key: tuple[object, ...]) -> None:
    stack.callback(random.setstate, random.getstate())
    stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002 (the global stream is meant)
    start_global_streams(*key)


def start_global_streams(*key: object) -> None:
    """Start the global random streams from `key`; within `standard_context`, which puts them back."""
    seed = int.from_bytes(blake2b("\x1f".join(map(str, key)).encode(), digest_size=4).digest(), "big")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


def _other_libraries(stack: ExitStack) -> None:
    """Precisions of the libraries that are imported, by what they start with."""
    if "flint" in sys.modules:
        from flint import ctx

        _attribute(stack, ctx, "prec", _BITS)
        _attribute(stack, ctx, "cap", 10)
    if "mpmath" in sys.modules:
        import mpmath

        _attribute(stack, mpmath.mp, "prec", _BITS)
        _attribute(stack, mpmath.iv, "prec", _BITS)
    if "scipy.special" in sys.modules:
        from scipy import special

        stack.enter_context(special.errstate(all="ignore", memory="raise"))
    stack.callback(_start_over, {"flint", "mpmath"} - sys.modules.keys())


def _start_over(absent: set[str]) -> None:
    """Give libraries that were imported meanwhile the precisions they start with."""
    arrived = absent & sys.modules.keys()
    if "flint" in arrived:
        from flint import ctx

        ctx.prec, ctx.cap = _BITS, 10
    if "mpmath" in arrived:
        import mpmath

        mpmath.mp.prec = mpmath.iv.prec = _BITS


def _alone(stack: ExitStack) -> None:
    """No processes of Python's own below a claim, wherever it runs: nobody sees what they read.

    Worker processes are daemons, which may have no children; here this process counts as one for a while.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    before = config.get("daemon")
    stack.callback(config.__setitem__, "daemon", before)
    config["daemon"] = True


def _attribute(stack: ExitStack, thing: object, name: str, value: object) -> None:
    stack.callback(setattr, thing, name, getattr(thing, name))
    setattr(thing, name, value)


def _require_ieee() -> None:
    half, least = float.fromhex("0x1p-53"), float.fromhex("0x1p-1074")
    nearest = 1.0 + half == 1.0 and 1.0 + 1.5 * half > 1.0 and -1.0 - half == -1.0
    if not nearest or least * 1.0 == 0.0:
        raise InvalidClaim(
            "the processor must round to nearest and keep numbers below 1e-308, got another mode, which some "
            "library has set"
        )


def _restore_environment(before: dict[str, str]) -> None:
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


def _restore_folder(before: str) -> None:
    if os.getcwd() != before:
        os.chdir(before)
