"""How a call of the prover ended that did not end by itself: what happened, and what to change, in a line.

Nothing of this says whether the theorem is proved: it is an error, and neither for nor against the claim.
"""

import re
import signal

from explore_theory.errors import InvalidClaim

#: What a prover that got no more memory says, as the system gave it out.
_NO_MEMORY = re.compile(
    r"^(fatal )?error: (exception )?(out[ _]of[ _]memory|not enough memory)", re.IGNORECASE | re.MULTILINE
)
_SMALLER = "prove it in smaller steps, or move lemmas into a shared library, which has limits of its own"
#: By which signals a prover ends itself; who else sends it one is another program, or a person.
_ITS_OWN = ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV")
#: A shell around the prover tells of the signal that ended it by a code that is so much larger.
_BY_SHELL = 128


def require_ended(code: int, err: str, what: str, program: str, *, seconds: float, memory: int) -> None:
    """Refuse an end by a signal, or for want of memory.

    Parameters
    ----------
    code, err
        The exit code of the `program`, which is less than zero for a signal, and what it said last.
    what
        The file that it was about.
    seconds, memory
        Of processor time, and bytes of address space, that it might have at most.

    Raises
    ------
    InvalidClaim
        One line.
    """
    number = _signal(code)
    killed = _name(number)
    if killed == "SIGXCPU":
        raise InvalidClaim(
            f"{what} must be checked within {seconds:g} s of processor time, got no end of {program} by "
            f"then; {_SMALLER}"
        )
    if code != 0 and _NO_MEMORY.search(err):
        raise InvalidClaim(
            f"{what} must be checked within {memory >> 20} MB of memory, got a {program} that ran out of it; "
            f"compute on smaller terms, or {_SMALLER}"
        )
    if number:
        raise InvalidClaim(
            f"{what} must be checked to its end, got {program} killed by signal {number} ({killed}); "
            f"{_advice(killed)}"
        )


def _signal(code: int) -> int:
    """The number of the signal that ended a program; zero if none did."""
    if code < 0:
        return -code
    # Codes of the prover's own are among those of a shell.
    told = code - _BY_SHELL
    return told if _name(told) in (*_ITS_OWN, "SIGKILL", "SIGXCPU") else 0


def _name(number: int) -> str:
    return next((one.name for one in signal.Signals if one.value == number), "of no name")


def _advice(killed: str) -> str:
    if killed == "SIGKILL":
        return "most often the machine had no memory left: check fewer proofs side by side, or free some"
    if killed in _ITS_OWN:
        return f"it may have been short of memory or of stack: {_SMALLER}"
    return "another program or a person did that: check it again"
