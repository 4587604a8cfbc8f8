"""Folders of claims do not see each other's modules, and leave the process as it was."""

import os
import sys

import pytest

from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.executors import Processes
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status


def statuses(claims, executor=None):
    with Store(":memory:") as store:
        found = session_results(store, run(claims, store, executor=executor))
        return {r.id: r.verdict.status for r in found}


@pytest.fixture
def folders(toys, tmp_path):
    """Two folders, each with a claim and a `common` of its own that the claim imports when it runs."""
    for name, id, bound in (("left", "A1", 1.0), ("right", "B1", 0.1)):
        folder = tmp_path / name
        folder.mkdir()
        lazily = f"    import common\n    from common_more.deep import NAME\n    assert NAME == {name!r}\n"
        file = toys.add(id, bound="__import__('common').BOUND")
        text = file.read_text().replace("    pass\n", lazily)
        (folder / f"{id.lower()}_toy.py").write_text(
            text.replace("below __import__('common').BOUND", "low").replace(
                "most __import__('common').BOUND", "low"
            )
        )
        (folder / "common.py").write_text(f"BOUND = {bound}\n")
        (folder / "common_more").mkdir()
        (folder / "common_more" / "deep.py").write_text(f"NAME = {name!r}\n")
        file.unlink()
    return [str(tmp_path / "left"), str(tmp_path / "right")]


@pytest.mark.parametrize("workers", [0, 1])
def test_folders_with_modules_of_one_name_do_not_see_each_others(folders, workers):
    found = discover(folders)
    assert found.broken == ()
    executor = Processes(workers) if workers else None
    assert statuses(found.claims, executor) == {"A1": Status.HOLDS, "B1": Status.REFUTED}


def test_finding_and_running_claims_leaves_the_process_as_it_was(folders):
    path, finders, leave = list(sys.path), list(sys.meta_path), os._exit
    modules = set(sys.modules)
    statuses(discover(folders).claims)
    assert (sys.path, sys.meta_path, os._exit) == (path, finders, leave)
    left = {name for name in set(sys.modules) - modules if "toy" in name or "common" in name}
    assert left == set()


def test_a_module_of_the_same_name_that_is_loaded_already_is_neither_used_nor_lost(folders):
    import types

    mine = sys.modules["common"] = types.ModuleType("common")
    try:
        assert statuses(discover(folders).claims)["A1"] is Status.HOLDS
        assert sys.modules["common"] is mine
    finally:
        del sys.modules["common"]


def test_a_module_that_a_claim_imports_first_of_all_is_not_one_that_is_loaded_already(toys):
    """Nothing of its folder has been found yet when it is entered."""
    import types

    file = toys.add("A1")
    file.write_text(f"import beside\nassert beside.HERE\n{file.read_text()}")
    toys.write("beside.py", "HERE = True\n")
    sys.modules["beside"] = types.ModuleType("beside")
    try:
        assert discover([str(toys.path)]).broken == ()
    finally:
        del sys.modules["beside"]


def test_what_only_another_claim_of_a_package_imports_is_not_loaded_for_this_one(toys, tmp_path, monkeypatch):
    package = tmp_path / "path" / "theory_of_two"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("")
    for id, begins in (
        ("A1", "import theory_of_two.helper\n"),
        ("B1", "import sys\nassert 'theory_of_two.helper' not in sys.modules\n"),
    ):
        (package / f"{id.lower()}_toy.py").write_text(f"{begins}{toys.add(id).read_text()}")
    monkeypatch.syspath_prepend(tmp_path / "path")
    found = discover(["theory_of_two"])
    assert found.broken == ()
    assert [r.claim.id for r in found.claims] == ["A1", "B1"]


def test_a_module_of_the_same_name_on_the_path_is_not_used(folders, tmp_path, monkeypatch):
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "common.py").write_text("BOUND = 7.0\n")
    monkeypatch.syspath_prepend(tmp_path / "path")
    claims = discover(folders).claims
    assert statuses(claims) == {"A1": Status.HOLDS, "B1": Status.REFUTED}
    assert sorted(claims[0].covers.modules) == ["a1_toy", "common", "common_more.deep"]
    assert claims[0].covers.modules["common"].parent.name == "left"


