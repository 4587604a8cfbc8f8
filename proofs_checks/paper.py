"""The paper's own numbers: each item of its text and of appendices C to N, and what becomes of it here.

Here are the framework, the tools and SpannerSampling; `paper_proper` and `paper_tokens` have the rest.

Foster, Mhammedi and Rohatgi, *Is a Good Foundation Necessary for Efficient Reinforcement Learning? The
Computational Role of the Base Model in Exploration*, PMLR 291 (COLT 2025); pages are its own, 1 to 117. What
it says is put in our words. `explore-theory list --paper` shows the ledger, `show 'Lemma G.7'` a row of it.
"""

from explore_theory.harness import PaperItem


def row(
    number: str,
    page: int,
    stands: str,
    says: str,
    form: str = "",
    claims: str = "",
    open: str = "",
) -> PaperItem:
    """A row of the ledger; `claims` are ids with spaces between them."""
    return PaperItem(
        number=number, page=page, says=says, stands=stands, form=form, claims=tuple(claims.split()), open=open
    )


_FRAMEWORK = (
    row("Remark 1.1", 3, "convention", "responses may be token sequences of length H", claims="T1"),
    row("Assumption 1.1", 3, "convention", "the optimal policy is in the policy class"),
    row(
        "Remark 1.2",
        3,
        "no constants",
        "with preferences in place of rewards data grow by a factor exp(R) (appendix B.1)",
        open="no claim: the learners take preferences (feedback='preferences'), the factor is not measured",
    ),
    row("Equation (1)", 3, "convention", "the objective E r* - beta KL(pi || pi_ref)", claims="F1 F3"),
    row("Definition 1.1", 4, "convention", "pi_theta ∝ pi_ref exp(<theta, phi>/beta), Theta convex"),
    row(
        "Equation (3)",
        5,
        "holds",
        "C_cov = sup pi*/pi_ref, which is at most exp(R/beta)",
        "1 <= C_cov <= exp(R/beta), the upper end in the limit of a small base mass",
        "F2",
    ),
    row(
        "Equation (4)",
        5,
        "no constants",
        "XPO needs about d^2 log(1/delta)/eps^2 rewards, whatever the coverage",
        "rewards to a stated accuracy: flat in C_cov, at most like 1/eps^2; enumeration likewise",
        "C7 C6",
    ),
    row(
        "Assumption 2.1",
        6,
        "convention",
        "|theta| <= B, |phi| <= 1, differences of <theta*, phi> within R, 0 in Theta; beta <= R <= B",
    ),
    row(
        "Equation (5)",
        6,
        "holds",
        "under Assumption 1.1 reward differences are linear in feature differences (Lemma G.1)",
        claims="LG1",
    ),
    row("Definition 2.1", 6, "convention", "the strong and the weak sampling oracle", claims="X1 X4"),
    row("Definition 2.2", 7, "convention", "an alignment algorithm, T_data and T_comp", claims="CT"),
    row("Equation (6)", 7, "convention", "OnlineDPO's least squares on reward differences", claims="C7"),
    row(
        "Theorem 2.1",
        7,
        "no constants",
        "T_data >= Y/8, or T_comp >= Omega(min{e^{beta^2 d/2}, e^{1/(2 beta)}, C*})",
        "on the worlds of its proof the best constant lies in [.694, .848] where outputs call nothing, and "
        "1/(2 beta) may be (1 - eps)/beta; outputs that call the oracle are outside the printed proof: their "
        "calls are counted too (T21, CT); from beta about .47 on the base policy needs no call at all",
        "T21 CT CTr",
    ),
    row("Equation (7)", 7, "no constants", "the bound of Theorem 2.1", "see Theorem 2.1", "T21"),
    row(
        "Equation (8)",
        8,
        "no constants",
        "what the spanner misses under pi* x pi_ref is at most poly/T_prompt + C_cov/T_span",
        "eps_prompt + C_cov eps_span, both as for Lemma G.9",
        "LG9 S7",
    ),
    row("Equation (9)", 8, "convention", "the truncated softmax policy", claims="S5 S6"),
    row(
        "Theorem 3.1",
        9,
        "no constants",
        "SpannerSampling: average regret <= eps; T_data ~ (R^2/beta) d^2/min(eps, beta), "
        "T_comp ~ C_cov (R^2/beta^2) T_data^2, prompts ~ R^4 d^2/(beta^3 eps), C_cov calls per response",
        "every constant written out for our schedule (ST), and the printed one beside it (T31)",
        "ST T31 STr STc",
    ),
    row(
        "Equation (10)",
        10,
        "no constants",
        "the regret decomposition of Lemma G.7, up to constants",
        "(2 + e) R C_cov in place of O(R C_cov), or (2 + e) R with the far mass under pi* x pi_ref",
        "LG7",
    ),
    row(
        "Definition 4.1",
        10,
        "convention",
        "proper: every rewarded response is a draw of some pi_theta, chosen adaptively",
        "with one prompt as printed (T41); on many prompts our instance needs theta before the prompt (D41)",
        "LH1 T41 D41 P3 P5",
    ),
    row(
        "Theorem 4.1",
        10,
        "no constants",
        "under randomised ETH no proper algorithm is efficient in data, calls and time at once",
        "with any output, at a regret of (9/20) delta beta, a learner run on zeros names signs that satisfy "
        "more than 2/(5T) of the clauses with probability 1/4 (rewards in [-1, 1], k >= 2, T <= 2^k; "
        "3/(16T) for rewards in [0, 1]); beside it P5 and PT, on another instance",
        "T41 T41o P5 P6 PT",
    ),
    row("Equation (11)", 11, "convention", "autoregressive linear softmax policies", claims="T3"),
    row("Definition 5.1", 11, "convention", "token-level oracles, strong and weak", claims="X8"),
    row(
        "Equation (12)",
        12,
        "convention",
        "rewards linear in features of every prefix",
        claims="T3 PI1 C51",
    ),
    row(
        "Corollary 5.1",
        12,
        "no constants",
        "SpannerSampling on whole responses of H tokens, a response costing H token calls",
        "dimension d H, radius H B, H token calls for a response: pairs like H^2, token calls like C_cov H^3 "
        "by our schedule and C_cov H^5 by the printed one",
        "C51 T7 TTh",
    ),
    row(
        "Equation (13)",
        13,
        "holds",
        "C_cond <= 2 is compatible with C_cov >= 2^H",
        "C_cond = 2 and C_cov = 2^H with four uniform tokens, weight 3 on one; C_cov <= C_cond^H, attained",
        "T2",
    ),
    row(
        "Theorem 5.1",
        13,
        "no constants",
        "MTSS: poly(d, H, B, 1/eps, log 1/delta) rewards, poly(C_cond, T_data) token calls",
        "the printed algorithm and ours reach the same eps on shared problems; ours is linear in C_cond and "
        "blind to C_cov",
        "T51 TT TTh",
    ),
    row(
        "Equation (14)",
        27,
        "convention",
        "Bradley-Terry preferences",
        claims="",
        open="a label of the learners",
    ),
    row("Equation (15)", 27, "convention", "OnlineDPO's logistic loss on preferences"),
    row("Equation (16)", 27, "convention", "OnlineDPO's least squares on rewards", claims="C7"),
    row("Equation (17)", 28, "convention", "XPO's objective: that loss, plus optimism", claims="C7"),
    row("Definition C.1", 28, "convention", "the generalised oracle reveals log pi_theta(y|x) too"),
)

