"""Print the ids of the claims whose turn it is: ``turn.py I N`` for the I-th of N parts, every N-th claim."""

import sys

from explore_theory.harness.discovery.registry import discover

index, number = map(int, sys.argv[1:])
print(*(registered.label for registered in discover().claims[index - 1 :: number]))
