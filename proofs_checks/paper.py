"""The paper's own numbers: each item of its text and of appendices C to N, and what becomes of it here.

Foster, Mhammedi and Rohatgi, *Is a Good Foundation Necessary for Efficient Reinforcement Learning? The
Computational Role of the Base Model in Exploration*, PMLR 291 (COLT 2025); pages are its own, 1 to 117. What
it says is put in our words. `explore-theory list --paper` shows the ledger, `show 'Lemma G.7'` a row of it.
"""

from explore_theory.harness import PaperItem


def _row(
    number: str,
    page: int,
    stands: str,
    says: str,
    form: str = "",
    claims: str = "",
    open: str = "",
) -> PaperItem:
    return PaperItem(
        number=number, page=page, says=says, stands=stands, form=form, claims=tuple(claims.split()), open=open
    )


_FRAMEWORK = (
    _row("Remark 1.1", 3, "convention", "responses may be token sequences of length H", claims="T1"),
    _row("Assumption 1.1", 3, "convention", "the optimal policy is in the policy class"),
    _row(
        "Remark 1.2",
        3,
        "no constants",
        "with preferences in place of rewards data grow by a factor exp(R) (appendix B.1)",
        open="no claim: the learners take preferences (feedback='preferences'), the factor is not measured",
    ),
    _row("Equation (1)", 3, "convention", "the objective E r* - beta KL(pi || pi_ref)", claims="F1 F3"),
    _row("Definition 1.1", 4, "convention", "pi_theta ∝ pi_ref exp(<theta, phi>/beta), Theta convex"),
    _row(
        "Equation (3)",
        5,
        "holds",
        "C_cov = sup pi*/pi_ref, which is at most exp(R/beta)",
        "1 <= C_cov <= exp(R/beta), the upper end in the limit of a small base mass",
        "F2",
    ),
    _row(
        "Equation (4)",
        5,
        "no constants",
        "XPO needs about d^2 log(1/delta)/eps^2 rewards, whatever the coverage",
        "rewards to a stated accuracy: flat in C_cov, at most like 1/eps^2; enumeration likewise",
        "C7 C6",
    ),
    _row(
        "Assumption 2.1",
        6,
        "convention",
        "|theta| <= B, |phi| <= 1, differences of <theta*, phi> within R, 0 in Theta; beta <= R <= B",
    ),
    _row(
        "Equation (5)",
        6,
        "holds",
        "under Assumption 1.1 reward differences are linear in feature differences (Lemma G.1)",
        claims="LG1",
    ),
    _row("Definition 2.1", 6, "convention", "the strong and the weak sampling oracle", claims="X1 X4"),
    _row("Definition 2.2", 7, "convention", "an alignment algorithm, T_data and T_comp", claims="CT"),
    _row("Equation (6)", 7, "convention", "OnlineDPO's least squares on reward differences", claims="C7"),
    _row(
        "Theorem 2.1",
        7,
        "no constants",
        "T_data >= Y/8, or T_comp >= Omega(min{e^{beta^2 d/2}, e^{1/(2 beta)}, C*})",
        "on the worlds of its proof the best constant lies in [.694, .848] where outputs call nothing, and "
        "1/(2 beta) may be (1 - eps)/beta; outputs that call the oracle are outside the printed proof: their "
        "calls are counted too (T21, CT); from beta about .47 on the base policy needs no call at all",
        "T21 CT CTr",
    ),
    _row("Equation (7)", 7, "no constants", "the bound of Theorem 2.1", "see Theorem 2.1", "T21"),
    _row(
        "Equation (8)",
        8,
        "no constants",
        "what the spanner misses under pi* x pi_ref is at most poly/T_prompt + C_cov/T_span",
        "eps_prompt + C_cov eps_span, both as for Lemma G.9",
        "LG9 S7",
    ),
    _row("Equation (9)", 8, "convention", "the truncated softmax policy", claims="S5 S6"),
    _row(
        "Theorem 3.1",
        9,
        "no constants",
        "SpannerSampling: average regret <= eps; T_data ~ (R^2/beta) d^2/min(eps, beta), "
        "T_comp ~ C_cov (R^2/beta^2) T_data^2, prompts ~ R^4 d^2/(beta^3 eps), C_cov calls per response",
        "every constant written out for our schedule (ST), and the printed one beside it (T31)",
        "ST T31 STr STc",
    ),
    _row(
        "Equation (10)",
        10,
        "no constants",
        "the regret decomposition of Lemma G.7, up to constants",
        "(2 + e) R C_cov in place of O(R C_cov), or (2 + e) R with the far mass under pi* x pi_ref",
        "LG7",
    ),
    _row(
        "Definition 4.1",
        10,
        "convention",
        "proper: every rewarded response is a draw of some pi_theta, chosen adaptively",
        "with one prompt as printed (T41); on many prompts our instance needs theta before the prompt (D41)",
        "LH1 T41 D41 P3 P5",
    ),
    _row(
        "Theorem 4.1",
        10,
        "no constants",
        "under randomised ETH no proper algorithm is efficient in data, calls and time at once",
        "with any output, at a regret of (9/20) delta beta, a learner run on zeros names signs that satisfy "
        "more than 2/(5T) of the clauses with probability 1/4 (rewards in [-1, 1], k >= 2, T <= 2^k; "
        "3/(16T) for rewards in [0, 1]); beside it P5 and PT, on another instance",
        "T41 T41o P5 P6 PT",
    ),
    _row("Equation (11)", 11, "convention", "autoregressive linear softmax policies", claims="T3"),
    _row("Definition 5.1", 11, "convention", "token-level oracles, strong and weak", claims="X8"),
    _row(
        "Equation (12)",
        12,
        "convention",
        "rewards linear in features of every prefix",
        claims="T3 PI1 C51",
    ),
    _row(
        "Corollary 5.1",
        12,
        "no constants",
        "SpannerSampling on whole responses of H tokens, a response costing H token calls",
        "dimension d H, radius H B, H token calls for a response: pairs like H^2, token calls like C_cov H^3 "
        "by our schedule and C_cov H^5 by the printed one",
        "C51 T7 TTh",
    ),
    _row(
        "Equation (13)",
        13,
        "holds",
        "C_cond <= 2 is compatible with C_cov >= 2^H",
        "C_cond = 2 and C_cov = 2^H with four uniform tokens, weight 3 on one; C_cov <= C_cond^H, attained",
        "T2",
    ),
    _row(
        "Theorem 5.1",
        13,
        "no constants",
        "MTSS: poly(d, H, B, 1/eps, log 1/delta) rewards, poly(C_cond, T_data) token calls",
        "the printed algorithm and ours reach the same eps on shared problems; ours is linear in C_cond and "
        "blind to C_cov",
        "T51 TT TTh",
    ),
    _row(
        "Equation (14)",
        27,
        "convention",
        "Bradley-Terry preferences",
        claims="",
        open="a label of the learners",
    ),
    _row("Equation (15)", 27, "convention", "OnlineDPO's logistic loss on preferences"),
    _row("Equation (16)", 27, "convention", "OnlineDPO's least squares on rewards", claims="C7"),
    _row("Equation (17)", 28, "convention", "XPO's objective: that loss, plus optimism", claims="C7"),
    _row("Definition C.1", 28, "convention", "the generalised oracle reveals log pi_theta(y|x) too"),
)

