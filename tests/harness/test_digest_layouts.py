"""An edit of anything that a claim rests on runs it again, wherever that lies; without, nothing runs."""

import importlib
import os
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from explore_theory.cli import main
from explore_theory.harness.discovery.registry import discover
from explore_theory.harness.judging.results import session_results
from explore_theory.harness.running.runner import Options, plan, run
from explore_theory.harness.storage.store import Store
from explore_theory.harness.verdicts.verdict import Status

TRUE, FALSE = "BOUND = 1.0\n", "BOUND = 0.1\n"


def claim_text(toys, imports, bound="BOUND"):
    """A toy whose bound comes from elsewhere."""
    file = toys.add("A1", bound=bound, lie=0.5)
    text = file.read_text().replace("import numpy as np", f"import numpy as np\n{imports}")
    file.unlink()
    return text.replace(f"below {bound}", "below a bound").replace(f"most {bound}", "most a bound")


@pytest.fixture
def write(tmp_path):
    def written(place, text):
        file = tmp_path / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return written


@pytest.fixture(autouse=True)
def _modules_as_before():
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


def verdict(store, sources, ids=("A1",)):
    found = discover(sources)
    chosen = [r for r in found.claims if r.claim.id in ids]
    assert len(chosen) == 1, [b.reason for b in found.broken]
    (claim,) = chosen
    (result,) = session_results(store, run([claim], store))
    return result.verdict.status


def outdated_by(file, text, *sources):
    """Whether editing `file` turns HOLDS into REFUTED, and whether nothing ran again before the edit."""
    with Store(":memory:") as store:
        assert verdict(store, sources) is Status.HOLDS
        found = discover(sources)
        assert not found.broken, [b.reason for b in found.broken]
        (claim,) = [r for r in found.claims if r.claim.id == "A1"]
        assert plan(claim, store, Options()) == [], "nothing is run again while nothing changes"
        file.write_text(text)
        return verdict(store, sources) is Status.REFUTED


def test_a_helper_beside_the_claim(toys, write, tmp_path):
    helper = write("toys/limits.py", TRUE)
    write("toys/a1_toy.py", claim_text(toys, "from limits import BOUND"))
    assert outdated_by(helper, FALSE, str(toys.path))


def test_a_helper_above_in_the_authors_own_package(toys, write, tmp_path):
    write("toys/mypkg/__init__.py", "")
    write("toys/mypkg/claims/__init__.py", "")
    core = write("toys/mypkg/core.py", TRUE)
    write("toys/mypkg/claims/a1_toy.py", claim_text(toys, "from mypkg.core import BOUND"))
    assert outdated_by(core, FALSE, str(toys.path / "mypkg" / "claims"))


def test_the_package_itself_on_the_way_to_a_helper_imported_relatively(toys, write):
    init = write("toys/mypkg/__init__.py", TRUE)
    write("toys/mypkg/claims/__init__.py", "")
    write("toys/mypkg/core.py", "from . import BOUND\n")
    write("toys/mypkg/claims/a1_toy.py", claim_text(toys, "from ..core import BOUND"))
    assert outdated_by(init, FALSE, str(toys.path / "mypkg" / "claims"))


def test_a_helper_above_in_no_package(toys, write):
    helper = write("toys/limits.py", TRUE)
    write("toys/deep/a1_toy.py", claim_text(toys, "import limits", bound="limits.BOUND"))
    assert outdated_by(helper, FALSE, str(toys.path))


def test_a_helper_below_imported_inside_a_function(toys, write):
    helper = write("toys/sub/limits.py", TRUE)
    lazily = "def limit():\n    from sub.limits import BOUND\n    return BOUND"
    write("toys/a1_toy.py", claim_text(toys, lazily, bound="limit()"))
    assert outdated_by(helper, FALSE, str(toys.path))


def test_a_simulator_installed_in_editable_mode(toys, write, tmp_path, monkeypatch):
    import site

    simulator = write("elsewhere/src/simulator.py", TRUE)
    write("env/site-packages/simulator.pth", str(simulator.parent) + "\n")
    monkeypatch.setattr(sys, "path", list(sys.path))
    site.addsitedir(str(tmp_path / "env" / "site-packages"))
    write("toys/a1_toy.py", claim_text(toys, "from simulator import BOUND"))
    assert outdated_by(simulator, FALSE, str(toys.path))


def test_a_namesake_imported_from_elsewhere_before(toys, write, tmp_path, monkeypatch):
    for place, text in (("old", "import simulator"), ("new", "from simulator import BOUND")):
        simulator = write(f"{place}/simulator.py", TRUE if place == "new" else "")
        write(f"{place}/toys/a1_toy.py", claim_text(toys, text, bound="BOUND" if place == "new" else "1.0"))
    monkeypatch.syspath_prepend(tmp_path / "old")
    assert not discover([str(tmp_path / "old" / "toys")]).broken
    monkeypatch.syspath_prepend(tmp_path / "new")
    assert outdated_by(simulator, FALSE, str(tmp_path / "new" / "toys"))