@pytest.mark.parametrize("workers", [0, 1])
def test_folders_that_claims_put_on_the_path_themselves_are_theirs_alone(toys, tmp_path, workers):
    adds = "import sys\nfrom pathlib import Path\n"
    adds += "sys.path.insert(0, str(Path(__file__).parent.parent / {0!r}))\n"
    for id, folder, bound in (("A1", "left", 1.0), ("B1", "right", 0.1)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "common.py").write_text(f"BOUND = {bound}\n")
        room = toys.path / f"of_{folder}"
        room.mkdir()
        file = toys.add(id, extra="import common", bound="LIMIT()")
        lazily = adds.format(f"../{folder}") + "def LIMIT():\n    import common\n    return common.BOUND\n"
        text = file.read_text().replace("import numpy", lazily + "import numpy", 1)
        (room / file.name).write_text(text.replace("below LIMIT()", "low").replace("most LIMIT()", "low"))
        file.unlink()
    found = discover([str(toys.path)])
    executor = Processes(workers) if workers else None
    assert statuses(found.claims, executor) == {"A1": Status.HOLDS, "B1": Status.REFUTED}
    assert "common" not in sys.modules


def test_a_folder_put_on_the_path_by_one_claim_is_there_for_the_next_in_workers_too(toys, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "simulator.py").write_text("BOUND = 1.0\n")
    first, second = toys.add("A1"), toys.add("B1")
    first.write_text(f"import sys\nsys.path.append({str(tmp_path / 'src')!r})\n" + first.read_text())
    second.write_text("import simulator\n" + second.read_text())
    found = discover([str(toys.path)])
    assert statuses(found.claims[1:], Processes(1)) == {"B1": Status.HOLDS}


@pytest.mark.parametrize("name", ["types", "random", "numpy", "flint", "mpmath", "explore_theory"])
def test_a_module_named_like_one_that_the_engine_needs_is_refused_and_never_used(toys, name):
    toys.add("A1", extra=f"import {name}; assert not hasattr({name}, 'MINE')")
    toys.write(f"{name}.py", "MINE = 1\n")
    found = discover([str(toys.path)])
    (refused,) = found.broken
    said = f"{name} must be a name of its own, got {toys.path}/{name}.py"
    assert refused.reason.startswith(f"InvalidClaim: {said}")
    assert statuses(found.claims) == {"A1": Status.HOLDS}


def test_a_module_named_like_another_installed_one_stands_for_it(toys):
    toys.add("A1", extra="import iniconfig; assert iniconfig.MINE == 1")
    toys.write("iniconfig.py", "MINE = 1\n")
    found = discover([str(toys.path)])
    assert statuses(found.claims) == {"A1": Status.HOLDS}
    import iniconfig

    assert not hasattr(iniconfig, "MINE")
    assert "iniconfig" not in found.claims[0].covers.distributions


@pytest.mark.parametrize("workers", [0, 1])
def test_a_block_that_leaves_the_process_is_an_error_and_the_others_run(toys, workers):
    toys.add("A1", extra="import os; os._exit(3)")
    toys.add("B1")
    executor = Processes(workers) if workers else None
    found = statuses(discover([str(toys.path)]).claims, executor)
    assert found == {"A1": Status.ERROR, "B1": Status.HOLDS}


def test_a_claim_must_not_start_processes_of_python_wherever_it_runs(toys):
    child = "import multiprocessing as m\n"
    child += "    p = m.get_context('spawn').Process(target=print)\n    p.start(); p.join()"
    toys.add("A1", extra=child)
    claims = discover([str(toys.path)]).claims
    for executor in (None, Processes(1)):
        with Store(":memory:") as store:
            (result,) = session_results(store, run(claims, store, executor=executor))
        assert result.verdict.status is Status.ERROR
        assert "must not start processes of Python" in result.verdict.reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_child_that_a_claim_forks_may_leave(toys):
    fork = "import os\n    pid = os.fork()\n    if pid == 0:\n"
    fork += "        try: os._exit(7)\n        except SystemExit: os.kill(os.getpid(), 9)\n"
    toys.add("A1", extra=fork + "    assert os.waitpid(pid, 0)[1] >> 8 == 7")
    assert statuses(discover([str(toys.path)]).claims) == {"A1": Status.HOLDS}


def test_a_claim_edited_between_finding_and_running_is_an_error(toys):
    toys.write("limits.py", "BOUND = 1.0\n")
    toys.add("A1", extra="import limits; assert limits.BOUND")
    claims = discover([str(toys.path)]).claims
    toys.write("limits.py", "BOUND = 0.10\n")
    assert statuses(claims) == {"A1": Status.ERROR}


def test_a_worker_with_another_environment_does_not_speak_for_this_one(toys, monkeypatch):
    file = toys.add("A1")
    file.write_text(file.read_text().replace("rows=5", "rows=int(__import__('os').environ['ROWS'])"))
    monkeypatch.setenv("ROWS", "5")
    claims = discover([str(toys.path)]).claims
    monkeypatch.setenv("ROWS", "6")
    assert statuses(claims, Processes(1)) == {"A1": Status.ERROR}
