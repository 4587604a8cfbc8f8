"""Finding a learner by ``module:Name`` or ``path/to/file.py:Name``, in its own process.

Nothing of the package is imported here but its standard library.
"""

import copy
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Parameters of a learner's constructor that its budget fills, and how.
FILLED = ("calls", "rounds")


class NoLearner(Exception):
    """There is nothing by that name that could play; the message is one line."""


def find(place: str, settings: Mapping[str, Any]) -> "Found":
    """The learner at `place`, made with `settings` and, where it takes them, its budgets.

    Raises
    ------
    NoLearner
        In one line: no such module, file or name, or what is there is no learner.
    """
    source, _, name = place.rpartition(":")
    if not source or not name:
        raise NoLearner(f"learner must be module:Name or path/to/file.py:Name, got {place!r}")
    module = _file(source) if source.endswith(".py") else _module(source)
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            there = sorted(n for n in vars(module) if not n.startswith("_") and callable(vars(module)[n]))
            listed = ", ".join(there[:8]) or "nothing that can be called"
            raise NoLearner(f"learner must be a name in {source}, got {name!r} (it has {listed})")
        value = getattr(value, part)
    return Found(value, name, dict(settings))


class Found:
    """A learner that was found, and what it says of itself."""

    def __init__(self, value: Any, name: str, settings: dict[str, Any]) -> None:
        self.name, self._value, self._settings = name, value, settings
        self._class = inspect.isclass(value)
        run = getattr(value, "run", None)
        if not callable(run) and (self._class or not callable(value)):
            got = f"the class {name}" if self._class else f"a {type(value).__name__}"
            raise NoLearner(
                f"learner must be a function of an oracle, or have a method run(oracle), got {got} "
                "without one"
            )
        self._method = callable(run)
        if not self._class and settings:
            raise NoLearner(f"set must be for a class that takes parameters, got {sorted(settings)[0]}")
        self.proper = self._said("proper")
        #: Whether it holds the arrays of `explore_theory.oracles`: whoever says ``vectorised`` does.
        self.arrays = hasattr(value, "vectorised")
        self.vectorised = self._said("vectorised")
        self._takes = _parameters(value) if self._class else {}
        for key in settings:
            if key not in self._takes:
                raise NoLearner(
                    f"set must name a parameter of {name} "
                    f"({', '.join(self._takes) or 'it has none'}), got {key!r}"
                )
        for key, parameter in self._takes.items():
            if parameter.default is parameter.empty and key not in settings and key not in FILLED:
                raise NoLearner(f"{name} must be given {key}, got none (--set {key}=VALUE)")

    def _said(self, flag: str) -> bool:
        said = getattr(self._value, flag, False)
        if type(said) is not bool:
            raise NoLearner(f"{flag} must be True or False, got {flag}={said!r:.40}")
        return said

    def fresh(self, budget: Mapping[str, int]) -> Callable[[Any], Any]:
        """The learner for one run: a new object, or a copy of the one that there is."""
        if not self._method:
            return self._value  # type: ignore[no-any-return]
        if not self._class:
            return copy.deepcopy(self._value).run  # type: ignore[no-any-return]
        # One call is kept for whoever draws from the policy that is returned.
        filled = {"calls": max(budget["calls"] - 1, 0), "rounds": max(budget["rewards"], 1)}
        given = {key: filled[key] for key in FILLED if key in self._takes} | self._settings
        return self._value(**given).run  # type: ignore[no-any-return]


def _parameters(kind: type) -> dict[str, inspect.Parameter]:
    if kind.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = list(inspect.signature(kind.__init__).parameters.items())[1:]  # type: ignore[misc]
    return {name: parameter for name, parameter in found if parameter.kind in kinds}


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise NoLearner(
                f"learner must be in a module that can be imported from here, got no module {error.name!r}"
            ) from None
        raise
    except (ValueError, TypeError) as error:
        raise NoLearner(f"learner must be in a module, got {name!r}: {error}") from None


def _file(source: str) -> Any:
    path = Path(source).resolve()
    if not path.is_file():
        raise NoLearner(f"learner must be in a file that is there, got {source!r}")
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # As an import would leave it, for dataclasses and for pickles of the learner's own.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module
