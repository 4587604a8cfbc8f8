"""One claim never takes others down: namespaces, second claims of one name, modules that do not load."""

import json

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.errors import UnknownSelector
from explore_theory.harness.discovery.registry import discover


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def two(toys, tmp_path):
    """Folders `toys` and `bon`, each with an A1; one of them has a B1 as well."""
    bon = tmp_path / "bon"
    bon.mkdir()
    (bon / "a1_toy.py").write_text(toys.add("A1").read_text())
    toys.add("B1")
    return discover([str(toys.path), str(bon)])


def labels(chosen):
    return [r.label for r in chosen]


def test_a_label_is_the_shortest_name_that_is_unique(two):
    assert two.broken == ()
    assert sorted(labels(two.claims)) == ["B1", "bon:A1", "toys:A1"]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("A1", ["bon:A1", "toys:A1"]),
        ("toy-a1", ["bon:A1", "toys:A1"]),
        ("bon:A1", ["bon:A1"]),
        ("bon:a1", ["bon:A1"]),
        ("BON:toy-a1", ["bon:A1"]),
        ("bon:*", ["bon:A1"]),
        ("*:A*", ["bon:A1", "toys:A1"]),
        ("toys:*", ["B1", "toys:A1"]),
        ("toys:toys", ["B1", "toys:A1"]),
    ],
)
def test_selectors_look_in_one_namespace_or_in_all(two, selector, found):
    assert sorted(labels(two.select([selector]))) == found


@pytest.mark.parametrize("selector", ["bon:B1", "nowhere:A1", ":A1", "bon:"])
def test_a_namespace_that_does_not_have_it_is_refused(two, selector):
    with pytest.raises(UnknownSelector, match="selector must match"):
        two.select([selector])


def test_shipped_claims_have_no_namespace_and_keep_their_bare_label(toys):
    toys.add("F1")
    import proofs_checks

    found = discover([*proofs_checks.__path__, str(toys.path)])
    assert {r.namespace for r in found.claims if r.shipped} == {""}
    assert sorted(labels(found.select(["F1"]))) == ["F1", "toys:F1"]
    assert labels(found.select([":F1"])) == ["F1"]


def test_results_of_one_claim_in_two_namespaces_are_kept_apart(two):
    first, second = two.select(["A1"])
    assert first.digest != second.digest
    assert {first.record["namespace"], second.record["namespace"]} == {"bon", "toys"}


def test_an_entry_point_gives_its_name_and_one_whose_package_is_gone_is_broken(toys, tmp_path, monkeypatch):
    package = tmp_path / "dist" / "bon_claims"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "b1_toy.py").write_text(toys.add("B1").read_text())
    info = tmp_path / "dist" / "bon-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bon\nVersion: 1.0\n")
    points = (
        "[explore_theory.claims]\nbest-of-n = bon_claims\ngone = bon_gone\nodd = bon_claims.b1_toy:CLAIM\n"
    )
    (info / "entry_points.txt").write_text(points)
    monkeypatch.syspath_prepend(tmp_path / "dist")
    found = discover()
    (claim,) = [r for r in found.claims if r.claim.id == "B1"]
    assert (claim.namespace, claim.shipped) == ("best-of-n", False)
    assert [b.reason for b in found.broken] == [
        "InvalidClaim: entry point odd must name a package of claims, got 'bon_claims.b1_toy:CLAIM'",
        "InvalidClaim: entry point gone must name a package of claims, got 'bon_gone'",
    ]
    assert "F1" in labels(found.claims)
    # The same package, named in other ways, is the same namespace.
    for source in ("bon_claims", str(package), str(package / "b1_toy.py")):
        (again,) = discover([source]).claims
        assert (again.namespace, again.digest) == ("best-of-n", claim.digest)


def test_a_file_found_twice_is_one_claim(toys):
    file = toys.add("A1")
    assert len(discover([str(toys.path), str(file)]).claims) == 1


BROKEN = {
    "z3_real_symbol.py": "x = 1\nimport no_such_module_anywhere\n",
    "odd_name.py": "CLAIM = Claim(id='Q7', slug='seventh', theorem='sevens')\n",
    "unparsed.py": "x = Q(id='R8', slug='eighth',\n",
    "silent.py": "raise RuntimeError('nothing to see')\n",
}


@pytest.fixture
def broken(toys):
    toys.add("A1")
    for name, text in BROKEN.items():
        toys.write(name, text)
    return discover([str(toys.path)])


@pytest.mark.parametrize(
    ("selector", "claims", "failed"),
    [
        ("A1", ["A1"], set()),
        ("Z3", [], {"z3_real_symbol"}),
        ("real-symbol", [], {"z3_real_symbol"}),
        ("Z*", [], {"z3_real_symbol"}),
        ("q7", [], {"odd_name"}),
        ("seventh", [], {"odd_name"}),
        ("sevens", [], {"odd_name"}),
        ("R8", [], {"unparsed"}),
        ("eighth", [], {"unparsed"}),
        ("toys:*", ["A1"], {"z3_real_symbol", "odd_name", "unparsed"}),
    ],
)
def test_a_module_that_does_not_load_is_chosen_by_what_it_seems_to_hold(broken, selector, claims, failed):
    chosen = broken.choose([selector])
    assert labels(chosen.claims) == claims
    assert {b.name for b in chosen.broken} == failed | {"silent"}, "what shows nothing is always shown"
    assert {b.name for b in chosen.others} == {b.name for b in broken.broken} - failed - {"silent"}


