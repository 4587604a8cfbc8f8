#!/bin/sh
# aniate 2.1.0 (Markov decision processes): a policy that never leaves the start has the value 1 of reaching the goal.
#
# `solve` is to return "optimal policies together with their exact values", where `value` is "never an unconverged
# iterate", and `check` compares simulated episodes with the model. In the readme's corridor of five states, with steps
# that are certain, a reward of 1 on reaching the end, none elsewhere, and no discount, every state is worth 1. So is
# each action then, going back and forth for ever as well, and of equals the first in the list is taken: with ["left",
# "right"] the policy is left everywhere, "start value 1", and with the actions the other way round it is right. That
# its value could not be computed is known within (`evaluate` of that policy raises), and the iterate is kept; `bound`
# is inf, as for every undiscounted model. `check(model, policy=solution)` simulates 3,000,000 steps, none of which
# arrives, and says PASSED. With a discount, or where steps may fail, the policy is right.
#
# What it costs: a reward for reaching the end and nothing else is how tasks with a right answer are put, and whether
# their policy gets there depends on the order of the actions, under a report that it earns all there is. `simulate`
# shows it. Decision processes of this package end after H steps (`explore_theory.problems.processes`).
#
# Run: sh findings/aniate-undiscounted.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aniate==2.1.0 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import aniate as an

print(f"aniate {version('aniate')}")
an.verbosity("quiet")


def corridor(actions, gamma=1.0, slip=0.0):
    """States 0 to 4 in a row, the last one terminal."""

    def transition(state, action):
        if action == "left":
            return {max(state - 1, 0): 1.0}
        return {state + 1: 1.0 - slip, state: slip} if slip and state < 4 else {min(state + 1, 4): 1.0}

    return an.from_functions(
        states=range(5),
        actions=actions,
        transition=transition,
        reward=lambda state, action, there: float(there == 4),
        gamma=gamma,
        terminal=[4],
        initial=0,
    )


LEFT, RIGHT = ["left", "right"], ["right", "left"]
odd = True
for name, model, seen, passes in (
    ("left first", corridor(LEFT), ("left", 1.0, 0.0), True),
    ("right first", corridor(RIGHT), ("right", 1.0, 1.0), True),
    ("left first, discount .9", corridor(LEFT, gamma=0.9), ("right", 0.729, 0.729), True),
    ("left first, one step in five fails", corridor(LEFT, slip=0.2), ("right", 1.0, 1.0), True),
):
    solution = model.solve()
    runs = an.simulate(model, solution, episodes=100)
    report = an.check(model, policy=solution)
    found = (solution.action(0), round(solution.start_value, 6), round(float(runs.returns.mean()), 6))
    try:
        alone = f"{an.evaluate(model, solution.policy)[0]:.3f}"
    except ValueError:
        alone = "refused"
    print(
        f"{name}: {found[0]}, said to be worth {found[1]}, earns {found[2]}; evaluated alone {alone};"
        f" check: {'passed' if report.ok else 'failed'} after {report.stats['steps']:,} steps"
    )
    odd &= found == seen and report.ok == passes and (alone == "refused") == (seen[2] == 0)
print("as described" if odd else "CHANGED: the policy earns what it is said to be worth, or the check says so")
sys.exit(0 if odd else 1)
PYTHON
