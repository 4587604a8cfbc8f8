#!/bin/sh
# pyarrow 26.0.1: of a dictionary array, some functions compare places in the dictionary and some compare values.
#
# A dictionary may hold a value twice, and a null: the format permits both, and `validate(full=True)` has no objection.
# Lower-casing the dictionary of an array, or joining labels that were distinct, is all that it takes. Then
#
# - `unique`, `value_counts` and `Table.group_by` go by the place: they give a value twice, each with a part of its count;
# - `join`, `is_in`, `index_in`, `equal` and `sort_indices` of the same array go by the value;
# - `drop_null` and `fill_null` leave a null that stands in the dictionary, which `is_null`, `is_valid` and `count` see,
#   and `group_by` makes two groups of null.
#
# Nothing warns; `unify_dictionaries`, the advice for dictionaries that differ between chunks, leaves one chunk as it is.
# Decoding first (`cast(pa.string())`) helps. polars 2.1.0 reads the same stream by value, and so (not run here) does
# DuckDB 2.0.1; pandas 3.1.1 refuses it.
#
# What it costs: a table of verdicts by kind of evidence whose rows are each right and do not add up to what is there.
# `explore_theory/reporting/frames.py` therefore builds dictionaries of distinct words without a null.
#
# Run: sh findings/pyarrow-dictionary-slots.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1 polars==2.1.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

print(f"pyarrow {pa.__version__}, polars {pl.__version__}")
labels = pa.array(["Holds", "holds", "refuted"])
twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 1]), pc.utf8_lower(labels))
hole = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["a", None, "c"]))
for array in (twice, hole):
    array.validate(full=True)
    print(array.to_pylist())


def groups(array):
    counted = pa.table({"k": array}).group_by("k").aggregate([([], "count_all")]).to_pylist()
    return sorted((str(row["k"]), row["count_all"]) for row in counted)


def join(array):
    other = pa.table({"k": array.slice(0, 1), "b": [1]})
    return pa.table({"k": array, "a": range(4)}).join(other, "k", join_type="inner").num_rows


def by_polars(array):
    return sorted((str(k), n) for k, n in pl.DataFrame(pa.table({"k": array})).group_by("k").len().rows())


QUESTIONS = {
    "unique": lambda a: pc.unique(a).to_pylist(),
    "value_counts": lambda a: [(row["values"], row["counts"]) for row in pc.value_counts(a).to_pylist()],
    "group_by": groups,
    "drop_null": lambda a: a.drop_null().to_pylist(),
    "fill_null": lambda a: pc.fill_null(a, "z").to_pylist(),
    "is_null": lambda a: a.is_null().to_pylist(),
    "count": lambda a: pc.count(a).as_py(),
    "join": join,
    "is_in": lambda a: pc.is_in(a, value_set=pa.array(["holds", "c"])).to_pylist(),
    "sort_indices": lambda a: pc.sort_indices(a).to_pylist(),
    "equal": lambda a: pc.equal(a, a.take(pa.array([1, 0, 2, 3]))).to_pylist(),
    "polars": by_polars,
}
WRONG = {"a value twice": {"unique", "value_counts", "group_by"},
         "a null inside": {"unique", "value_counts", "group_by", "drop_null", "fill_null"}}
as_described = True
for name, array in zip(WRONG, (twice, hole), strict=True):
    found = set()
    for question, ask in QUESTIONS.items():
        said, right = ask(array), ask(array.cast(pa.string()))
        if said != right:
            found.add(question)
            print(f"{name}: {question} {said}, decoded {right}")
    print(f"{name}: the same as decoded: {', '.join(q for q in QUESTIONS if q not in found)}")
    as_described &= found == WRONG[name]
unified = pa.chunked_array([twice]).unify_dictionaries().chunk(0).dictionary.to_pylist()
print(f"unify_dictionaries: {unified}")
as_described &= unified == ["holds", "holds", "refuted"]
sys.exit(not as_described)
PYTHON
