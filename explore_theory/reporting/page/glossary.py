"""What words and symbols mean, for a report that is read by itself; the site's glossary is made of it."""

from explore_theory.reporting.kinds import COVERS

#: Word and meaning, in the order in which a reader meets them.
GLOSSARY = (
    (
        "HOLDS",
        "Every comparison of every case came out as stated, every false variant was refuted, and every bound "
        "that is said to be tight broke when it was moved by five per cent.",
    ),
    ("REFUTED", "Some comparison contradicts the statement beyond its error; the counter-example is shown."),
    (
        "INCONCLUSIVE",
        "Neither: too few runs, a value that is no number, a solver that did not converge, or work that was "
        "not done.",
    ),
    (
        "POWERLESS",
        "The cases hold, but so does a false statement, or none was tried: that they hold says nothing.",
    ),
    ("ERROR", "The claim's code raised an error, or the claim is malformed."),
    (
        "NOT APPLICABLE",
        "Of a case: too few of its comparisons say anything; an assumption fails, say.",
    ),
    ("PART", "Some check of the claim has no case at this tier: the verdict is not one on it."),
    (
        "LOOSE",
        "No case is nearly an equality: the bound could be sharper, and how much is its slack. In the table "
        "of break points: it takes moving the bound about as far as the slack to refute it.",
    ),
    (
        "COARSE",
        "Some check cannot tell a violation below a resolution that is larger than usual; it says why.",
    ),
    ("TIGHT", "Moving the bound by less than five per cent would be noticed."),
    (
        "GONE",
        "No file of claims that was looked through has the claim any more: it was removed or renamed.",
    ),
    (
        "Slack",
        "Bound over measured at the tightest comparison, or measured over bound where it is from below: "
        "1 means that the bound is met, 10 that a sharper constant may be had. Of a sample it is an upper "
        "limit, from the end of its interval that is far from the bound: the cases show both ends.",
    ),
    (
        "False variant",
        "A statement that is wrong on purpose. The same engine must refute it, or the claim is POWERLESS.",
    ),
    ("Break point", "How far the bound can be moved before the claim's own evidence refutes it."),
    *(
        (kind.value.capitalize(), f"Covers {covers}; behind it: {behind}.")
        for kind, (covers, behind) in COVERS.items()
    ),
    (
        "Error level",
        "The chance that any verdict that chance can turn is wrong, shared over all that is registered.",
    ),
)

#: Symbol as statements are written, the field's name for it, and where it is in the code. Sources: Foster,
#: Mhammedi and Rohatgi, 2025 (arXiv 2503.07453), sections 1 to 3 and 5; what is ours says so.
SYMBOLS = (
    ("x", "prompt", "an entry of `TabularProblem.prompt_mass`"),
    ("y", "response", "a column of `TabularProblem.base`"),
    ("pi_ref", "base policy", "`TabularProblem.base`, `policies.Base`"),
    ("phi(x, y)", "features, of norm at most one", "`TabularProblem.features`"),
    ("d", "dimension of the features", "`Facts.d`"),
    ("r*(x, y)", "mean reward", "`TabularProblem.reward`"),
    (
        "theta*",
        "parameter of rewards: their differences are `<theta*, phi(x, y) - phi(x, y')>`",
        "`TabularProblem.theta_star`",
    ),
    ("Theta", "set of parameters that the strong oracle takes", "`Facts.parameters`"),
    ("B", "bound on the norm of `theta*`", "`Facts.parameter_radius`"),
    ("R", "range: differences of rewards lie in `[-R, R]`", "`Facts.reward_range`"),
    ("beta", "temperature, or price of divergence", "`Facts.beta`"),
    ("sigma", "scale of noise: that of a reward difference is sigma-sub-Gaussian", "`Facts.sigma`"),
    ("J(pi)", "objective: mean reward less `beta` times the divergence from `pi_ref`", "`exact.objective`"),
    ("pi*", "optimal policy", "`exact.optimal_policy`"),
    ("gap(pi)", "regret, `J(pi*) - J(pi)`", "`exact.gap`"),
    ("pi_theta", "linear softmax policy", "`policies.Softmax`"),
    (
        "C_cov",
        "coverage of responses, `sup pi*/pi_ref`",
        "`exact.coverage`; as a learner is told, `Facts.coverage`",
    ),
    (
        "C_cond",
        "coverage of tokens: the same of single tokens, over all prefixes",
        "`exact.soft_dynamics.log_conditional_coverage`; as a learner is told, "
        "`TokenFacts.conditional_coverage`",
    ),
    ("T_comp", "calls of the oracle", "`Ledger.compute`"),
    ("T_data", "rounds of two rewards (the paper counts each of the two)", "`Ledger.data`"),
    ("eps, delta", "accuracy of the gap, and the chance of missing it", "`Schedule.eps`, `Schedule.delta`"),
    ("H", "horizon: tokens in a response", "`Facts.horizon`"),
    ("Sigma", "regularised covariance of differences of features", "`Ridge.covariance`"),
    ("lambda", "ridge, the least eigenvalue of `Sigma`", "`Schedule.ridge`"),
    (
        "nu",
        "length beyond which a pair is uncertain, in the norm of the inverse of `Sigma`",
        "`Schedule.radius`",
    ),
    ("M", "ratio of densities up to which rejection sampling accepts", "`SoftmaxSampler.ratio`"),
    ("Q_h, V_h", "soft values of a token and of a prefix", "`exact.soft_dynamics.optimum`"),
)


def markdown() -> str:
    """The glossary as a page of the site, ``docs/glossary.md``."""
    cells = "".join(f"| `{sign}` | {name} | {place} |\n" for sign, name, place in SYMBOLS)
    words = "".join(f"- **{name}.** {means}\n" for name, means in GLOSSARY)
    return (
        "# Glossary\n\n"
        "This page is computed: `python -m explore_theory.reporting.page.glossary` writes it.\n\n"
        "## Symbols\n\n"
        "As statements write them, what the field calls them, and where they are in the code.\n\n"
        f"| symbol | name | in the code |\n|---|---|---|\n{cells}\n"
        f"## Words of a report\n\n{words}"
    )


if __name__ == "__main__":
    print(markdown(), end="")