_TOOLS = (
    _row(
        "Lemma D.1",
        30,
        "holds",
        "Azuma and Hoeffding, for all T' <= T: R sqrt(8 T log(2/delta))",
        "R sqrt(2 T log(2/delta))",
        "LD1",
    ),
    _row(
        "Lemma D.2",
        30,
        "holds",
        "Freedman: sum X <= eta sum E X^2 + log(1/delta)/eta for 0 < eta < 1/R",
        "(e - 2) eta in place of eta",
        "LD2",
    ),
    _row(
        "Lemma D.3",
        30,
        "holds",
        "sum X <= 3/2 sum E + 4 R log(2/delta); sum E <= 2 sum X + 8 R log(2/delta)",
        "1.312 and 1.256 in place of 4 and 8, and log(1/delta) on each side",
        "LD3",
    ),
    _row(
        "Lemma D.4",
        30,
        "holds",
        "elliptic potential: 2 d log(1 + T/(d lambda)) for vectors of norm at most 1, and norms unsquared",
        "1/log 2 in place of 2; feature differences, for which pages 57 and 99 use it, have norms up to 2: "
        "log(1 + 4 T/(d lambda))",
        "S3 S3s LD4",
    ),
    _row(
        "Lemma D.5",
        31,
        "holds",
        "sequential union bound: all of T H calls succeed but for H T delta",
        "1 - (1 - delta)^{HT}, attained",
        "LD5",
    ),
    _row(
        "Lemma D.6",
        31,
        "holds",
        "1 <= x <= a log(1 + b x), a, b >= 3 implies x <= 2 a log(1 + a b)",
        "1.509 in place of 2, for all a, b, x > 0; G.8 uses it with b below 3",
        "LD6",
    ),
    _row(
        "Lemma E.1",
        33,
        "holds",
        "an output independent of the secret has P(regret <= 1/4) <= 1/2",
        "exactly 1/|S|",
        "LE1",
    ),
    _row(
        "Lemma E.2",
        34,
        "no constants",
        "E h(max(X_1, 0)) <~ eps_ref + e^{-beta^2 d/2}",
        "with the proof's constants e and 1, and 1.0816 max{eps_ref, e^{-beta^2 d/2}} without the maximum",
        "LE2 C3c C3f",
    ),
)

