"""What a folder must hold before anything of it is loaded; no library of language models is needed."""

import json
import re
import struct

import pytest

from explore_theory.errors import InvalidProblem, MissingLibrary
from explore_theory.models.causal import CausalModel, libraries
from explore_theory.models.causal.decoding import NEUTRAL, Decoding, would_have
from explore_theory.models.causal.folder import Folder


def tensors(path, **named):
    """A safetensors file of bytes, by the definition of the format."""
    header, data = {}, b""
    for name, value in named.items():
        header[name] = {
            "dtype": "U8",
            "shape": [len(value)],
            "data_offsets": [len(data), len(data) + len(value)],
        }
        data += value
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", "n_layer": 2}))
    (tmp_path / "tokenizer.json").write_text("{}")
    tensors(tmp_path / "model.safetensors", one=b"abc", two=b"defg")
    return tmp_path


def remove(name):
    return lambda folder: (folder / name).unlink()


def write(name, text):
    return lambda folder: (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ([remove("config.json")], "with config.json, got none"),
        ([remove("config.json"), write("adapter_config.json", "{}")], "got an adapter alone"),
        ([write("config.json", "[1")], "config.json must be a JSON object"),
        ([write("config.json", '{"is_encoder_decoder": true}')], "a decoder alone, got an encoder"),
        ([write("generation_config.json", "3")], "generation_config.json must be a JSON object"),
        ([remove("tokenizer.json")], "tokenizer beside it"),
        ([remove("model.safetensors")], "as model.safetensors, got none"),
        ([remove("model.safetensors"), write("pytorch_model.bin", "x")], "got pickled ones alone"),
        ([write("model.safetensors.index.json", "{}")], "must name files of its own folder"),
        (
            [write("model.safetensors.index.json", '{"weight_map": {"one": "../model.safetensors"}}')],
            "must name files of its own folder",
        ),
        (
            [write("model.safetensors.index.json", '{"weight_map": {"one": "model-2.safetensors"}}')],
            "all 1 files of weights, got none of the name 'model-2.safetensors'",
        ),
    ],
)
def test_a_folder_that_holds_no_such_model_is_refused_in_a_line(folder, harm, says):
    for step in harm:
        step(folder)
    with pytest.raises(InvalidProblem, match=says) as caught:
        Folder.of(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["nowhere", "tokenizer.json"])
def test_what_is_no_folder_is_never_looked_for_elsewhere(folder, path):
    with pytest.raises(InvalidProblem, match="must be a folder that is there"):
        Folder.of(folder / path)


def digest(folder):
    return Folder.of(folder).digest


def test_the_digest_names_weights_and_settings_and_not_where_they_came_from(folder):
    first = digest(folder)
    config = {
        "n_layer": 2,
        "model_type": "gpt2",
        "transformers_version": "0",
        "_name_or_path": "x",
        "dtype": "y",
    }
    (folder / "config.json").write_text(json.dumps(config))
    assert digest(folder) == first
    (folder / "config.json").write_text(json.dumps(config | {"n_layer": 3}))
    assert digest(folder) != first


@pytest.mark.parametrize(
    "changed", [{"one": b"abd"}, {"two": b"deff"}, {"three": b""}, {"one": b"abcd", "two": b"efg"}]
)
def test_any_other_weights_have_another_digest(folder, changed):
    first = digest(folder)
    tensors(folder / "model.safetensors", **{"one": b"abc", "two": b"defg", **changed})
    assert digest(folder) != first


def test_the_digest_is_that_of_the_weights_however_they_are_cut_into_files(folder):
    first = digest(folder)
    (folder / "model.safetensors").unlink()
    tensors(folder / "b.safetensors", one=b"abc")
    tensors(folder / "a.safetensors", two=b"defg")
    index = {"weight_map": {"one": "b.safetensors", "two": "a.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert digest(folder) == first


@pytest.mark.parametrize("lost", [1, 7, 40])
def test_weights_that_are_cut_off_are_noticed(folder, lost):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(InvalidProblem, match="whole safetensors file"):
        digest(folder)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"top_k": 0}, "top_k"),
        ({"top_p": 0.0}, "top_p"),
        ({"top_p": 1.5}, r"top_p must lie in \(0, 1\]"),
        ({"min_p": 2.0}, "min_p"),
    ],
)
def test_decoding_settings_are_in_range(settings, says):
    with pytest.raises(InvalidProblem, match=says):
        Decoding(**settings)


def test_the_law_is_said_in_words():
    assert "the model's own law" in str(Decoding())
    assert "not the model's own law" not in str(Decoding())
    assert str(Decoding(temperature=0.7, top_p=0.9)).startswith("not the model's own law, but")
    # What changes nothing is not named as if it did.
    assert str(Decoding(top_k=3, top_p=1.0)) == "not the model's own law, but that of top-k 3"
    assert str(Decoding(temperature=0.0)).endswith("that of the likeliest token")


def test_settings_are_seen_over_a_vocabulary():
    given = Decoding(temperature=0.7, top_k=5, top_p=0.9, min_p=0.1)
    assert given.over(6) == given
    assert given.over(5) == Decoding(temperature=0.7, top_p=0.9, min_p=0.1)
    assert Decoding(top_k=9, top_p=1.0).over(9).neutral
    assert not Decoding(top_k=8).over(9).neutral
    assert Decoding(top_p=1.0).neutral
    assert not Decoding(top_k=50).neutral
    assert not Decoding(temperature=0.0).neutral


@pytest.mark.parametrize(
    ("generation", "says"),
    [
        ({}, "sets nothing that bends its law; `generate` would take the likeliest token"),
        ({"do_sample": True, "temperature": 1.0}, "would draw from the 50 likeliest tokens unasked"),
        ({"do_sample": True, "top_k": 0}, "would draw from the model's own law"),
        (
            {"do_sample": True, "top_k": 20, "temperature": 0.6},
            "sets temperature 0.6, top_k 20; `generate` would draw",
        ),
        ({"repetition_penalty": 1.1}, "sets repetition_penalty 1.1; `generate` would take the likeliest"),
        ({"suppress_tokens": [1, 2]}, r"suppress_tokens \(2 entries\)"),
        ({name: values[-1] for name, values in NEUTRAL.items()}, "sets nothing that bends its law"),
    ],
)
def test_what_a_checkpoint_would_have_done_is_said(generation, says):
    told = would_have(generation)
    assert re.search(says, told)
    assert told.endswith("Nothing of it is applied.")


def test_without_the_library_the_line_says_which_extra():
    with pytest.raises(MissingLibrary, match=r"no_such_torch must be installed .*explore-theory\[lm\]"):
        libraries.library("no_such_torch")


def test_without_torch_a_model_is_a_line(folder, monkeypatch):
    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(libraries.importlib, "import_module", absent)
    with pytest.raises(MissingLibrary, match=r"torch must be installed .*explore-theory\[lm\]"):
        CausalModel.open(folder)


def test_a_library_that_is_broken_says_how(monkeypatch):
    def broken(name):
        raise ImportError("libcudart.so.13: cannot open\nshared object file")

    monkeypatch.setattr(libraries.importlib, "import_module", broken)
    with pytest.raises(MissingLibrary, match=r"got: libcudart\.so\.13: cannot open shared"):
        libraries.library("torch")
