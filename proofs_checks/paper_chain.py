"""The paper's own chain: which of its numbered items the proof of each one uses.

Read off the proofs of Foster, Mhammedi and Rohatgi (PMLR 291, COLT 2025), by the numbers of `paper`. An edge
is a number that the proof names, or the statement that it proves; where a proof quotes a formula that another
proof derives from a lemma, the lemma counts as named. `unnamed` is what a proof needs all the same. That a
statement borrows notation or an event from a place is no use of it: L.2 and L.3 are stated in the setting of
L.1, M.3 in that of M.2, and go before them.
"""

from explore_theory.harness import PaperProof

_TOOLS = "Tools and samplers: appendices D and F"
_NECESSITY = "Theorem 2.1: section 2 and appendix E"
_SPANNER = "Theorem 3.1 and Corollary 5.1: section 3 and appendix G"
_PROPER = "Theorem 4.1: section 4 and appendix H"
_ROUTINES = "The routines of MTSS: appendices K and L"
_MTSS = "Theorem 5.1: section 5 and appendices I, J, M and N"


def _proof(
    number: str, page: int, part: str, uses: str = "", unnamed: str = "", ends: str = ""
) -> PaperProof:
    """`uses` and `unnamed` are numbers with commas between them."""
    return PaperProof(
        number=number, page=page, part=part, uses=_numbers(uses), unnamed=_numbers(unnamed), ends=ends
    )


def _numbers(text: str) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