_SAMPLER = (
    _row("Algorithm 1", 36, "convention", "SoftmaxSampler", claims="S8 X4"),
    _row(
        "Theorem F.1",
        36,
        "holds",
        "SoftmaxSamplerDensity: exact on an event of probability 1 - delta; there "
        "|log rho - log pi_f/pi_ref| <= C_inf sqrt(2/M), (30)",
        "the event, with (30), fails with probability .0067 delta; off delta/2 even .3891 C_inf/sqrt(M)",
        "TF1",
    ),
    _row("Algorithm 2", 37, "convention", "SoftmaxSamplerDensity", claims="TF1 T8 T8p"),
    _row("Theorem F.2", 37, "holds", "the first part of Theorem F.1 for SoftmaxSampler", claims="TF1 S8"),
    _row(
        "Lemma F.1",
        38,
        "refuted",
        "distances of the sampler's law from its target, and pi^_f/pi_f <= e^{R/beta} N",
        "P = P[fails]: KL(pi^_f || pi_f) <= P min(2R/beta, R^2/(2 beta^2)), KL(pi^_f || pi_ref) <= KL(pi_f "
        "|| pi_ref), pi^_f/pi_f <= 1 + P (e^{2R/beta}/C_inf - 1); the printed ratio holds to R/beta = 9.47 "
        "and fails at 9.52",
        "LF1",
    ),
    _row(
        "Lemma F.2",
        38,
        "holds",
        "the bias of log rho is at most C_inf sqrt(2/M) + 4 (2B/beta + log N) delta",
        "of second order: at most (C_inf - 1)/N + (2R/beta)(delta/4)^5",
        "LF2",
    ),
    _row(
        "Lemma F.3",
        38,
        "holds",
        "means of g in [0,1] change by at most delta + P_x[M < 4 C]",
        ".0067 delta + E (1 - 1/C_x) 1{M < 4 C_x}",
        "LF3 LG11",
    ),
    _row(
        "Lemma F.4",
        38,
        "holds",
        "rejection with N >= M log(1/delta) accepts with probability 1 - delta, and then exactly",
        "N >= (M - 1/2) log(1/delta)",
        "LF4 S8 X4",
    ),
)

