"""Something found in samples, as it is told."""

from dataclasses import dataclass

#: The chance that honest samples raise one of the findings that chance can raise.
LEVEL = 1e-6


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that makes numbers mean less than they seem.

    Parameters
    ----------
    slug
        Its name: ``decoding``, ``cut``, ``repeats``, ...
    serious
        Whether the numbers are then not those of the base policy, or not to be had.
    says, touches
        What was found, and what follows for the numbers; a sentence each.
    """

    slug: str
    serious: bool
    says: str
    touches: str
