#!/bin/sh
# latex2mathml 3.81.1: `\sim` becomes an identifier, the tilde of the keyboard, where its neighbours become operators.
#
# A relation is `<mo>` with a sign that MathML's operator dictionary knows: `\simeq`, `\approx`, `\propto` and `\mid` come
# out so, and a browser sets space around them. `\sim` comes out as `<mi>~</mi>`, a letter: U+007E in place of U+223C, small,
# raised, and without space, so that "y \sim \pi" reads as one word. And of a name of a function nothing tells a
# browser that it is one: `\log x` is two identifiers next to each other, set as "logx", where `\sup` is an operator.
#
# What it costs: laws and logarithms in every formula of a page look wrong, and nothing fails. Replacing both in the
# text of the conversion is what helps.
#
# Run: sh findings/latex2mathml-sim.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check latex2mathml==3.81.1
"$folder/venv/bin/python" - <<'PYTHON'
import re
import sys

from latex2mathml.converter import convert


def inside(latex):
    return re.search("<mrow>(.*)</mrow>", convert(latex))[1]


relations = {name: inside("\\" + name) for name in ("sim", "simeq", "approx", "propto", "mid")}
for name, found in relations.items():
    print(f"\\{name:8} {found}")
logarithm = inside(r"\log x")
print(f"\\log x    {logarithm}")
others = all(found.startswith("<mo>&#x02") for name, found in relations.items() if name != "sim")
as_told = relations["sim"] == "<mi>&#x0007E;</mi>" and others and logarithm == "<mi>log</mi><mi>x</mi>"
sys.exit(not as_told)
PYTHON