_SPANNER = (
    _row("Remark G.1", 43, "convention", "an average-case spanner, no barycentric one"),
    _row("Remark G.2", 43, "convention", "a fixed anchor response would do in place of a fresh one"),
    _row("Lemma G.1", 43, "holds", "reward differences are linear in feature differences", claims="LG1"),
    _row("Algorithm 3", 44, "convention", "SpannerSampling", claims="T31 STa"),
    _row(
        "Lemma G.2",
        45,
        "holds",
        "|pi_f/pi_ref| <= exp((max f - E_ref f)/beta)",
        claims="LG2",
    ),
    _row(
        "Lemma G.3",
        45,
        "no constants",
        "constrained least squares: |theta_t - theta*|^2 <= O(d R^2 log(B T/(R delta))) at all times",
        "gamma/2 + sqrt(gamma^2/4 + 4 R^2), gamma^2 = R^2 (log det + 2 log 1/delta); the constant of O is "
        "6.7",
        "LG3 S1",
    ),
    _row("Lemma G.4", 46, "holds", "regret of pi_f is beta KL, in three forms", claims="F1 S4"),
    _row(
        "Lemma G.5",
        47,
        "holds",
        "regret of the truncated policy: squared error over beta, and R times what is truncated",
        "e - 2 in place of 1 before the squares; of what is truncated under pi_theta nothing is left but e "
        "times the optimum's share",
        "LG7 S4 S5s",
    ),
    _row(
        "Lemma G.6",
        47,
        "holds",
        "pi_theta <= 2 e^2 C_cov pi_ref where at most half of pi* is truncated",
        "e^2 C_cov/pi*(I) inside, e C_cov/pi*(I) outside",
        "S6",
    ),
    _row(
        "Lemma G.7",
        47,
        "holds",
        "regret <= squared error/beta + 18 R C_cov eps' + 2 R P[x not in X_span(eps')]",
        "(2 + e) R P_{pi* x pi_ref}(truncated) in place of 18 R C_cov eps', and for every prompt",
        "LG7",
    ),
    _row(
        "Lemma G.8",
        52,
        "no constants",
        "|Psi_span| <~ d log(1 + 1/(nu lambda))/nu^2",
        "k <= 2 d log(1 + 4k/(d lambda))/nu^2, solved for k",
        "S2 S2s LD6",
    ),
    _row(
        "Lemma G.9",
        52,
        "no constants",
        "prompts on which more than eps_span = 8 log(4 T_prompt/delta)/T_span is uncovered are rare",
        "eps_span = 1/T_span, and a binomial tail: at most (2 (K - 1) + 1.256 log(1/delta))/((1 - 1/e) "
        "T_prompt)",
        "LG9 S7",
    ),
    _row(
        "Lemma G.10",
        55,
        "holds",
        "means under pi_t and pi^_t differ by delta_rej + 2 C_cov eps_span + eps_prompt",
        claims="LG11",
    ),
    _row(
        "Lemma G.11",
        56,
        "no constants",
        "sampling costs O(R log log(1/delta_rej)) (delta_rej + C_cov eps_span + eps_prompt)",
        "R (delta_rej + 2 C_cov eps_span + eps_prompt): the constant is 1, and there is no logarithm",
        "LG11",
    ),
)