def test_verify_twice_as_a_user_does_with_a_simulator_on_the_path(toys, write, tmp_path):
    simulator = write("elsewhere/simulator.py", TRUE)
    write("toys/a1_toy.py", claim_text(toys, "from simulator import BOUND"))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(simulator.parent), *sys.path])}
    call = [sys.executable, "-m", "explore_theory", "verify", "--claims", str(toys.path), "--jobs", "2"]
    for text, code, word in ((TRUE, 0, "1 HOLDS"), (FALSE, 1, "1 REFUTED")):
        simulator.write_text(text)
        done = subprocess.run(
            call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, word in done.stdout) == (code, True), done.stdout + done.stderr


def test_what_a_helper_installed_in_editable_mode_imports_in_turn(toys, write, tmp_path, monkeypatch):
    deep = write("elsewhere/simulator/_deep.py", TRUE)
    write("elsewhere/simulator/__init__.py", "from ._deep import BOUND\n")
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    write("toys/a1_toy.py", claim_text(toys, "import simulator as s", bound="s.BOUND"))
    assert outdated_by(deep, FALSE, str(toys.path))


ADDS = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent.parent / 'src'))\n"


def test_a_folder_that_the_claim_itself_puts_on_the_path(toys, write):
    simulator = write("src/simulator.py", TRUE)
    write("toys/a1_toy.py", claim_text(toys, ADDS + "from simulator import BOUND"))
    before = list(sys.path)
    assert outdated_by(simulator, FALSE, str(toys.path))
    assert sys.path == before


def test_a_claim_named_by_its_file(toys, write):
    helper = write("toys/limits.py", TRUE)
    file = write("toys/a1_toy.py", claim_text(toys, "from limits import BOUND"))
    assert outdated_by(helper, FALSE, str(file))


def test_a_helper_with_an_underscore(toys, write):
    helper = write("toys/_limits.py", TRUE)
    write("toys/a1_toy.py", claim_text(toys, "from _limits import BOUND"))
    assert outdated_by(helper, FALSE, str(toys.path))


DATA = "from pathlib import Path\nBOUND = float((Path(__file__).parent / 'data' / 'bound.txt').read_text())"


@pytest.mark.parametrize("named", ["data/bound.txt", "data", "data/*.txt", "**/*.txt"])
def test_a_data_file_named_in_sources(toys, write, named):
    data = write("toys/data/bound.txt", "1.0")
    text = claim_text(toys, DATA).replace("CLAIM = Claim(", f"CLAIM = Claim(sources=({named!r},), ")
    write("toys/a1_toy.py", text)
    assert outdated_by(data, "0.1", str(toys.path))


def test_an_entry_point_of_an_installed_package(toys, write, tmp_path, monkeypatch):
    core = write("dist/bon_claims/core.py", TRUE)
    write("dist/bon_claims/__init__.py", "")
    write("dist/bon_claims/a1_toy.py", claim_text(toys, "from bon_claims.core import BOUND"))
    write("dist/bon-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: bon\nVersion: 1.0\n")
    write("dist/bon-1.0.dist-info/entry_points.txt", "[explore_theory.claims]\nbon = bon_claims\n")
    monkeypatch.syspath_prepend(tmp_path / "dist")
    monkeypatch.setattr("explore_theory.harness.discovery.roots._SHIPPED", "no_such_package")
    assert outdated_by(core, FALSE)


def test_an_edit_in_the_second_of_the_first_run_with_the_size_of_the_first(toys, monkeypatch):
    """Python's compiled files know a source by its whole second and size only."""
    file = toys.add("A1", bound=0.9, lie=0.5)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    # No compiled file is newer than this, as none is of a source of its own second.
    moment = (time.time_ns() + 10**10,) * 2
    os.utime(file, ns=moment)
    with Store(":memory:") as store:
        assert verdict(store, [str(file)]) is Status.REFUTED
        assert list(toys.path.rglob("*.pyc"))
        file.write_text(file.read_text().replace("0.9", "1.9"))
        os.utime(file, ns=moment)
        assert verdict(store, [str(file)]) is Status.HOLDS


def test_a_data_file_that_gets_another_name(toys, write):
    data = write("toys/data/one.txt", "1.0")
    file = toys.add("A1")
    file.write_text(file.read_text().replace("CLAIM = Claim(", "CLAIM = Claim(sources=('data',), "))
    before = discover([str(toys.path)]).claims[0].digest
    data.rename(data.with_name("two.txt"))
    assert discover([str(toys.path)]).claims[0].digest != before


def test_the_packages_around_a_module_that_is_imported(toys, write, tmp_path, monkeypatch):
    """Python runs them on the way."""
    write("elsewhere/simulator/__init__.py", "import os\n")
    write("elsewhere/simulator/sub/__init__.py", "")
    write("elsewhere/simulator/sub/deep.py", TRUE)
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    write("toys/a1_toy.py", claim_text(toys, "from simulator.sub.deep import BOUND"))
    modules = discover([str(toys.path)]).claims[0].covers.modules
    assert sorted(modules) == ["a1_toy", "simulator", "simulator.sub", "simulator.sub.deep"]


