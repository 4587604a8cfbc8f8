"""Modules by the names that they had before there were rooms: importing an old name gives the module itself.

Claims and programs written against those names go on working; new ones import from the public faces
(`explore_theory.harness`, `explore_theory.oracles`, ...), which do not move.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from types import ModuleType

#: Old name -> new one, below the package.
MOVED = {
    "streams": "foundation.streams",
    "truncated": "algorithms.spanner.truncated",
    "validation": "foundation.validation",
    "exact.laws": "foundation.laws",
    "exact.order_statistics": "policies.order_statistics",
    "harness.adversary": "harness.claims.adversary",
    "harness.claim": "harness.claims.claim",
    "harness.counterexamples": "harness.running.counterexamples",
    "harness.executors": "harness.running.executors",
    "harness.figure": "harness.claims.figure",
    "harness.measurement": "harness.measures.measurement",
    "harness.merging": "harness.storage.merging",
    "harness.registry": "harness.discovery.registry",
    "harness.results": "harness.judging.results",
    "harness.runner": "harness.running.runner",
    "harness.statements": "harness.claims.statements",
    "harness.store": "harness.storage.store",
    "harness.summary": "harness.verdicts.summary",
    "harness.upkeep": "harness.judging.upkeep",
    "harness.verdict": "harness.verdicts.verdict",
    "oracles.rounds": "oracles.phases.rounds",
    "oracles.token": "oracles.tokens.opening",
    "oracles.token_protocol": "oracles.tokens.protocol",
    "oracles.token_sampler": "oracles.tokens.sampler",
}


class _Alias(Loader):
    """Finds and loads the moved module under its old name."""

    def __init__(self, package: str) -> None:
        self._names = {f"{package}.{old}": f"{package}.{new}" for old, new in MOVED.items()}
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self._names else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self._names[spec.name])
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has just told the module that it is the old name.
        assert module.__spec__ is not None
        module.__spec__ = self._specs.pop(module.__spec__.name)


def install(package: str) -> None:
    """Let old names below `package` be imported, where no module has that name."""
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.append(_Alias(package))
