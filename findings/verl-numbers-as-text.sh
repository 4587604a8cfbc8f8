#!/bin/sh
# verl 0.9.1, the trainer of `trainer.use_v1=False`: some of NumPy's numbers become texts in its dumps of rollouts.
#
# `trainer.rollout_data_dir` and `trainer.validation_data_dir` write a line of JSON a response: input, output, score,
# and what the reward function returns besides (`acc`, ..). `RayPPOTrainer` writes it with `json.dumps(.., default=str)`.
# NumPy's float64 is a Python float and stays a number; its float32, integers and truth values are not, and become what
# `str` makes of them: "0.5", "1", "True", "False". One column may hold numbers and texts, as the reward function
# computed each. Its newer trainer (`use_v1`, the default of this version) writes them as numbers; but in its dumps a
# `uid` that looks as if it named the prompt is another in every row (PROMPT_ROLLOUT_OUTPUT).
#
# What it costs: `bool(row["acc"])` is true for "False", so that every response is right; grouping by `uid` makes a
# prompt of every response. The reader of this package takes texts for the numbers that they spell, says how many, and
# groups by the input.
#
# The function is taken from the source as it is: to import its module takes torch and ray.
#
# Run: sh findings/verl-numbers-as-text.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.4.6
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps verl==0.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import ast
import json
import os
import sys
from importlib.metadata import files, version
from pathlib import Path

import numpy as np

print(f"verl {version('verl')}, NumPy {np.__version__}")
OLDER, NEWER = "trainer/ppo/ray_trainer.py", "trainer/ppo/v1/trainer_base.py"
COLUMN = [1.0, np.float64(0.5), np.float32(0.5), np.int64(1), np.True_, np.False_, True]
SEEN = [1.0, 0.5, "0.5", "1", "True", "False", True]
PLAIN = [1.0, 0.5, 0.5, 1, True, False, True]
n = len(COLUMN)


def text(part: str) -> str:
    (path,) = (file.locate() for file in files("verl") if str(file).endswith(part))
    return Path(path).read_text()


def written(part: str) -> list[object]:
    """The column as that trainer writes it."""
    nodes = ast.walk(ast.parse(text(part)))
    (function,) = (x for x in nodes if isinstance(x, ast.FunctionDef) and x.name == "_write_generations")
    function.decorator_list = []
    space = {"os": os, "json": json, "np": np}
    exec(compile(ast.Module([function], []), part, "exec"), space)
    space["_write_generations"](["q"] * n, ["r"] * n, [None] * n, [0.0] * n, {"acc": COLUMN}, Path(part).stem, 7)
    return [json.loads(line)["acc"] for line in (Path(Path(part).stem) / "7.jsonl").read_text().splitlines()]


def same(found: list[object], seen: list[object]) -> bool:
    return found == seen and list(map(type, found)) == list(map(type, seen))


print(f"a column: {[type(value).__name__ for value in COLUMN]}")
older, newer = written(OLDER), written(NEWER)
print(f"{OLDER}: {older}; counted by bool, {sum(map(bool, older))} of {n} are right, where {sum(map(bool, COLUMN))} are")
print(f"{NEWER}: {newer}")
keyed = '"uid": [batch.keys[i]' in text(NEWER) and "{uid}_{session_id}_{index}" in text(NEWER)
print(f"the newer one dumps as uid the key of a row, of the form uid_session_index: {keyed}")
odd = same(older, SEEN) and same(newer, PLAIN) and keyed
print("as described" if odd else "CHANGED: these numbers are written in another way")
sys.exit(0 if odd else 1)
PYTHON
