"""`explore_theory.claims` has all that an author needs, says what stays, and costs nothing to import."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from string import Template

import pytest

from explore_theory import claims, harness
from explore_theory.foundation import laws
from explore_theory.harness.claims.claim import Claim
from explore_theory.strategies import Search

ROOT = Path(__file__).parents[2]
DOOR = ROOT / "explore_theory/claims/__init__.py"
#: What an author of claims may import, as the door says.
ROOMS = (
    "strategies", "problems", "formulas", "policies", "exact", "oracles", "algorithms", "models", "samples",
    "studies",
)  # fmt: skip
PUBLIC = {
    "explore_theory",
    "explore_theory.claims",
    *(f"explore_theory.{room}" for room in ROOMS),
}
MODULES = {"laws", "symbolic"}
#: Names of the harness that are for programs which run claims.
RUNNERS = {
    "Options", "Status", "Store", "Verdict", "discover", "latest_results", "run", "session_results",
}  # fmt: skip


def imported(code):
    """The modules of this package that `code` imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.partition(".")[0] in ("explore_theory", "proofs_checks")}


def blocks(path):
    return re.findall(r"```python\n(.*?)```", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("name", claims.__all__)
def test_every_public_name_is_there_and_documented(name):
    found = getattr(claims, name)
    assert name in dir(claims)
    if isinstance(found, frozenset):
        # Names of axioms; the guide of proofs says which.
        assert found
        assert f"`{name}`" in (ROOT / "docs/guide/formal.md").read_text()
        return
    said = inspect.getdoc(found)
    assert said
    assert len(said.splitlines()[0]) > 10
    if not (inspect.ismodule(found) or inspect.isclass(found)):
        assert callable(found)


def test_the_names_are_sorted_and_are_those_that_load():
    assert claims.__all__ == sorted(
        claims.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    assert set(claims.__all__) == {*claims._NAMES, *claims._MODULES}
    assert set(claims._MODULES) == MODULES
    with pytest.raises(AttributeError, match="has no attribute 'Store'"):
        claims.Store  # noqa: B018


def test_type_checkers_see_the_same_names_from_the_same_places():
    tree = ast.parse(DOOR.read_text())
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    modules = {name: place.rpartition(".")[0] for name, place in claims._MODULES.items()}
    assert told == {name: f"explore_theory.{place}" for name, place in {**claims._NAMES, **modules}.items()}


def test_everything_for_authors_that_the_harness_has_is_at_the_door():
    assert set(harness.__all__) - set(claims.__all__) == RUNNERS
    for name in set(harness.__all__) & set(claims.__all__):
        assert getattr(harness, name) is getattr(claims, name)
    assert claims.Claim is Claim
    assert claims.Search is Search
    assert claims.laws is laws


def test_everything_that_our_claims_import_from_the_harness_is_at_the_door():
    used = set()
    for file in (ROOT / "proofs_checks").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                (
                    "explore_theory.harness",
                    "explore_theory.foundation.streams",
                    "explore_theory.certify.balls",
                )
            ):
                used |= {alias.name for alias in node.names}
    assert used <= set(claims.__all__)


def test_importing_the_door_and_a_short_form_loads_nothing_heavy():
    heavy = {"cvxpy", "sympy", "matplotlib", "numba", "flint", "scipy", "pandas", "rich"}
    for code, light in (
        ("from explore_theory import claims; dir(claims)", {"numpy", "hypothesis"}),
        (
            "from explore_theory.claims import Claim, Tally, Rungs, Search, laws, frequency, rate, power",
            set(),
        ),
        ("from explore_theory.claims import inequality, equality, variant, Streams, climb", set()),
    ):
        program = f"import sys\n{code}\nprint(' '.join(sys.modules))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert not set(done.stdout.split()) & (heavy | light)


@pytest.mark.parametrize("guide", sorted((ROOT / "docs/guide").glob("*.md")), ids=lambda path: path.name)
def test_no_guide_imports_a_private_place(guide):
    for block in blocks(guide):
        private = imported(block) - PUBLIC - {"explore_theory.exact.processes"}
        assert not private


@pytest.mark.parametrize("template", sorted((ROOT / "explore_theory/cli/templates").glob("*.txt")))
def test_no_template_imports_a_private_place(template):
    words = {"id": "N1", "slug": "x", "theorem": "x", "imports": "import pytest"}
    assert imported(Template(template.read_text()).substitute(words)) <= PUBLIC


def test_some_of_our_claims_come_through_the_door_alone():
    for name in ("coverage_lower_bound/c2_hit_probability", "framework/lg2_density_ratio"):
        found = imported((ROOT / f"proofs_checks/{name}.py").read_text())
        engine = {one for one in found if one.startswith("explore_theory")}
        assert "explore_theory.claims" in engine
        private = {one for one in engine - PUBLIC if not one.endswith("jets")}
        assert not private


def test_the_promise_is_in_the_docstring_and_the_guide():
    guide = (ROOT / "docs/guide/claims.md").read_text()
    for text in (" ".join((claims.__doc__ or "").split()), " ".join(guide.split())):
        assert "at least one release with a new minor version before" in text
        assert "DeprecationWarning" in text
        assert "private, and moves without notice" in text
    for room in PUBLIC - {"explore_theory", "explore_theory.claims"}:
        assert room.rpartition(".")[2] in (claims.__doc__ or "")
        assert f"`{room.rpartition('.')[2]}`" in guide
        assert import_module(room).__doc__


def test_short_forms_document_every_argument():
    for form in (claims.inequality, claims.frequency, claims.rate):
        said = inspect.getdoc(form)
        parameters = said.split("Parameters\n")[1].split("Raises\n")[0]
        heads = re.findall(r"^([\w, ]+)$", parameters, flags=re.MULTILINE)
        told = {name for head in heads for name in head.split(", ")}
        assert set(inspect.signature(form).parameters) <= told
