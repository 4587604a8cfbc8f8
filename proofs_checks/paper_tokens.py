"""Section 5 and appendices I to N, exploration token by token: rows of the ledger that `paper` begins."""

from proofs_checks.paper import row

PAPER = (
    row("Assumption I.1", 74, "convention", "each pi*_h is linear softmax", claims="T3"),
    row("Definition I.1", 74, "convention", "Q^pi_h with regularisation", claims="LN4 LN6"),
    row("Definition I.2", 74, "convention", "Q*_h by soft dynamic programming", claims="T1 LN4"),
    row(
        "Proposition I.1",
        75,
        "holds",
        "linear rewards whose optimum no autoregressive linear softmax policy comes near",
        "exactly 1/(1 + delta) = 1 - delta + delta^2/(1 + delta), for every delta > 0; such a policy also "
        "loses at least log((3 + e^B)/4) - log((1 + e^B)/2)/2, attained",
        "PI1",
    ),
    row("Definition I.3", 75, "convention", "the oracle on an MDP, which also tells the anchor's features"),
    row("Definition I.4", 76, "convention", "conditional coverage", claims="T2"),
    row(
        "Algorithm 4",
        77,
        "convention",
        "MTSS: `PrintedMTSS`, with its fixed anchor and returned iterate",
        claims="T51",
    ),
    row(
        "Algorithm 5",
        79,
        "convention",
        "FitValue; as printed its reward at layer h is drawn once for all N rollouts, so its noise stays",
        claims="T51 LL4",
    ),
    row("Remark J.1", 80, "convention", "why differences of Q are fitted"),
    row(
        "Algorithm 6",
        81,
        "convention",
        "UncertainStateAction, one pair per layer and iteration; where all lengths are 0 it returns nothing",
        "returns the anchor there",
        "T51 LK1",
    ),
    row("Remark J.2", 82, "convention", "the same idea in Optimistic-PSDP"),
    row(
        "Theorem J.1",
        83,
        "no constants",
        "MTSS reaches eps <= beta^2/4 in polynomially many queries, with the parameters of J.1.4",
        "eps_reg^2 = min{2 beta eps/((e-2) H), beta^2/(4800 (e-2)^2 H^2 T)} in place of eps; LM2 has numbers "
        "with all terms of (129) and (157)",
        "TJ1 LM2 T51 TT",
        "J.1.4 asks for 4e19 base draws on two tokens at H = 8, so that runs have practical numbers",
    ),
    row("Remark J.3", 84, "convention", "C_cond <= |A| for a uniform base policy, as masses are at most one"),
    row("Remark J.4", 84, "convention", "a fresh anchor would do, as ours has", claims="TT"),
    row(
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
    row(
        "Lemma K.2",
        87,
        "holds",
        "the same for every call of MTSS: 8 log(32 H T/(lambda delta nu^2))/N",
        "log(2 H T/delta)/N, 1/n and 1.582 log(2 H T/delta)/N; it does not follow from K.1, which has N in "
        "the logarithm",
        "LK2",
    ),
    row(
        "Lemma L.1",
        88,
        "refuted",
        "the error of FitValue, with constants of page 95 (announced in (94))",
        "with the layer's rewards drawn in every rollout: noise (W^2/(4N)) (d + 2 sqrt(d t) + 2t) and the "
        "means' errors mu, told exactly; (101) exceeds 6HB, (109) drops H^2, C_3 a factor 6",
        "LL1 LL4",
    ),
    row(
        "Lemma L.2",
        95,
        "holds",
        "the bias of its targets: C sqrt(2/M) where M >= 4C^2, 4B otherwise, of both sides",
        "(C-1)/N + (2B/beta) e^{-.3153 N/C} of one side, P KL(pi_ref||pi_theta) of the other, at most 2B a "
        "state; (96) prints a minus for a plus, page 90 quotes it with 8B",
        "LL2",
    ),
    row(
        "Lemma L.3",
        97,
        "refuted",
        "mean divergence of the sampler's law from its target at later layers, by R_max",
        "B (the size of scores) for R_max: (2B/beta)(.0067 delta + P[M < 4C])",
        "LL3",
    ),
    row(
        "Lemma L.4",
        98,
        "refuted",
        "the error of FitValue in every call of MTSS, with constants 2304, 19200 and 7680",
        "the rewards of the layer drawn in every rollout; as printed (Algorithm 5) their noise stays; C_1 "
        "and C_2 have T_prompt for |C| = 2(T-1), and a delta' that is not set",
        "LL4 LL1",
    ),
    row(
        "Lemma M.1",
        99,
        "holds",
        "some iterate has no long pair in any layer: T >= 8 nu^-4 d H^2 log(1 + T/lambda)",
        "1 + H K iterations, K the most long pairs of one layer (S2s at nu/2); (125) needs log(1 + 4T/(d "
        "lambda))",
        "LM1 LK2",
    ),
    row(
        "Lemma M.2",
        100,
        "no constants",
        "estimates are good to eps_reg in every layer: errors do not compound",
        "with explicit numbers of all kinds; M_rej >= 32 e C^2 is enough, though page 103 derives it from "
        "64 e^2 C^2 (LM3), and E B^2 is (2 e C q)^2 + p",
        "LM2 LM3 TJ1",
        "Lemma L.4 is taken as printed in LM2",
    ),
    row(
        "Lemma M.3",
        104,
        "refuted",
        "pi_theta/pi_ref <= 2 e^{4 nu |theta - theta*|/beta} pi*/pi_ref at every action of an iterate",
        "at every action (4/3) e^{2c} C_cond, c = nu |theta - theta*|/beta, and (4/3) C_cond for the "
        "truncated optimum; n >= 4 C_cond is enough with LK2's 1/n, not with the printed log/n",
        "LN2 LM3",
    ),
    row(
        "Lemma N.1",
        109,
        "refuted",
        "KL(pi_theta || pi*_trunc) <= E|phi|^2 |theta* - theta|^2/beta",
        "over beta^2, with the factor e - 2",
        "LN1",
    ),
    row(
        "Lemma N.2",
        109,
        "refuted",
        "pi_theta/pi_ref <= (pi*/pi_ref) e^{4 nu |theta - theta*|/beta}/(1 - C_cond P_ref(truncated))",
        "with the larger ratio of the response and the anchor",
        "LN2 S6",
    ),
    row(
        "Lemma N.3",
        111,
        "refuted",
        "regularised values of truncated policies, from both sides, with 2 R_max times far probabilities",
        "the range of Q* in the state in place of R_max, and the sum of two far probabilities",
        "LN3",
    ),
    row(
        "Lemma N.4",
        113,
        "holds",
        "soft Bellman optimality in any MDP; (170) prints Z where beta log Z is meant",
        "the loss of any policy is beta times the later divergences from pi*",
        "LN4 T1 T5",
    ),
    row(
        "Lemma N.5",
        114,
        "holds",
        "performance difference with regularisation, of any two policies",
        "so J(pi*) - J(pi) is beta times the divergences of all stages, with random moves too",
        "LN5 T4",
    ),
    row(
        "Lemma N.6",
        114,
        "holds",
        "the same from a state on; (174) has the wrong policy before the later rewards",
        "for any costs in place of the log-ratios, within the support of the base policy",
        "LN6 T5",
    ),
    row("Lemma N.7", 116, "holds", "sums over a core set: a factor 3", "3 is attained", "LN7"),
)