def test_two_files_that_swap_their_contents(toys, write):
    first, second = write("toys/one.py", "BOUND = 1\n"), write("toys/two.py", "BOUND = 2\n")
    write("toys/a1_toy.py", claim_text(toys, "import one, two", bound="one.BOUND"))
    before = discover([str(toys.path)]).claims[0].digest
    first.write_text("BOUND = 2\n")
    second.write_text("BOUND = 1\n")
    assert discover([str(toys.path)]).claims[0].digest != before


def test_a_claim_built_from_the_environment_is_another_claim_with_another_record(toys, write, monkeypatch):
    text = claim_text(toys, "import os", bound="1.0").replace("rows=5", "rows=int(os.environ['ROWS'])")
    write("toys/a1_toy.py", text)
    digests = set()
    for rows in ("5", "6", "5"):
        monkeypatch.setenv("ROWS", rows)
        digests.add(discover([str(toys.path)]).claims[0].digest)
    assert len(digests) == 2


def test_what_a_claim_does_not_import_does_not_run_it_again(toys, write):
    toys.add("A1")
    before = discover([str(toys.path)]).claims[0].digest
    write("toys/unrelated.py", "BOUND = 2\n")
    toys.add("B1")
    assert discover([str(toys.path)]).claims[0].digest == before


def test_installed_libraries_count_by_version(toys):
    toys.add("A1", extra="import hypothesis")
    covers = discover([str(toys.path)]).claims[0].covers
    import hypothesis
    import numpy

    assert covers.distributions == {"numpy": numpy.__version__, "hypothesis": hypothesis.__version__}


def test_an_installed_library_whose_version_changes_runs_the_claim_again(toys, monkeypatch):
    from explore_theory.harness.discovery import fingerprint
    from explore_theory.harness.isolation import imports

    toys.add("A1")
    before = discover([str(toys.path)]).claims[0].digest
    real = imports.owners
    monkeypatch.setattr(imports, "owners", lambda top, folder: dict.fromkeys(real(top, folder), "0.1"))
    assert discover([str(toys.path)]).claims[0].digest != before
    monkeypatch.setattr(imports, "owners", real)
    monkeypatch.setattr(fingerprint, "_libraries", lambda: {"python": "4.0"})
    assert discover([str(toys.path)]).claims[0].digest != before


def test_a_library_installed_from_a_folder_counts_by_what_it_holds(tmp_path):
    from explore_theory.harness.isolation.imports import owners

    def marks(record, *more):
        site = tmp_path / f"site-{len(list(tmp_path.iterdir()))}"
        info = site / "sim-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sim\nVersion: 1.0\n")
        (info / "RECORD").write_text(record)
        for name in more:
            (info / name).write_text("{}")
        importlib.invalidate_caches()
        return owners("sim", site)

    assert marks("sim/core.py,sha256=a,1\n") == {"sim": "1.0"} == marks("sim/core.py,sha256=b,1\n")
    local = [marks(f"sim/core.py,sha256={x},1\nsim/c.pyc,,\n", "direct_url.json") for x in "aab"]
    assert local[0] == local[1] != local[2]


@pytest.mark.parametrize("named", ["missing.npz", "no/such/*.txt", "empty"])
def test_a_source_that_is_not_there_is_an_error_of_that_claim(toys, named):
    (toys.path / "empty").mkdir()
    toys.write("a1_toy.py", claim_text(toys, "").replace("BOUND", "1.0"))
    file = toys.path / "a1_toy.py"
    file.write_text(file.read_text().replace("CLAIM = Claim(", f"CLAIM = Claim(sources=({named!r},), "))
    toys.add("B1")
    found = discover([str(toys.path)])
    assert [r.claim.id for r in found.claims] == ["B1"]
    assert (
        f"sources must name files that exist below {toys.path}, got sources={named!r}"
        in found.broken[0].reason
    )


def test_show_prints_what_the_digest_covers(toys, write, tmp_path, monkeypatch):
    write("toys/data/bound.txt", "1.0")
    write("toys/_limits.py", "BOUND = 1.0\nimport hypothesis\n")
    text = claim_text(toys, "from _limits import BOUND")
    write("toys/a1_toy.py", text.replace("CLAIM = Claim(", "CLAIM = Claim(sources=('data',), "))
    monkeypatch.setenv("COLUMNS", "100")
    page = CliRunner().invoke(main, ["show", "A1", "--claims", str(toys.path)]).stdout
    import hypothesis
    import numpy

    (digest,) = [r.digest for r in discover([str(toys.path)]).claims]
    assert f"digest {digest}" in page
    assert "code: _limits.py, a1_toy.py\n" in page
    assert f"libraries: hypothesis {hypothesis.__version__}, numpy {numpy.__version__}\n" in page
    assert "sources: data/bound.txt\n" in page


def test_sources_that_are_one_word_are_refused_and_not_taken_letter_by_letter(toys):
    file = toys.add("A1")
    file.write_text(file.read_text().replace("CLAIM = Claim(", "CLAIM = Claim(sources='ab', "))
    assert "sources must be a tuple of files, folders or globs" in discover([str(file)]).broken[0].reason