_TOOLS = (
    row(
        "Lemma D.1",
        30,
        "holds",
        "Azuma and Hoeffding, for all T' <= T: R sqrt(8 T log(2/delta))",
        "R sqrt(2 T log(2/delta))",
        "LD1",
    ),
    row(
        "Lemma D.2",
        30,
        "holds",
        "Freedman: sum X <= eta sum E X^2 + log(1/delta)/eta for 0 < eta < 1/R",
        "(e - 2) eta in place of eta",
        "LD2",
    ),
    row(
        "Lemma D.3",
        30,
        "holds",
        "sum X <= 3/2 sum E + 4 R log(2/delta); sum E <= 2 sum X + 8 R log(2/delta)",
        "1.312 and 1.256 in place of 4 and 8, and log(1/delta) on each side",
        "LD3",
    ),
    row(
        "Lemma D.4",
        30,
        "holds",
        "elliptic potential: 2 d log(1 + T/(d lambda)) for vectors of norm at most 1, and norms unsquared",
        "1/log 2 in place of 2; feature differences, for which pages 57 and 99 use it, have norms up to 2: "
        "log(1 + 4 T/(d lambda))",
        "S3 S3s LD4",
    ),
    row(
        "Lemma D.5",
        31,
        "holds",
        "sequential union bound: all of T H calls succeed but for H T delta",
        "1 - (1 - delta)^{HT}, attained",
        "LD5",
    ),
    row(
        "Lemma D.6",
        31,
        "holds",
        "1 <= x <= a log(1 + b x), a, b >= 3 implies x <= 2 a log(1 + a b)",
        "1.509 in place of 2, for all a, b, x > 0; G.8 uses it with b below 3",
        "LD6",
    ),
    row(
        "Lemma E.1",
        33,
        "holds",
        "an output independent of the secret has P(regret <= 1/4) <= 1/2",
        "exactly 1/|S|",
        "LE1",
    ),
    row(
        "Lemma E.2",
        34,
        "no constants",
        "E h(max(X_1, 0)) <~ eps_ref + e^{-beta^2 d/2}",
        "with the proof's constants e and 1, and 1.0816 max{eps_ref, e^{-beta^2 d/2}} without the maximum",
        "LE2 C3c C3f",
    ),
)