def test_a_broken_module_says_what_it_holds_and_where_it_failed(broken, toys):
    found = {b.name: (b.id, b.line.removeprefix(f"{toys.path}/")) for b in broken.broken}
    assert found == {
        "z3_real_symbol": ("Z3", "z3_real_symbol.py:2"),
        "odd_name": ("Q7", "odd_name.py:1"),
        "unparsed": ("R8", "unparsed.py:1"),
        "silent": ("-", "silent.py:1"),
    }
    assert all("Traceback" in b.trace for b in broken.broken)


def test_verify_of_a_claim_that_does_not_load_is_an_error_row_and_exit_code_1(cli, broken, toys):
    done = cli("verify", "--claims", toys.path, "Z3", "--json")
    assert done.exit_code == 1
    rows = {row["id"]: row for row in json.loads(done.stdout)["broken"]}
    assert rows["Z3"]["line"] == f"{toys.path}/z3_real_symbol.py:2"
    assert "did not select: odd_name.py:1, unparsed.py:1" in done.stderr
    table = cli("verify", "--claims", toys.path, "Z3").stdout
    assert "Z3" in table
    assert "z3_real_symbol.py:2" in table
    lines = cli("verify", "--claims", toys.path, "Z3", "--csv").stdout.splitlines()
    assert any("Z3," in line and "z3_real_symbol.py" in line for line in lines)


def test_verify_of_a_claim_that_loads_is_not_failed_by_another_that_does_not(cli, toys):
    toys.add("A1")
    toys.write("z3_real_symbol.py", "import no_such_module_anywhere\n")
    done = cli("verify", "--claims", toys.path, "A1")
    assert done.exit_code == 0
    assert done.stderr == "explore-theory: could not load, and did not select: z3_real_symbol.py:1\n"


def test_show_and_list_say_which_claim_did_not_load(cli, broken, toys):
    shown = cli("show", "--claims", toys.path, "Z3")
    assert shown.exit_code == 1
    assert f"{toys.path}/z3_real_symbol.py:2 could not be loaded: ModuleNotFoundError" in shown.stderr
    assert "A1" in cli("list", "--claims", toys.path).stdout


ENDS = {
    "b1_exits.py": ("import sys\nsys.exit(0)\n", "SystemExit: 0"),
    "c1_leaves.py": (
        "import os\nos._exit(3)\n",
        "SystemExit: a claim must not end its process, got os._exit(3)",
    ),
    "d1_skips.py": ("import pytest\npytest.skip('here', allow_module_level=True)\n", "Skipped: here"),
    "e1_parses_not.py": ("x = (\n", "SyntaxError: '(' was never closed (e1_parses_not.py, line 1)"),
    "f1_statements.py": ("STATEMENTS = 3\n", "InvalidClaim: f1_statements.py is named like a claim"),
    "words.py": ("STATEMENTS = 3\n", "InvalidClaim: STATEMENTS must be a tuple of Statement, got int"),
    "g1_unprintable.py": (
        "class E(Exception):\n    def __str__(self):\n        raise ValueError\nraise E\n",
        "E: it cannot be printed",
    ),
}


def test_whichever_way_a_module_ends_the_others_load(toys):
    toys.add("A1")
    for name, (text, _) in ENDS.items():
        toys.write(name, text)
    toys.add("H1")
    found = discover([str(toys.path)])
    assert labels(found.claims) == ["A1", "H1"]
    reasons = {b.path.name: b.reason for b in found.broken}
    assert set(reasons) == set(ENDS)
    for name, (_, reason) in ENDS.items():
        assert reasons[name].startswith(reason)


@pytest.mark.parametrize(
    ("field", "value"), [("theorem", "None"), ("params", "{'n': {1, 2}}"), ("params", "{'n': sum}")]
)
def test_a_claim_that_cannot_be_recorded_is_an_error_of_its_own(toys, field, value):
    toys.add("A1")
    file = toys.add("B1")
    old = {"theorem": 'theorem="toys"', "params": 'params={"n": 2}'}[field]
    file.write_text(file.read_text().replace(old, f"{field}={value}"))
    found = discover([str(toys.path)])
    assert labels(found.claims) == ["A1"]
    assert [b.id for b in found.broken] == ["B1"]
    assert field == "theorem" or "must be finite numbers and words by name" in found.broken[0].reason


def test_environments_and_hidden_folders_below_are_not_claims(toys):
    toys.add("A1")
    for folder in (".venv/lib/site-packages/x", ".git", "env/lib/python3/site-packages/y"):
        (toys.path / folder).mkdir(parents=True)
        (toys.path / folder / "b1_other.py").write_text("raise RuntimeError\n")
    assert discover([str(toys.path)]).broken == ()
