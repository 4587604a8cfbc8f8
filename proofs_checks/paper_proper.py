"""Section 4 and appendix H, the hardness of proper learners: rows of the ledger that `paper` begins."""

from proofs_checks.paper import row

PAPER = (
    row(
        "Conjecture H.1", 60, "convention", "the randomised exponential time hypothesis", claims="PT PTc TH2"
    ),
    row(
        "Theorem H.1",
        60,
        "no constants",
        "Theorem 4.1 for proper outputs",
        "with T <= (d/(beta eps))^C, delta = 1/n, k = K log2 n and K > c: c > 3C + 1, and 2C by two worlds, "
        "K > c > 1; page 66 loses the factor delta, so its c = 4C asks for C > 1. Its chain of inequalities "
        "holds from d = 6.7e16 on where c1 and H.2's constant are 1; ours, for any output and with d^{3 "
        "c1}, from 4.2e13 on",
        "PTc T41 PT",
    ),
    row("Definition H.1", 61, "convention", "Max-k-DNF formulas and their value", claims="LH1 LH2 P1"),
    row(
        "Lemma H.1",
        61,
        "holds",
        "from a proper learner an algorithm that tells formulas of large value from those of small value",
        "features by a clause's length (over k, short clauses are not decided); YES with probability "
        "(1 - c)^T - zeta, at least .57 where 1/4 is printed; with footnote 17 the conclusion holds for "
        "k >= 3, the printed line for k >= 4; at any output (T41) YES iff some signs named satisfy more than "
        "2m/(5T), with eps = (9/20) delta beta",
        "LH1 T41",
    ),
    row(
        "Lemma H.2",
        62,
        "refuted",
        "mass off 0: at least val/(2m) at theta*, at most 2 (val(sgn theta)/m + e^{-1/(beta k)}) at any "
        "theta",
        "with features divided by the length of the clause, both parts attained, for every beta",
        "LH2",
    ),
    row(
        "Lemma H.3",
        63,
        "holds",
        "regret >= beta times the squared difference of masses",
        "2 beta, which is best possible",
        "LH3",
    ),
    row(
        "Lemma H.4",
        67,
        "no constants",
        "behaviour cloning turns an improper output into a proper one",
        "its W has e^{2B/beta}, and eps_0 is of order eps/(B/beta + log 1/min pi_ref)^2; T41 and "
        "P4, P5 need no such step",
        "LH4 T41",
        "the reduction itself rests on a theorem of others",
    ),
    row(
        "Theorem H.2",
        68,
        "no constants",
        "telling m/n from m/n^c satisfied clauses is hard once k >= C c^2 log n",
        "k >= K log2 n for any K > c, and below c log2 n there is nothing to tell apart; C = 9.83 in (67), "
        "and not 9.82",
        "TH2 PTc PT",
        "hardness rests on Chan's theorem and rETH, eta on a constant of theirs; the arithmetic is checked",
    ),
    row("Definition H.2", 69, "convention", "Max-P formulas", claims="LH5 TH3"),
    row(
        "Theorem H.3",
        69,
        "cited",
        "sparse predicates that are hard to approximate (Chan, J. ACM 2016)",
        "threshold 2^r/2^k, 2^r the least power of two above k (k + 1 words for k = 2^r - 1), not 2k/2^k; "
        "any r <= k < 2^r gives such a predicate",
        "TH3",
        "Chan's theorem is cited; what it asks of the predicate is checked",
    ),
    row(
        "Lemma H.5",
        70,
        "refuted",
        "a predicate with l accepting assignments becomes a DNF with l m clauses, of the same value",
        "clauses that nothing satisfies must be allowed, as for Lemma H.6",
        "LH5",
    ),
    row(
        "Lemma H.6",
        70,
        "refuted",
        "serial repetition: m^t clauses of k t literals, value val^t",
        "clauses that nothing satisfies must be allowed; or written away, at 2^w times as many clauses and "
        "2^-w in the share (TH2); lengths are at most k t",
        "LH6 TH2",
    ),
)
