"""The folder of a report: ours or refused, files whole, and nothing outside of it."""

import errno
import os

import pytest

from explore_theory.errors import StoreError
from explore_theory.foundation import files
from explore_theory.reporting.folder import MARK, own_folder, put, require_own, safe_name


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def everything(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_missing_folder_is_made_and_marked_and_ours_from_then_on(tmp_path):
    out = tmp_path / "a" / "b"
    require_own(out)
    assert not out.exists(), "what only looks must not write"
    own_folder(out)
    assert everything(out).keys() == {MARK}
    put(out, "index.html", b"anything")
    put(out, "figures/more.svg", b"anything")
    own_folder(out)


@pytest.mark.parametrize("name", ["README.md", ".gitignore", ".gitkeep"])
def test_an_empty_folder_is_ours_whatever_keeps_it(out, name):
    own_folder(out)
    (out / MARK).unlink()
    (out / name).write_text("kept")
    own_folder(out)
    assert (out / name).read_text() == "kept"


@pytest.mark.parametrize(
    "head",
    [
        '<meta name="generator" content="explore-theory">',
        '<meta name="generator" content="explore-theory 0.2">',
        "<title>explore-theory report</title>",
    ],
)
def test_a_page_of_ours_makes_it_ours(out, head):
    (out / "index.html").write_text(f"<!DOCTYPE html>\n<html>{head}</html>")
    (out / "notes.txt").write_text("mine")
    own_folder(out)
    assert (out / MARK).is_file()
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.html", "<title>My home page</title>"),
        ("index.html", "<p>As explore-theory reports</p>"),
        ("index.html", '<meta name="generator" content="explore-theorist">'),
        ("thesis.tex", "ten years of work"),
        ("readme.md", "not the one that keeps a folder"),
        (MARK, "the settings of some other program"),
    ],
)
def test_what_is_somebody_elses_is_refused_in_a_line_and_untouched(out, name, text):
    (out / name).write_text(text)
    for call in (require_own, own_folder):
        with pytest.raises(StoreError, match="out must be a new or empty folder") as caught:
            call(out)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
    assert everything(out) == {name: text.encode()}


def test_a_name_that_breaks_lines_is_quoted(out):
    (out / "a\nb\x1b[31m").write_text("")
    with pytest.raises(StoreError) as caught:
        require_own(out)
    assert str(caught.value).isprintable()


def test_a_file_or_a_link_to_nowhere_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link", "file/below", "x" * 300):
        with pytest.raises(StoreError, match="out must be a folder that can be written"):
            own_folder(tmp_path / name)
    assert not (tmp_path / "nowhere").exists()


def test_a_link_to_a_folder_of_ours_is_followed_since_its_user_named_it(tmp_path, out):
    link = tmp_path / "link"
    link.symlink_to(out)
    own_folder(link)
    put(link, "a/b.txt", b"x")
    assert (out / "a" / "b.txt").read_bytes() == b"x"


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/tmp/x", "", ".", "a\\..\\x", "c:x", "a\0b", "a/..", "..", "a/b?"]
)
def test_no_name_leads_out(out, name):
    with pytest.raises(StoreError, match="inside its folder"):
        put(out, name, b"x")
    assert everything(out.parent) == {}


def test_links_inside_are_not_followed_out(tmp_path, out):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("kept")
    (out / "figures").symlink_to(elsewhere)
    (out / "page").symlink_to(elsewhere / "precious")
    (out / "round").symlink_to(out / "round")
    for name in ("figures/x.svg", "figures/deeper/x.svg"):
        with pytest.raises(StoreError, match="inside its folder"):
            put(out, name, b"x")
    with pytest.raises(StoreError, match="out must be"):
        put(out, "round/x", b"x")
    put(out, "page", b"ours")
    assert everything(elsewhere) == {"precious": b"kept"}
    assert not (out / "page").is_symlink()


def test_a_full_disk_is_one_line_and_leaves_what_was_there(out, monkeypatch):
    put(out, "index.html", b"earlier")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device") as caught:
        put(out, "index.html", b"later")
    assert "index.html" in str(caught.value)
    assert everything(out) == {"index.html": b"earlier"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("C2", "C2"),
        ("bon:B1", "bon-B1"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "unnamed"),
        ("日本", "unnamed"),
        ("a\nb", "a-b"),
        ("x" * 300, "x" * 80),
    ],
)
def test_any_text_becomes_a_part_of_a_name(out, text, name):
    assert safe_name(text) == name
    put(out, f"{safe_name(text)}.svg", b"x")


def test_a_folder_of_reports_may_hold_reports(tmp_path):
    inner = tmp_path / "reference"
    own_folder(inner)
    (inner / "index.html").write_text("anything")
    require_own(tmp_path)
    own_folder(tmp_path)
    (tmp_path / MARK).unlink()
    (inner / MARK).write_text("of somebody else")
    with pytest.raises(StoreError, match="where reference lies"):
        require_own(tmp_path)
