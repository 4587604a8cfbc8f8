"""Compiling hot loops: Numba where it is installed, plain Python where it is not; the numbers are the same.

Kernels are written in the part of Python that both understand, and draw from NumPy generators, whose methods
Numba reproduces bit for bit. Modules with kernels are imported when they are first used, never before.
"""

import multiprocessing
import os
from collections.abc import Callable
from typing import Any, TypeVar, cast

from explore_theory.foundation.processors import processors

Function = TypeVar("Function", bound=Callable[..., Any])

#: Set this environment variable to ``python`` to run kernels uncompiled.
SWITCH = "EXPLORE_THEORY_KERNELS"


def kernel_name() -> str:
    """What runs the kernels: ``"numba"`` or ``"python"``."""
    from importlib.util import find_spec

    if os.environ.get(SWITCH) == "python" or find_spec("numba") is None:
        return "python"
    return "numba"


def compiled(function: Function) -> Function:
    """`function`, compiled on first call; it releases the interpreter lock, and is kept on disk.

    Where it is kept, and for how long, is told in `foundation.kernel_cache`.
    """
    if kernel_name() == "python":
        return function
    try:
        import numba
    except ImportError:
        # Installed, but not for this NumPy or Python.
        return function
    from explore_theory.foundation.kernel_cache import keep

    kernel = numba.njit(nogil=True, error_model="numpy")(function)
    keep(kernel)
    return cast(Function, kernel)


def threads() -> int:
    """The processors of this process, or one if it is itself one of several workers."""
    if multiprocessing.parent_process() is not None:
        return 1
    return processors()
