"""The import statements of a file of source, as they are written: nothing is run to find them."""

import ast
from functools import lru_cache


@lru_cache(maxsize=4096)
def import_statements(content: bytes) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """Level, module and names of every import statement in `content`, wherever it stands."""
    try:
        waiting: list[ast.AST] = [ast.parse(content)]
    except (SyntaxError, ValueError, RecursionError):
        # Whoever imports it will say so.
        return ()
    found: list[tuple[int, str, tuple[str, ...]]] = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found.extend((0, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append((node.level, node.module or "", tuple(alias.name for alias in node.names)))
        # Statements hold statements in these places only; expressions, most of a tree, hold none.
        for place in ("body", "orelse", "finalbody", "handlers", "cases"):
            inside = getattr(node, place, ())
            waiting.extend(inside if isinstance(inside, list) else ())
    return tuple(found)


def imported_names(name: str, is_package: bool, content: bytes) -> frozenset[str]:
    """Full names of what the module `name` with source `content` may import.

    ``from a import b`` may mean a module ``a.b``. A relative import in a module of no package leads nowhere.
    """
    package = name if is_package else name.rpartition(".")[0]
    found = set()
    for level, module, names in import_statements(content):
        base = module
        if level and package:
            around = package.split(".")[: len(package.split(".")) - level + 1]
            base = ".".join([*around, *([module] if module else [])])
        if base and (package or not level):
            found.add(base)
            found.update(f"{base}.{name}" for name in names if name != "*")
    return frozenset(found)