CHAIN = (
    # Appendix D proves D.5 and D.6; the others are quoted, D.3 as a consequence of D.2.
    _proof("Lemma D.1", 30, _TOOLS),
    _proof("Lemma D.2", 30, _TOOLS),
    _proof("Lemma D.3", 30, _TOOLS, "Lemma D.2"),
    _proof("Lemma D.4", 30, _TOOLS),
    _proof("Lemma D.5", 31, _TOOLS),
    _proof("Lemma D.6", 31, _TOOLS),
    _proof("Theorem F.1", 38, _TOOLS, "Algorithm 2, Lemma F.4, Lemma D.1, Lemma D.3"),
    _proof("Theorem F.2", 37, _TOOLS, "Algorithm 1, Theorem F.1"),
    _proof("Lemma F.1", 40, _TOOLS, "Algorithm 1, Theorem F.2"),
    _proof("Lemma F.2", 41, _TOOLS, "Algorithm 2, Theorem F.1, Lemma F.1"),
    _proof("Lemma F.3", 41, _TOOLS, "Algorithm 2, Theorem F.2"),
    _proof("Lemma F.4", 38, _TOOLS),
    # Section 2.
    _proof(
        "Theorem 2.1",
        32,
        _NECESSITY,
        "Lemma E.1, Lemma E.2, Equation (3), Assumption 1.1, Assumption 2.1",
    ),
    _proof("Equation (7)", 7, _NECESSITY, "Theorem 2.1", ends="it is the bound of Theorem 2.1"),
    _proof("Lemma E.1", 33, _NECESSITY),
    _proof("Lemma E.2", 35, _NECESSITY),
    # Section 3. G.10 and G.11 quote (61) to (63): G.9, G.6 and Theorem F.2.
    _proof(
        "Corollary 5.1",
        12,
        _SPANNER,
        "Theorem 3.1, Definition 2.1, Definition 5.1, Assumption 1.1",
        "Equation (12)",
        ends="a main result",
    ),
    _proof(
        "Theorem 3.1",
        54,
        _SPANNER,
        "Algorithm 1, Algorithm 3, Theorem F.2, Lemma G.3, Lemma G.6, Lemma G.7, Lemma G.8, Lemma G.9, "
        "Lemma G.10, Lemma G.11, Lemma D.3, Lemma D.4",
        # What Lemma G.3 asks of the rewards.
        "Lemma G.1, Assumption 1.1, Assumption 2.1",
    ),
    _proof("Equation (8)", 8, _SPANNER, "", "Lemma G.9", ends="a sketch of what Lemma G.9 proves"),
    _proof(
        "Equation (10)",
        10,
        _SPANNER,
        "Lemma G.7, Assumption 1.1, Assumption 2.1",
        ends="Lemma G.7, announced",
    ),
    _proof(
        "Equation (5)", 6, _SPANNER, "Lemma G.1, Assumption 1.1", ends="Lemma G.1, announced: proofs use that"
    ),
    _proof("Lemma G.1", 43, _SPANNER, "Assumption 1.1"),
    _proof(
        "Lemma G.2", 45, _SPANNER, ends="no proof names it; density ratios are bounded by Lemmas G.6 and N.2"
    ),
    _proof("Lemma G.3", 45, _SPANNER, "Assumption 2.1"),
    _proof("Lemma G.4", 46, _SPANNER),
    _proof("Lemma G.5", 48, _SPANNER, "Lemma G.4, Assumption 1.1, Assumption 2.1", "Lemma G.1"),
    _proof("Lemma G.6", 49, _SPANNER),
    _proof("Lemma G.7", 50, _SPANNER, "Lemma G.5, Lemma G.6, Assumption 1.1, Assumption 2.1"),
    _proof("Lemma G.8", 52, _SPANNER, "Lemma D.6", "Algorithm 3"),
    _proof("Lemma G.9", 53, _SPANNER, "Algorithm 3, Lemma G.8, Lemma D.3"),
    _proof("Lemma G.10", 56, _SPANNER, "Lemma G.6, Lemma G.9, Theorem F.2"),
    _proof("Lemma G.11", 58, _SPANNER, "Lemma G.6, Lemma G.9, Lemma F.1"),
    # Section 4.
    _proof(
        "Theorem 4.1",
        68,
        _PROPER,
        "Theorem H.1, Lemma H.4, Conjecture H.1, Definition 4.1, Assumption 2.1",
        ends="a main result",
    ),
    _proof(
        "Theorem H.1", 66, _PROPER, "Lemma H.1, Theorem H.2, Conjecture H.1, Assumption 2.1", "Definition 4.1"
    ),
    _proof("Lemma H.1", 64, _PROPER, "Lemma H.2, Lemma H.3, Definition 4.1, Definition H.1"),
    _proof("Lemma H.2", 62, _PROPER, "", "Definition H.1"),
    _proof("Lemma H.3", 63, _PROPER),
    _proof("Lemma H.4", 67, _PROPER, "Lemma G.4, Assumption 2.1", "Definition 4.1"),
    _proof("Theorem H.2", 70, _PROPER, "Theorem H.3, Lemma H.5, Lemma H.6, Conjecture H.1", "Definition H.1"),
    _proof("Theorem H.3", 69, _PROPER, "Conjecture H.1", "Definition H.2"),
    _proof("Lemma H.5", 70, _PROPER, "", "Definition H.1, Definition H.2"),
    _proof("Lemma H.6", 70, _PROPER, "", "Definition H.1"),
    # Section 5.
    _proof("Lemma K.1", 85, _ROUTINES, "Algorithm 6, Lemma D.2, Assumption I.1"),
    _proof("Lemma K.2", 87, _ROUTINES, "Algorithm 4, Lemma K.1, Lemma D.5"),
    _proof(
        "Lemma L.1",
        88,
        _ROUTINES,
        "Algorithm 5, Assumption I.1, Lemma G.1, Lemma L.2, Lemma L.3, Lemma D.2, Theorem F.1, Lemma F.3, "
        "Lemma N.3, Lemma N.4, Lemma N.6, Lemma N.7",
    ),
    _proof("Lemma L.2", 95, _ROUTINES, "Lemma F.2"),
    _proof("Lemma L.3", 97, _ROUTINES, "Lemma F.1"),
    _proof("Lemma L.4", 98, _ROUTINES, "Algorithm 4, Assumption I.1, Lemma L.1, Lemma D.5"),
    _proof("Theorem 5.1", 83, _MTSS, "Theorem J.1, Assumption 1.1", ends="a main result"),
    _proof(
        "Theorem J.1",
        105,
        _MTSS,
        "Algorithm 4, Assumption I.1, Lemma K.2, Lemma L.3, Lemma L.4, Lemma M.1, Lemma M.2, Lemma M.3, "
        "Lemma N.1, Lemma N.3, Lemma N.4, Lemma N.5, Lemma F.3",
    ),
    _proof(
        "Proposition I.1",
        75,
        _MTSS,
        "",
        "Equation (11), Equation (12)",
        ends="why Assumption I.1 is asked for",
    ),
    _proof("Lemma M.1", 99, _MTSS, "Algorithm 4, Lemma K.2, Lemma D.4"),
    _proof(
        "Lemma M.2",
        100,
        _MTSS,
        "Algorithm 4, Assumption I.1, Lemma K.2, Lemma L.4, Lemma M.1, Lemma M.3, Lemma N.1, Lemma F.3",
    ),
    _proof("Lemma M.3", 104, _MTSS, "Algorithm 4, Lemma K.2, Lemma M.1, Lemma N.2"),
    _proof("Lemma N.1", 109, _MTSS),
    _proof("Lemma N.2", 110, _MTSS, "Assumption I.1, Definition I.2, Lemma N.4"),
    _proof("Lemma N.3", 111, _MTSS, "Assumption I.1, Definition I.2"),
    _proof("Lemma N.4", 113, _MTSS, "Definition I.1, Definition I.2"),
    _proof("Lemma N.5", 114, _MTSS, "Lemma N.6"),
    _proof("Lemma N.6", 115, _MTSS, "", "Definition I.1"),
    _proof("Lemma N.7", 117, _MTSS),
)
