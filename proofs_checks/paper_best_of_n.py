"""The papers behind best-of-N, coverage profiles and pass@k, and the items of theirs that claims carry.

Numbers have the key of their paper. Items that were read where there are no pages have none.
"""

from explore_theory.claims import Paper, PaperItem

PAPERS = (
    Paper(
        key="beirami2024",
        cites=(
            "Beirami, Agarwal, Berant, D'Amour, Eisenstein, Nagpal and Suresh, *Theoretical guarantees on "
            "the best-of-n alignment policy*, arXiv 2401.01879, ICML 2025"
        ),
    ),
    Paper(
        key="chen2021",
        cites="Chen et al., *Evaluating large language models trained on code*, arXiv 2107.03374",
    ),
    Paper(
        key="chen2025",
        cites=(
            "Chen, Huang, Golowich, Malladi, Block, Ash, Krishnamurthy and Foster, *The coverage principle: "
            "how pre-training enables post-training*, arXiv 2510.15020, as published at ICLR 2026"
        ),
    ),
    Paper(
        key="gao2022",
        cites="Gao, Schulman and Hilton, *Scaling laws for reward model overoptimization*, arXiv 2210.10760",
    ),
)


def _item(
    number: str,
    stands: str,
    says: str,
    claims: str = "",
    form: str = "",
    page: int | None = None,
    open: str = "",
) -> PaperItem:
    """A row; `claims` are ids with spaces between them."""
    return PaperItem(
        number=number, page=page, says=says, stands=stands, form=form, claims=tuple(claims.split()), open=open
    )


PAPER = (
    _item(
        "beirami2024: Theorem 3.1",
        "holds",
        "KL(best-of-n || pi_ref) <= log n - (n - 1)/n",
        "BN1",
        "the same, whatever rule returns one of the draws",
    ),
    _item(
        "beirami2024: Section 5",
        "holds",
        "the win rate of best-of-n against pi_ref is at most n/(n + 1)",
        "BN2",
        "from N/(N + 1) - N p^2/12 to N/(N + 1), ties for half; the other way round where ties count as wins",
    ),
    _item(
        "gao2022: Section 2",
        "refuted",
        "the distance of best-of-n is log n - (n - 1)/n, computed analytically",
        "BN1",
        "an upper bound: .2174 against .6363 for two responses and n = 4",
        page=4,
    ),
    _item(
        "chen2021: Equation (1)",
        "holds",
        "1 - C(n-c, k)/C(n, k) is an unbiased estimator of pass@k, n >= k",
        "PK1 PK3",
        "the only one that is, of least variance; for k > n there is none (PK3)",
        page=3,
    ),
    _item(
        "chen2021: Section 2.1",
        "no constants",
        "1 - (1 - p^)^k, p^ the share of passes, is biased",
        "PK2",
        "too small, by at most k(k - 1)/(2n) p(1 - p) on average",
        page=3,
    ),
    _item(
        "chen2025: Definition 1.1",
        "convention",
        "Cov_N = P[pi_D/pi >= N]; proofs in appendix F have > as well, which matters in F.2 and F.5",
    ),
    _item(
        "chen2025: Proposition 3.1", "holds", "Cov_N <= KL/log(N/e)", "CV1", "Cov_N <= KL/(log N - 1 + 1/N)"
    ),
    _item(
        "chen2025: Proposition F.1",
        "holds",
        "Cov_N <= KL/(log N - 1 + 1/N)",
        "CV1",
        "the same; no smaller constant will do, for any N",
    ),
    _item(
        "chen2025: Proposition F.2",
        "holds",
        "some pairs have Cov_N >= KL/(log N - 1/2 + 1/(2N))",
        "CV1",
        "in the limit, KL/(log N - 1 + 1/N)",
    ),
    _item(
        "chen2025: Proposition F.3",
        "holds",
        "KL <= C (1 + log(log W/C)), C = sup Cov_N log N",
        "CV3",
        "the same, and attained in a limit",
    ),
    _item(
        "chen2025: Proposition F.4",
        "holds",
        "Cov_N <= 2N/(sqrt N - 1)^2 D_H^2",
        "CV2",
        "the same; no smaller constant will do, for any N",
    ),
    _item(
        "chen2025: Proposition F.5",
        "holds",
        "coverage of the task by the data and of the data by the model chain",
        "CV4",
        "with a strict inequality in the last term, which section 2 needs",
    ),
    _item(
        "chen2025: Proposition F.6",
        "holds",
        "N >= 2M log(1/eps) draws lose at most Cov_M + eps if Cov_M <= 1/2",
        "CV5",
        "M log(1/eps) draws, without the condition; exactly Cov_M + (1 - Cov_M)(1 - 1/M)^N",
    ),
    _item(
        "chen2025: Proposition F.7",
        "holds",
        "for some reward best-of-N loses Cov_{2N}/2",
        "CV6",
        "Cov_M - 1 + (1 - Cov_M/M)^N for every M, attained",
    ),
    _item(
        "chen2025: Proposition F.10",
        "holds",
        "Cov_N <= 2/(log N - 1) times the divergence stopped at log N",
        "CV8",
        "1/log N + 1/(log N - 1 + 1/N) in place of 2/(log N - 1)",
    ),
    _item(
        "chen2025: Proposition F.11",
        "holds",
        "Cov_N >= P[sum D_H^2 >= log(N/delta)] - delta",
        "CV7",
        "Cov_{N^2}, and -log(1 - D_H^2) in place of D_H^2",
    ),
)
