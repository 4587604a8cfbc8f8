r"""``bounds.tex``: every number as a LaTeX macro."""

from explore_theory.reporting.paper.latex import ETCHAR, comment, escape
from explore_theory.reporting.paper.material import Material
from explore_theory.reporting.paper.names import named
from explore_theory.reporting.paper.numbers import numbers

_SAYS = r"""Numbers of the report, written by `explore-theory report --paper`; do not edit, run it again.

\input{bounds} in the preamble, then \et{C2}{slack} or, the same, \etCtwoSlack: digits are spelled out.
A name that is not there is an error of LaTeX's, never an empty place.

  \et{C2}{verdict}                  HOLDS, REFUTED, ...; at the tier \et{C2}{tier}
  \et{C2}{slack}                    bound over measured at the tightest comparison
  \et{C2}{evidence}                 kinds of evidence with their effort
  \et{C2}{variants-refuted}         false variants that were refuted, of \et{C2}{variants}
  \et{C2}{CHECK/CASE/measured}      of one case, as well as /bound, /slack and /verdict
  \et{C2}{CHECK/best}               where the best value of a constant lies, if the check locates one
  \et{*}{claims}                    of the whole report; \et{*}{quick/holds} of a tier

Intervals are rounded outwards to six digits, single numbers to the nearest; "-" where there is nothing.
Of a claim with results at both tiers \et{C2}{..} means the one that does not hold if there is one, else the
full one; \et{C2 quick}{..} and \et{C2 full}{..} mean each of them. Macros whose letters would be the same end
in letters of a digest; find them here by the names of claim and case.
"""

#: ``\et{C2}{slack}`` expands, so that it may stand in \num and in comparisons; what it does not find is a
#: command that nobody defines, which LaTeX names in its error.
_LOOKUP = r"""\ifdefined\etkey\expandafter\endinput\fi
\newcommand{\etkey}[3]{\expandafter\newcommand\csname et@#1@#2\endcsname{#3}}%
\newcommand{\et}[2]{\ifcsname et@#1@#2\endcsname\csname et@#1@#2\endcsname\else\etNoSuchNumber\fi}%
"""


def bounds(material: Material) -> str:
    """The file: its names in a comment, then the numbers, those of each claim after what finds it again."""
    again = "".join(f"  {command}\n" for command in material.commands())
    lines = [comment(f"{_SAYS}\nAll of it again:\n{again}"), _LOOKUP, f"{ETCHAR}%\n"]
    replays = {entry.label: material.command(entry.worst) for entry in material.entries}
    for entry in material.entries:
        if len(entry.results) > 1:
            replays |= {f"{entry.label} {one.tier}": material.command(one) for one in entry.results}
    told = None
    for one in named(numbers(material)):
        if one.number.claim != told:
            told = one.number.claim
            lines.append("%\n" + (comment(f"{told}: {replays[told]}") if told in replays else ""))
        value = escape(one.number.value)
        lines.append(f"\\newcommand{{\\{one.macro}}}{{{value}}}")
        lines.append(f"\\etkey{{{one.key}}}{{{one.field}}}{{\\{one.macro}}}%\n")
    return "".join(lines)
