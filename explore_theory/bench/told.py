"""A figure as it is found, in a line."""

from explore_theory.bench.benchmark import Figure, Growth
from explore_theory.bench.compare import shown


def line(found: Figure | Growth) -> str:
    """What was measured, what came out, and what is aimed at."""
    if isinstance(found, Growth):
        law = found.law
        return (
            f"{found.name} grows like {found.of}^{law.exponent:.2f} ({law.low:.2f} to {law.high:.2f};"
            f" {law.last:.2f} at the end)"
        )
    ratio = found.found
    told = f"{found.name}: {shown(ratio.median)} ({shown(ratio.least)} to {shown(ratio.most)})"
    if found.at_most is None:
        return told
    return f"{told}, aimed at: at most {shown(found.at_most)}" + ("" if found.reached else ", missed")
