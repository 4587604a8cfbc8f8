#!/bin/sh
# fast-sugiyama 0.5.3 (layered drawings of directed graphs): the drawing of one graph changes from run to run if its
# nodes have names, and does not if they are numbers.
#
# `from_edges(edges)` takes nodes that are numbers or strings. Those are put into a set and numbered in the order in
# which the set gives them, and the layout depends on the numbers: which nodes share a place in the order, how wide
# the drawing is, how often lines cross. Python hashes strings with a new seed in every process, so the same edges in
# the same order have another drawing each time; in one process, or with PYTHONHASHSEED fixed, it is always the same.
# Small whole numbers come out of a set in order, so a graph of numbers has one drawing. Its page says nothing of it.
#
# What it costs: a figure that is written twice from the same data differs, and "reports are equal byte for byte", or
# a picture under version control, fails at random. Number the nodes yourself, and keep the names beside.
#
# Run: sh findings/fast-sugiyama-names-and-hashes.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check fast-sugiyama==0.5.3
cat > "$folder/draw.py" <<'PYTHON'
import sys

from fast_sugiyama import from_edges

EDGES = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 5), (2, 5), (2, 6), (3, 6), (3, 7), (4, 7), (0, 7), (1, 8), (4, 8)]
EDGES += [(5, 9), (8, 9)]
name = {"numbers": int, "names": "node {}".format}[sys.argv[1]]
drawings = set()
for _ in range(3):
    (found,) = from_edges([(name(a), name(b)) for a, b in EDGES])
    places = {str(node).rpartition(" ")[2]: place for node, place in found[0]}
    drawings.add((found[1], tuple(sorted(places.items()))))
assert len(drawings) == 1, "one process, one drawing"
print(drawings.pop())
PYTHON
count() { # kind, seeds
    for seed in $2; do PYTHONHASHSEED=$seed "$folder/venv/bin/python" "$folder/draw.py" "$1"; done | sort -u | wc -l
}
numbers=$(count numbers "1 2 3 4 5 6 7 8")
names=$(count names "1 2 3 4 5 6 7 8")
fixed=$(count names "1 1 1 1")
echo "fast-sugiyama 0.5.3, one graph of ten nodes in processes with eight hash seeds:"
echo "  nodes are numbers: $numbers drawing; nodes are names: $names drawings; names and one seed: $fixed drawing"
if [ "$numbers" = 1 ] && [ "$fixed" = 1 ] && [ "$names" -gt 1 ]; then
    echo "as described"
else
    echo "it has changed"
    exit 1
fi
