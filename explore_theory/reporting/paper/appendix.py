r"""``appendix.tex``: what was verified and how, on one page, its numbers from ``bounds.tex``."""

from collections.abc import Iterator

from explore_theory.harness.verdicts.verdict import Status
from explore_theory.reporting.kinds import COVERS
from explore_theory.reporting.paper.latex import ETCHAR, comment, escape
from explore_theory.reporting.paper.material import Material
from explore_theory.reporting.paper.names import WHOLE
from explore_theory.reporting.paper.numbers import NONE
from explore_theory.reporting.text import untouched

#: Claims that are named where they do not hold, and characters of a command, so that one page is enough.
NAMED = 12
_CHARACTERS = 1200

_SAYS = r"""What was verified and how, on one page. Written by `explore-theory report --paper`.

By itself: pdflatex appendix.tex. In a paper: \input{appendix} where the appendix is to stand, as a section of
its own; from another folder with \newcommand{\etPath}{paper/} before it, where bounds.tex is to be found.
Every number is a macro of bounds.tex.
"""

#: Inside a document ``\@nodocument`` is relaxed; elsewhere this is the document.
_HEAD = r"""\providecommand{\etPath}{}
\expandafter\ifx\csname @nodocument\endcsname\relax
\providecommand{\etEnd}{}%
\else
\newcommand{\etEnd}{\end{document}}
\documentclass[10pt]{article}
\usepackage[a4paper,margin=2.3cm]{geometry}
\usepackage{booktabs}
\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}
\ifdefined\pdfinfoomitdate\pdfinfoomitdate=1 \pdftrailerid{}\fi
\ifdefined\directlua\pdfvariable suppressoptionalinfo 1023\relax\fi
\pagestyle{empty}
\begin{document}
\fi
\input{\etPath bounds}
"""
#: For a paper without booktabs.
_RULES = "".join(rf"\providecommand{{\{rule}rule}}{{\hline}}" for rule in ("top", "mid", "bottom")) + "%\n"


def appendix(material: Material) -> str:
    """The file, for LaTeX by itself and for ``\\input``."""
    parts = [
        comment(_SAYS) + _HEAD + ETCHAR + "\n" + _RULES,
        r"\section*{What was verified, and how}",
        _method(),
        _kinds(),
        *_verdicts(material),
        _chance(),
        *_open(material),
        *_again(material),
    ]
    return "\n\n".join(parts) + "\n\n\\etEnd\n"


def _whole(field: str) -> str:
    return rf"\et{{{WHOLE}}}{{{field}}}"


def _paragraph(title: str, words: str) -> str:
    return rf"\paragraph{{{title}.}} {words}"


def _method() -> str:
    return (
        rf"\noindent The {_whole('claims')} claims that this page is about were held against measurement "
        r"with \texttt{explore-theory}. A claim is a statement with its constants written out, and checks: "
        "each builds instances, measures a quantity from definitions alone, and compares it with the bound "
        "of the statement. A claim HOLDS if every comparison of every case came out as stated, to the "
        r"resolution of its check, and if the same engine refuted every \emph{false variant} of the claim, a "
        "statement that is wrong on purpose: a check that lets one through says nothing. The kinds of "
        "evidence, strongest first, with the number of claims that have some of the kind and of cases that "
        "are of it:"
    )


def _kinds() -> str:
    rows = [
        rf"{kind.value} & {escape(covers)} & {escape(behind)} & "
        rf"{_whole(f'{kind.value}/claims')} & {_whole(f'{kind.value}/cases')} \\"
        for kind, (covers, behind) in COVERS.items()
    ]
    return "\n".join(
        [
            r"\begin{center}\footnotesize\setlength{\tabcolsep}{4pt}",
            r"\begin{tabular}{@{}lp{.33\linewidth}p{.36\linewidth}rr@{}}",
            r"\toprule",
            r"kind & what it covers & what stands behind it & claims & cases \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}\end{center}",
        ]
    )


#: Verdicts that are told of only where there are some, with the word for them.
_OTHERS = (Status.REFUTED, Status.INCONCLUSIVE, Status.POWERLESS, Status.ERROR)


def _verdicts(material: Material) -> Iterator[str]:
    words = []
    for tier in material.tiers:
        results = [result for result in material.results if result.tier == tier]

        def of(field: str, tier: str = tier) -> str:
            return _whole(f"{tier}/{field}")

        others = [
            f"{of(status.value.lower())} {status.value}"
            for status in _OTHERS
            if any(result.verdict.status is status for result in results)
        ]
        said = f"At the {tier} tier {of('holds')} of {of('claims')} claims HOLD"
        if any(
            result.verdict.status is Status.HOLDS and untouched(result.record, tier) for result in results
        ):
            said += f" ({of('in-part')} of them in part: a check of theirs has no case at this tier)"
        said += "".join(f", {other}" for other in others) + f", on {of('cases')} cases. "
        said += f"{of('variants-refuted')} of {of('variants')} false variants were refuted."
        if any(result.printed for result in results):
            said += (
                f" Of {of('forms')} forms of statements as the paper prints them {of('forms-refuted')} are "
                f"REFUTED, each with a counter-example, and {of('forms-held')} HOLD."
            )
        words.append(said)
    yield _paragraph("Verdicts", " ".join(words))


def _chance() -> str:
    return _paragraph(
        "Chance",
        rf"The error level of a session is $\alpha = {_whole('alpha')}$: the chance that any comparison that "
        "chance can turn comes out wrong. It is shared over all statistical and rate cases that are "
        "registered; symbolic, exhaustive and certified evidence and searches spend none. A search is no "
        "proof: what it says is that it looked, how far, and found nothing.",
    )


def _open(material: Material) -> Iterator[str]:
    amiss = [entry.label for entry in material.entries if entry.worst.verdict.status is not Status.HOLDS]
    names = ", ".join(rf"{escape(label)} (\et{{{label}}}{{verdict}})" for label in amiss[:NAMED])
    more = " and others, which the table of verdicts lists" if len(amiss) > NAMED else ""
    words = f"These claims do not hold: {names}{more}." if amiss else "No claim of this report fails to hold."
    if material.items:
        words += (
            f" Of the {_whole('items')} numbered items of the paper {_whole('items-carried')} are carried by "
            f"a claim, whether or not it is in this report; of {_whole('items-open')} something is open. A "
            "verdict is one on the cases of its tier, on instances that were built, and on no others unless "
            "the evidence is a proof; the table of the paper's numbers says for each what was not done."
        )
    yield _paragraph("What is open", words)


def _again(material: Material) -> Iterator[str]:
    versions = {name for result in material.results for name in material.session(result).versions}
    listed = ", ".join(
        rf"{escape(name)} {_whole(f'versions/{name}')}" for name in sorted(versions, key=str.lower)
    )
    yield _paragraph(
        "Versions", rf"{listed or NONE}. The code of the engine has the digest \texttt{{{_whole('code')}}}."
    )
    command = " && ".join([*material.commands(), f"explore-theory report --paper{material.again}"])
    if len(command) > _CHARACTERS:
        command = f"{command[:_CHARACTERS]} ... (in full at the head of bounds.tex)"
    yield _paragraph("Again", rf"{{\raggedright\texttt{{{escape(command)}}}\par}}")