_SAMPLER = (
    row("Algorithm 1", 36, "convention", "SoftmaxSampler", claims="S8 X4"),
    row(
        "Theorem F.1",
        36,
        "holds",
        "SoftmaxSamplerDensity: exact on an event of probability 1 - delta; there "
        "|log rho - log pi_f/pi_ref| <= C_inf sqrt(2/M), (30)",
        "the event, with (30), fails with probability .0067 delta; off delta/2 even .3891 C_inf/sqrt(M)",
        "TF1",
    ),
    row("Algorithm 2", 37, "convention", "SoftmaxSamplerDensity", claims="TF1 T8 T8p"),
    row("Theorem F.2", 37, "holds", "the first part of Theorem F.1 for SoftmaxSampler", claims="TF1 S8"),
    row(
        "Lemma F.1",
        38,
        "refuted",
        "distances of the sampler's law from its target, and pi^_f/pi_f <= e^{R/beta} N",
        "P = P[fails]: KL(pi^_f || pi_f) <= P min(2R/beta, R^2/(2 beta^2)), KL(pi^_f || pi_ref) <= KL(pi_f "
        "|| pi_ref), pi^_f/pi_f <= 1 + P (e^{2R/beta}/C_inf - 1); the printed ratio holds to R/beta = 9.47 "
        "and fails at 9.483",
        "LF1",
    ),
    row(
        "Lemma F.2",
        38,
        "holds",
        "the bias of log rho is at most C_inf sqrt(2/M) + 4 (2B/beta + log N) delta",
        "of second order: at most (C_inf - 1)/N + (2R/beta)(delta/4)^5",
        "LF2",
    ),
    row(
        "Lemma F.3",
        38,
        "holds",
        "means of g in [0,1] change by at most delta + P_x[M < 4 C]",
        ".0067 delta + E (1 - 1/C_x) 1{M < 4 C_x}",
        "LF3 LG11",
    ),
    row(
        "Lemma F.4",
        38,
        "holds",
        "rejection with N >= M log(1/delta) accepts with probability 1 - delta, and then exactly",
        "N >= (M - 1/2) log(1/delta)",
        "LF4 S8 X4",
    ),
)

_SPANNER = (
    row("Remark G.1", 43, "convention", "an average-case spanner, no barycentric one"),
    row("Remark G.2", 43, "convention", "a fixed anchor response would do in place of a fresh one"),
    row("Lemma G.1", 43, "holds", "reward differences are linear in feature differences", claims="LG1"),
    row("Algorithm 3", 44, "convention", "SpannerSampling", claims="T31 STa"),
    row(
        "Lemma G.2",
        45,
        "holds",
        "|pi_f/pi_ref| <= exp((max f - E_ref f)/beta)",
        claims="LG2",
    ),
    row(
        "Lemma G.3",
        45,
        "no constants",
        "constrained least squares: |theta_t - theta*|^2 <= O(d R^2 log(B T/(R delta))) at all times",
        "gamma/2 + sqrt(gamma^2/4 + 4 R^2), gamma^2 = R^2 (log det + 2 log 1/delta); the constant of O is "
        "6.7",
        "LG3 S1",
    ),
    row("Lemma G.4", 46, "holds", "regret of pi_f is beta KL, in three forms", claims="F1 S4"),
    row(
        "Lemma G.5",
        47,
        "holds",
        "regret of the truncated policy: squared error over beta, and R times what is truncated",
        "e - 2 in place of 1 before the squares; of what is truncated under pi_theta nothing is left but e "
        "times the optimum's share",
        "LG7 S4 S5s",
    ),
    row(
        "Lemma G.6",
        47,
        "holds",
        "pi_theta <= 2 e^2 C_cov pi_ref where at most half of pi* is truncated",
        "e^2 C_cov/pi*(I) inside, e C_cov/pi*(I) outside",
        "S6",
    ),
    row(
        "Lemma G.7",
        47,
        "holds",
        "regret <= squared error/beta + 18 R C_cov eps' + 2 R P[x not in X_span(eps')]",
        "(2 + e) R P_{pi* x pi_ref}(truncated) in place of 18 R C_cov eps', and for every prompt",
        "LG7",
    ),
    row(
        "Lemma G.8",
        52,
        "no constants",
        "|Psi_span| <~ d log(1 + 1/(nu lambda))/nu^2",
        "k <= 2 d log(1 + 4k/(d lambda))/nu^2, solved for k",
        "S2 S2s LD6",
    ),
    row(
        "Lemma G.9",
        52,
        "no constants",
        "prompts on which more than eps_span = 8 log(4 T_prompt/delta)/T_span is uncovered are rare",
        "eps_span = 1/T_span, and a binomial tail: at most (2 (K - 1) + 1.256 log(1/delta))/((1 - 1/e) "
        "T_prompt)",
        "LG9 S7",
    ),
    row(
        "Lemma G.10",
        55,
        "holds",
        "means under pi_t and pi^_t differ by delta_rej + 2 C_cov eps_span + eps_prompt",
        claims="LG11",
    ),
    row(
        "Lemma G.11",
        56,
        "no constants",
        "sampling costs O(R log log(1/delta_rej)) (delta_rej + C_cov eps_span + eps_prompt)",
        "R (delta_rej + 2 C_cov eps_span + eps_prompt): the constant is 1, and there is no logarithm",
        "LG11",
    ),
)

PAPER = (*_FRAMEWORK, *_TOOLS, *_SAMPLER, *_SPANNER)
