"""Kernels on disk: one place for one state of what they rest on; nothing stale or damaged comes back."""

import importlib
import os
import sys
import time
from pathlib import Path

import pytest

from explore_theory.foundation import compiled, kernel_sources

pytestmark = pytest.mark.skipif(compiled.kernel_name() != "numba", reason="kernels run uncompiled")

FILES = {
    "__init__.py": "",
    "constants.py": "FACTOR = 2.0\n",
    "settings.py": "from .constants import FACTOR\n\nSHIFT = FACTOR - 1\n",
    "callee.py": (
        "from explore_theory.foundation.compiled import compiled\nfrom kept_toys.settings import SHIFT\n\n\n"
        "@compiled\ndef shifted(x):\n    return x + SHIFT\n"
    ),
    "caller.py": (
        "from explore_theory.foundation.compiled import compiled\nfrom kept_toys.callee import shifted\n\n\n"
        "@compiled\ndef twice(x):\n    return 2 * shifted(x)\n"
    ),
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty place for kernels, and nothing remembered of another."""
    from explore_theory.foundation import kernel_cache

    monkeypatch.setattr(kernel_cache, "_places", lambda: iter([tmp_path / "cache"]))
    # The toys are written by this very process.
    monkeypatch.setattr(kernel_sources, "LOADED", time.time() + 3600)
    _forget(kernel_cache)
    yield kernel_cache
    _forget(kernel_cache)


def _forget(kernel_cache):
    kernel_cache.folder_of.cache_clear()
    kernel_sources.sources_digest.cache_clear()
    kernel_sources._imported.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "kept_toys"]:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def clone(tmp_path):
    """A new clone of the toys, with some files changed."""

    def made(name, **changed):
        folder = tmp_path / name / "kept_toys"
        folder.mkdir(parents=True)
        for file, text in FILES.items():
            (folder / file).write_text(changed.get(file.removesuffix(".py"), text))
        return folder

    return made


def loaded(kernel_cache, folder, monkeypatch):
    """The kernel of a clone, as a new process would find it."""
    _forget(kernel_cache)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(folder.parent))
    kernel = importlib.import_module("kept_toys.caller").twice
    monkeypatch.undo()
    assert Path(kernel.py_func.__code__.co_filename).is_relative_to(folder)
    return kernel


def compiled_anew(kernel):
    return sum(kernel.stats.cache_misses.values())


@pytest.fixture
def load(cache, monkeypatch, tmp_path):
    def found(folder):
        with pytest.MonkeyPatch.context() as patch:
            return loaded(cache, folder, patch)

    return found


def test_another_clone_compiles_nothing_again(load, clone):
    first = load(clone("one"))
    assert (first(3.0), compiled_anew(first)) == (8.0, 1)
    other = clone("two")
    for file in other.iterdir():
        os.utime(file, (1e9, 1e9))
    second = load(other)
    assert (second(3.0), compiled_anew(second)) == (8.0, 0)


@pytest.mark.parametrize(
    ("file", "text", "value"),
    [
        ("callee", FILES["callee.py"].replace("x + SHIFT", "x - SHIFT"), 4.0),
        ("settings", FILES["settings.py"].replace("FACTOR - 1", "FACTOR + 1"), 12.0),
        ("constants", "FACTOR = 5.0\n", 14.0),
    ],
    ids=["callee", "settings", "constants"],
)
def test_an_edit_of_what_a_kernel_calls_or_freezes_is_compiled(load, clone, file, text, value):
    assert load(clone("one"))(3.0) == 8.0
    assert load(clone("two", **{file: text}))(3.0) == value
    assert load(clone("three"))(3.0) == 8.0


def test_every_state_has_a_place_of_its_own(cache, clone, monkeypatch):
    file = clone("one") / "caller.py"

    def state():
        kernel_sources.sources_digest.cache_clear()
        cache._compiler.cache_clear()
        return cache.state(file)

    seen = [state()]
    for owner, name, value in (
        (cache.np, "__version__", "0"),
        (cache.numba, "__version__", "0"),
        (cache.llvmlite, "__version__", "0"),
        (cache.numba.config, "OPT", 0),
        (cache.numba.config, "BOUNDSCHECK", 1),
        (cache.binding, "get_host_cpu_name", lambda: "another"),
        (sys, "version", "another"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            seen.append(state())
    assert len(set(seen)) == len(seen)
    with monkeypatch.context() as patch:
        patch.setattr(cache.numba.config, "NUMBA_NUM_THREADS", 7)
        assert state() == seen[0]
    assert state() == seen[0]


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", [lambda content: content[:40], lambda content: b"", lambda content: b"no"])
def test_a_damaged_file_is_compiled_again_and_mended(load, clone, suffix, damage):
    folder = clone("one")
    kernel = load(folder)
    kernel(3.0)
    for file in Path(kernel.stats.cache_path).glob(f"*{suffix}"):
        file.write_bytes(damage(file.read_bytes()))
    again = load(folder)
    assert (again(3.0), compiled_anew(again)) == (8.0, 1)
    after = load(folder)
    assert (after(3.0), compiled_anew(after)) == (8.0, 0)


def test_machine_code_with_one_bit_turned_is_not_run(load, clone):
    folder = clone("one")
    kernel = load(folder)
    kernel(3.0)
    (file,) = Path(kernel.stats.cache_path).glob("caller.*.nbc")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    again = load(folder)
    assert (again(3.0), compiled_anew(again)) == (8.0, 1)


def test_the_code_of_another_signature_is_not_run(load, clone):
    """As two processes leave it that begin an index at the same moment."""
    folder = clone("one")
    kernel = load(folder)
    kernel(3.0)
    kernel(3)
    one, two = sorted(Path(kernel.stats.cache_path).glob("caller.*.nbc"))
    two.write_bytes(one.read_bytes())
    again = load(folder)
    assert (again(3), compiled_anew(again)) == (8.0, 1)


def test_without_a_place_to_write_kernels_are_compiled_and_not_kept(cache, clone, tmp_path, monkeypatch):
    taken = tmp_path / "a file"
    taken.write_text("")
    monkeypatch.setattr(cache, "_places", lambda: iter([taken, taken / "below"]))
    with pytest.MonkeyPatch.context() as patch:
        kernel = loaded(cache, clone("one"), patch)
    assert kernel(3.0) == 8.0
    assert kernel.stats.cache_path is None


def test_what_was_edited_after_the_process_began_is_not_kept(cache, clone, monkeypatch):
    """A long run that imports a kernel after an edit of what it calls has the old one in memory."""
    folder = clone("one")
    for file in folder.iterdir():
        # A copy may bring the time of change of its original along.
        os.utime(file, (1e9, 1e9))
    monkeypatch.setattr(kernel_sources, "LOADED", max(f.stat().st_ctime for f in folder.iterdir()))
    assert cache.folder_of(folder / "caller.py") is None
    monkeypatch.setattr(kernel_sources, "LOADED", (folder / "caller.py").stat().st_ctime + 1)
    cache.folder_of.cache_clear()
    assert cache.folder_of(folder / "caller.py") is not None


def test_the_next_place_is_used_where_the_first_cannot_be_written(cache, clone, tmp_path, monkeypatch):
    taken = tmp_path / "a file"
    taken.write_text("")
    monkeypatch.setattr(cache, "_places", lambda: iter([taken, tmp_path / "next"]))
    folder = cache.folder_of(clone("one") / "caller.py")
    assert folder is not None
    assert folder.is_relative_to(tmp_path / "next")


def test_a_folder_that_goes_meanwhile_costs_no_result(load, clone):
    import shutil

    kernel = load(clone("one"))
    shutil.rmtree(kernel.stats.cache_path)
    assert kernel(3.0) == 8.0


def test_states_that_nobody_used_for_long_go_and_others_stay(cache, clone, tmp_path):
    folder = cache.folder_of(clone("one") / "caller.py")
    assert folder is not None, "a new state stays"
    now = time.time()
    ages = {"old": 40, "recent": 20}
    for name, days in ages.items():
        (folder.parent / name).mkdir()
        (folder.parent / name / "kernel.nbc").write_bytes(b"")
        os.utime(folder.parent / name, (now - days * 86400,) * 2)
    os.utime(folder, (now - 20 * 86400,) * 2)
    cache.folder_of.cache_clear()
    assert cache.folder_of(tmp_path / "one" / "kept_toys" / "caller.py") == folder
    assert now - folder.stat().st_mtime < 3600, "its use is noted"
    cache.folder_of(clone("two", constants="FACTOR = 9.0\n") / "caller.py")
    assert folder.is_dir()
    assert (folder.parent / "recent").is_dir()
    assert not (folder.parent / "old").exists()


def test_the_place_that_numba_is_given_comes_first(monkeypatch, tmp_path):
    from explore_theory.foundation import kernel_cache

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(kernel_cache.numba.config, "CACHE_DIR", "")
    own = Path(kernel_cache.__file__).parent / "__pycache__"
    places = list(kernel_cache._places())
    assert places[-1] == own
    if sys.platform.startswith("linux"):
        assert places[0] == tmp_path / "user" / "explore-theory"
    monkeypatch.setattr(kernel_cache.numba.config, "CACHE_DIR", str(tmp_path / "given"))
    assert list(kernel_cache._places()) == [tmp_path / "given", *places]


def test_every_kernel_of_ours_is_kept():
    from explore_theory.oracles.kernels import counting, exploration, segments, turns

    for kernel in (counting.binomial, exploration.play, segments.play_in_bulk, turns.explore):
        file = Path(kernel.py_func.__code__.co_filename)
        assert kernel.stats.cache_path is not None
        names = kernel_sources.closure(file)
        assert "explore_theory.foundation.compiled" in names
    assert {
        "explore_theory.foundation.least_squares",
        "explore_theory.oracles.kernels.counting",
        "numpy",
    } < set(kernel_sources.closure(Path(segments.__file__)))
