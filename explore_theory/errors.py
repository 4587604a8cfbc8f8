"""The exceptions of the package, one per kind of blame.

Every message is one line of the form ``<name> must <rule>, got <name>=<value!r>``.
"""


class ExploreTheoryError(Exception):
    """Base class: anything the package refuses on purpose."""


class InvalidProblem(ExploreTheoryError, ValueError):
    """An instance or an argument breaks an assumption; nothing has been computed or charged."""


class InvalidClaim(ExploreTheoryError, ValueError):
    """A claim record is incomplete or contradicts itself; raised when it is built or discovered."""


class MissingLibrary(ExploreTheoryError, ImportError):
    """Something needs a library that comes with an extra, and is not installed."""


class UnknownSelector(ExploreTheoryError, LookupError):
    """A selector matches no claim; the message names near matches."""


class NumericalError(ExploreTheoryError, ArithmeticError):
    """A computation missed the error bound that it states: a fault of ours, and its result is not given."""


class OracleMisuse(ExploreTheoryError, RuntimeError):
    """A learner asked an oracle for something it is not entitled to; the call was not answered."""


class OracleFault(ExploreTheoryError, RuntimeError):
    """An oracle met an error while it answered, in a problem or its own: it is closed, the run is void."""


class BudgetExceeded(ExploreTheoryError, RuntimeError):
    """A call would exceed the budget of its kind; it was neither charged nor answered."""


class StoreError(ExploreTheoryError, RuntimeError):
    """A result store cannot be read or written; what it held before the call is unchanged."""


class ClusterError(ExploreTheoryError, RuntimeError):
    """A cluster cannot be reached, is lost, or runs other code; finished blocks are in the store."""
