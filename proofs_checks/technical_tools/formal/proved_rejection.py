"""LF4 in Coq, held against the claim's own run of rejection sampling, draw by draw."""

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import numpy as np

from explore_theory.claims import Bridged, Proof
from proofs_checks.formal.terms import masses, numbers, real, table

Law = tuple[Fraction, ...]


class Run(Protocol):
    """A sampler that can be run: chances that the first accepted is each response, and that none is."""

    def run(self) -> tuple[Law, Fraction]:
        """Both."""


def rejection(sampler: Callable[..., Run]) -> Proof:
    """LF4; `sampler` is the claim's own, of ``proposal, target, multiplier, draws``."""

    def bridge(rng: np.random.Generator) -> list[Bridged]:
        found = []
        for n, draws in ((2, 3), (3, 2), (3, 3)):
            mu, nu = masses(rng, n), masses(rng, n)
            multiplier = max(b / a for a, b in zip(mu, nu, strict=True)) + Fraction(1, 3)
            first, none = sampler(
                proposal=tuple(mu), target=tuple(nu), multiplier=multiplier, draws=draws
            ).run()
            arguments = f"{numbers(n)} {table(mu)} {table(nu)} {real(multiplier)} {draws}"
            for event, value in (
                ("Searches.nothing", none),
                (f"(Searches.of_response (fun y => if Nat.eqb y {n - 1} then 1 else 0))", first[n - 1]),
            ):
                found.append(
                    Bridged(
                        term=f"drawn {arguments} {event}",
                        value=float(value),
                        unfold=(
                            "drawn", "Searches.search", "chance", "Searches.nothing", "Searches.of_response",
                            "Sums.table",
                        ),
                    )
                )  # fmt: skip
        return found

    return Proof(
        file="formal/lf4.v",
        theorem="rejection_sampling",
        says=(
            "For every finite list of responses, laws (masses may be zero) with nu <= M mu, M > 1, N and "
            "delta > 0, as stated."
        ),
        bridge=bridge,
        negations={
            "six-tenths-of-a-draw-less": "six_tenths_of_a_draw_less_is_false",
            "twice-the-acceptance": "twice_the_acceptance_is_false",
        },
    )
