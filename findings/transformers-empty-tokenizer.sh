#!/bin/sh
# transformers 5.24.0: for some kinds of models a folder without any tokenizer has one, which knows no text.
#
# `AutoTokenizer.from_pretrained(FOLDER)`, where FOLDER has a config.json and no file of a tokenizer, as a model's own
# `save_pretrained` leaves it, raises for Llama that no tokenizer can be made. For GPT-2 it returns a GPT2Tokenizer
# without a warning. Its vocabulary is the end token alone; every text is [] in it, and "hello" and "" are one prompt.
#
# What it costs: prompts go into the model as nothing at all, or as the token that begins a text, and what is drawn are
# samples of no prompt that look like samples of yours. `explore_theory.models.causal.folder` asks for the file of a
# tokenizer before anything is loaded.
#
# Run: sh findings/transformers-empty-tokenizer.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.24.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON' 2>"$folder/said"
import json
import pathlib
import sys

import transformers

print(f"transformers {transformers.__version__}")
loaded = {}
for kind in ("gpt2", "llama"):
    folder = pathlib.Path(kind)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": kind, "vocab_size": 50257}))
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (ValueError, OSError) as error:
        print(f"{kind}: {type(error).__name__}, {str(error).split(chr(10))[0]}")
        continue
    loaded[kind] = tokenizer
    ids = [tokenizer(text)["input_ids"] for text in ("hello", "What is 2 + 2?", "")]
    print(f"{kind}: a {type(tokenizer).__name__} of {len(tokenizer)} token; hello, a question, nothing: {ids}")
odd = set(loaded) == {"gpt2"}
odd = odd and len(loaded["gpt2"]) == 1
odd = odd and loaded["gpt2"]("hello")["input_ids"] == loaded["gpt2"]("")["input_ids"] == []
print("as described" if odd else "CHANGED: no such tokenizer is made, or another one")
sys.exit(0 if odd else 1)
PYTHON
# Without torch the library says that it has tokenizers alone; of this one nothing is said.
if grep -v "PyTorch was not found" "$folder/said" | grep -qi tokenizer; then
  echo "CHANGED: something is said about the tokenizer"
  cat "$folder/said"
  exit 1
fi
