"""What the words of a report mean, for a reader who opens it without the guide."""

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
