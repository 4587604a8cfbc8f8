"""`inspect FILE`: what an inspection found, for people and for programs, and who can run on it."""

import json
from importlib import resources
from typing import Any

from rich.console import Console
from rich.text import Text

from explore_theory.foundation.brief import shown
from explore_theory.instances import Instance
from explore_theory.instances.inspecting import inspected
from explore_theory.instances.inspecting.records import Statement, said
from explore_theory.reporting.on_instance import identity
from explore_theory.reporting.terminal import say, words

FORMAT, VERSION = "explore-theory inspection", 1
SCHEMA = "problem-1.schema.json"
_WORDS = {True: ("applies", "green"), False: ("does not apply", "yellow"), None: ("cannot be told", "yellow")}


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of problems in JSON."""
    file = resources.files("explore_theory.instances").joinpath("schemas", SCHEMA)
    return file.read_text(encoding="utf-8")


def learners_for(kind: str) -> tuple[str, ...]:
    """Who can be run on a problem of a kind, by the names that `run` takes."""
    from explore_theory.running import responses, tokens

    if kind == "tabular":
        return tuple(responses.learners())
    return tuple(tokens.TOKEN_LEARNERS) if kind == "tokens" else ()


def to_json(instance: Instance) -> str:
    """Everything that is found, as JSON."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "instance": identity(instance),
        **inspected(instance.problem).record(),
        "learners": list(learners_for(instance.kind)),
    }
    return json.dumps(told, indent=2, allow_nan=False)


def print_inspected(console: Console, instance: Instance) -> None:
    """The same, for people."""
    found = inspected(instance.problem)
    kind = type(instance.problem).__name__
    say(
        console,
        f"{shown(instance.path)}: {instance.kind} ({kind}), {instance.form}, sha256 {instance.digest[:12]}",
    )
    say(
        console,
        ", ".join(f"{name} {said(value)}" for name, value in found.sizes.items() if value is not None),
    )
    console.print()
    for name, value in found.quantities.items():
        say(console, f"  {name:<34} {said(value)}")
    for title, rows in found.tables.items():
        _print_table(console, title, rows)
    if found.warnings:
        console.print()
        for warning in found.warnings:
            say(console, f"note: {warning}")
    console.print()
    for statement in found.statements:
        _print_statement(console, statement)
    console.print()
    for line in _next(instance):
        say(console, line)


def _print_table(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    console.print()
    say(console, f"{title}:")
    lines = [list(rows[0]), *([said(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(rows[0]))]
    for line in lines:
        say(console, "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)))


def _print_statement(console: Console, statement: Statement) -> None:
    word, style = _WORDS[statement.applies]
    about = "" if statement.about == "this problem" else f" (about {statement.about})"
    line = Text(word, style=style)
    line.append_text(words(f": {', '.join(statement.claims)}: {statement.title}{about}", ""))
    console.print(line, soft_wrap=True)
    if statement.applies is not False:
        say(console, f"    {statement.says}")
    for assumption in statement.assumptions:
        mark = {True: "yes", False: "NO", None: "?"}[assumption.holds]
        say(console, f"    {mark:>3}  {assumption.says}")


def _next(instance: Instance) -> list[str]:
    names = learners_for(instance.kind)
    check = f"check statements on it: explore-theory verify --instance {shown(instance.path)}"
    if not names:
        return [check]
    return [check, f"run on it: {', '.join(names)}"]
