"""Kinds of evidence in words, strongest first: what each covers, and what stands behind it."""

from explore_theory.harness.claims.checks import Evidence

COVERS: dict[Evidence, tuple[str, str]] = {
    Evidence.FORMAL: ("every size at once", "a proof that Coq's kernel has checked, its axioms listed"),
    Evidence.SYMBOLIC: ("every value of the symbols", "a normal form computed by SymPy"),
    Evidence.EXHAUSTIVE: (
        "every instance, or every algorithm, of a small size",
        "enumeration in exact arithmetic",
    ),
    Evidence.CERTIFIED: (
        "every point of a box, or one number with a proved error",
        "ball arithmetic; a dual checked outside the solver",
    ),
    Evidence.ADVERSARIAL: (
        "the instances that a search tried",
        "a hill climb that wants to break the statement; the effort is printed",
    ),
    Evidence.STATISTICAL: (
        "a distribution, at a stated error level",
        "replicates with their own random streams, enclosed by the engine",
    ),
    Evidence.RATE: (
        "an exponent over decades, its rivals rejected",
        "the slopes of all power laws through simultaneous bands",
    ),
}