_PROPER = (
    _row(
        "Conjecture H.1", 60, "convention", "the randomised exponential time hypothesis", claims="PT PTc TH2"
    ),
    _row(
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
    _row("Definition H.1", 61, "convention", "Max-k-DNF formulas and their value", claims="LH1 LH2 P1"),
    _row(
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
    _row(
        "Lemma H.2",
        62,
        "refuted",
        "mass off 0: at least val/(2m) at theta*, at most 2 (val(sgn theta)/m + e^{-1/(beta k)}) at any "
        "theta",
        "with features divided by the length of the clause, both parts attained, for every beta",
        "LH2",
    ),
    _row(
        "Lemma H.3",
        63,
        "holds",
        "regret >= beta times the squared difference of masses",
        "2 beta, which is best possible",
        "LH3",
    ),
    _row(
        "Lemma H.4",
        67,
        "no constants",
        "behaviour cloning turns an improper output into a proper one",
        "its W has e^{2B/beta}, and eps_0 is of order eps/(B/beta + log 1/min pi_ref)^2; T41 and "
        "P4, P5 need no such step",
        "LH4 T41",
        "the reduction itself rests on a theorem of others",
    ),
    _row(
        "Theorem H.2",
        68,
        "no constants",
        "telling m/n from m/n^c satisfied clauses is hard once k >= C c^2 log n",
        "k >= K log2 n for any K > c, and below c log2 n there is nothing to tell apart; C = 9.83 in (67), "
        "and not 9.82",
        "TH2 PTc PT",
        "hardness rests on Chan's theorem and rETH, eta on a constant of theirs; the arithmetic is checked",
    ),
    _row("Definition H.2", 69, "convention", "Max-P formulas", claims="LH5 TH3"),
    _row(
        "Theorem H.3",
        69,
        "cited",
        "sparse predicates that are hard to approximate (Chan, J. ACM 2016)",
        "threshold 2^r/2^k, 2^r the least power of two above k (k + 1 words for k = 2^r - 1), not 2k/2^k; "
        "any r <= k < 2^r gives such a predicate",
        "TH3",
        "Chan's theorem is cited; what it asks of the predicate is checked",
    ),
    _row(
        "Lemma H.5",
        70,
        "refuted",
        "a predicate with l accepting assignments becomes a DNF with l m clauses, of the same value",
        "clauses that nothing satisfies must be allowed, as for Lemma H.6",
        "LH5",
    ),
    _row(
        "Lemma H.6",
        70,
        "refuted",
        "serial repetition: m^t clauses of k t literals, value val^t",
        "clauses that nothing satisfies must be allowed; or written away, at 2^w times as many clauses and "
        "2^-w in the share (TH2); lengths are at most k t",
        "LH6 TH2",
    ),
)

_MULTI_TURN = (
    _row("Assumption I.1", 74, "convention", "each pi*_h is linear softmax", claims="T3"),
    _row("Definition I.1", 74, "convention", "Q^pi_h with regularisation", claims="LN4 LN6"),
    _row("Definition I.2", 74, "convention", "Q*_h by soft dynamic programming", claims="T1 LN4"),
    _row(
        "Proposition I.1",
        75,
        "holds",
        "linear rewards whose optimum no autoregressive linear softmax policy comes near",
        "exactly 1/(1 + delta) = 1 - delta + delta^2/(1 + delta), for every delta > 0; such a policy also "
        "loses at least log((3 + e^B)/4) - log((1 + e^B)/2)/2, attained",
        "PI1",
    ),
    _row("Definition I.3", 75, "convention", "the oracle on an MDP, which also tells the anchor's features"),
    _row("Definition I.4", 76, "convention", "conditional coverage", claims="T2"),
    _row(
        "Algorithm 4",
        77,
        "convention",
        "MTSS: `PrintedMTSS`, with its fixed anchor and returned iterate",
        claims="T51",
    ),
    _row(
        "Algorithm 5",
        79,
        "convention",
        "FitValue; as printed its reward at layer h is drawn once for all N rollouts, so its noise stays",
        claims="T51 LL4",
    ),
    _row("Remark J.1", 80, "convention", "why differences of Q are fitted"),
    _row(
        "Algorithm 6",
        81,
        "convention",
        "UncertainStateAction, one pair per layer and iteration; where all lengths are 0 it returns nothing",
        "returns the anchor there",
        "T51 LK1",
    ),
    _row("Remark J.2", 82, "convention", "the same idea in Optimistic-PSDP"),
    _row(
        "Theorem J.1",
        83,
        "no constants",
        "MTSS reaches eps <= beta^2/4 in polynomially many queries, with the parameters of J.1.4",
        "eps_reg^2 = min{2 beta eps/((e-2) H), beta^2/(4800 (e-2)^2 H^2 T)} in place of eps; LM2 has numbers "
        "with all terms of (129) and (157)",
        "TJ1 LM2 T51 TT",
        "J.1.4 asks for 4e19 base draws on two tokens at H = 8, so that runs have practical numbers",
    ),
    _row(
        "Remark J.3", 84, "convention", "C_cond <= |A| for a uniform base policy, as masses are at most one"
    ),
    _row("Remark J.4", 84, "convention", "a fresh anchor would do, as ours has", claims="TT"),
    _row(
        "Lemma K.1",
        85,
        "holds",
        "what UncertainStateAction misses, with probability 1 - delta': 4 log(16 H|C|/(lambda delta' zeta)) "
        "over N",
        "log(1/delta')/N of actions, and 1.582 log(1/delta')/N of states with 1/n or more, beyond the "
        "longest found itself: no H, |C|, lambda, zeta or factor 2; (86) needs > for >=, and page 87's set "
        "its complement",
        "LK1",
    ),
    _row(
        "Lemma K.2",
        87,
        "holds",
        "the same for every call of MTSS: 8 log(32 H T/(lambda delta nu^2))/N",
        "log(2 H T/delta)/N, 1/n and 1.582 log(2 H T/delta)/N; it does not follow from K.1, which has N in "
        "the logarithm",
        "LK2",
    ),
    _row(
        "Lemma L.1",
        88,
        "refuted",
        "the error of FitValue, with constants of page 95 (announced in (94))",
        "with the layer's rewards drawn in every rollout: noise (W^2/(4N)) (d + 2 sqrt(d t) + 2t) and the "
        "means' errors mu, told exactly; (101) exceeds 6HB, (109) drops H^2, C_3 a factor 6",
        "LL1 LL4",
    ),
    _row(
        "Lemma L.2",
        95,
        "holds",
        "the bias of its targets: C sqrt(2/M) where M >= 4C^2, 4B otherwise, of both sides",
        "(C-1)/N + (2B/beta) e^{-.3153 N/C} of one side, P KL(pi_ref||pi_theta) of the other, at most 2B a "
        "state; (96) prints a minus for a plus, page 90 quotes it with 8B",
        "LL2",
    ),
    _row(
        "Lemma L.3",
        97,
        "refuted",
        "mean divergence of the sampler's law from its target at later layers, by R_max",
        "B (the size of scores) for R_max: (2B/beta)(.0067 delta + P[M < 4C])",
        "LL3",
    ),
    _row(
        "Lemma L.4",
        98,
        "refuted",
        "the error of FitValue in every call of MTSS, with constants 2304, 19200 and 7680",
        "the rewards of the layer drawn in every rollout; as printed (Algorithm 5) their noise stays; C_1 "
        "and C_2 have T_prompt for |C| = 2(T-1), and a delta' that is not set",
        "LL4 LL1",
    ),
    _row(
        "Lemma M.1",
        99,
        "holds",
        "some iterate has no long pair in any layer: T >= 8 nu^-4 d H^2 log(1 + T/lambda)",
        "1 + H K iterations, K the most long pairs of one layer (S2s at nu/2); (125) needs log(1 + 4T/(d "
        "lambda))",
        "LM1 LK2",
    ),
    _row(
        "Lemma M.2",
        100,
        "no constants",
        "estimates are good to eps_reg in every layer: errors do not compound",
        "with explicit numbers of all kinds; M_rej >= 32 e C^2 is enough, though page 103 derives it from "
        "64 e^2 C^2 (LM3), and E B^2 is (2 e C q)^2 + p",
        "LM2 LM3 TJ1",
        "Lemma L.4 is taken as printed in LM2",
    ),
    _row(
        "Lemma M.3",
        104,
        "refuted",
        "pi_theta/pi_ref <= 2 e^{4 nu |theta - theta*|/beta} pi*/pi_ref at every action of an iterate",
        "at every action (4/3) e^{2c} C_cond, c = nu |theta - theta*|/beta, and (4/3) C_cond for the "
        "truncated optimum; n >= 4 C_cond is enough with LK2's 1/n, not with the printed log/n",
        "LN2 LM3",
    ),
    _row(
        "Lemma N.1",
        109,
        "refuted",
        "KL(pi_theta || pi*_trunc) <= E|phi|^2 |theta* - theta|^2/beta",
        "over beta^2, with the factor e - 2",
        "LN1",
    ),
    _row(
        "Lemma N.2",
        109,
        "refuted",
        "pi_theta/pi_ref <= (pi*/pi_ref) e^{4 nu |theta - theta*|/beta}/(1 - C_cond P_ref(truncated))",
        "with the larger ratio of the response and the anchor",
        "LN2 S6",
    ),
    _row(
        "Lemma N.3",
        111,
        "refuted",
        "regularised values of truncated policies, from both sides, with 2 R_max times far probabilities",
        "the range of Q* in the state in place of R_max, and the sum of two far probabilities",
        "LN3",
    ),
    _row(
        "Lemma N.4",
        113,
        "holds",
        "soft Bellman optimality in any MDP; (170) prints Z where beta log Z is meant",
        "the loss of any policy is beta times the later divergences from pi*",
        "LN4 T1 T5",
    ),
    _row(
        "Lemma N.5",
        114,
        "holds",
        "performance difference with regularisation, of any two policies",
        "so J(pi*) - J(pi) is beta times the divergences of all stages, with random moves too",
        "LN5 T4",
    ),
    _row(
        "Lemma N.6",
        114,
        "holds",
        "the same from a state on; (174) has the wrong policy before the later rewards",
        "for any costs in place of the log-ratios, within the support of the base policy",
        "LN6 T5",
    ),
    _row("Lemma N.7", 116, "holds", "sums over a core set: a factor 3", "3 is attained", "LN7"),
)

PAPER = (*_FRAMEWORK, *_TOOLS, *_SAMPLER, *_SPANNER, *_PROPER, *_MULTI_TURN)
