"""Folders that look like causal models and are none, one line each; nothing is downloaded."""

import json
import shutil

import pytest
from made_causal import MISSING, made, needs_lm

from explore_theory.errors import InvalidProblem

pytestmark = needs_lm
if not MISSING:
    import safetensors.torch
    import torch
    import transformers

    from explore_theory.models.causal import CausalModel, Job
    from explore_theory.models.causal.network import Network


def configured(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def folder(kinds_folder, tmp_path):
    return shutil.copytree(kinds_folder, tmp_path / "model")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model_type": "no-such"}, "got model_type 'no-such' in"),
        (
            {"model_type": "no-such", "auto_map": {"AutoModelForCausalLM": "x.Y"}},
            "code of its own, which is not run",
        ),
        ({"model_type": None}, "got model_type None"),
        ({"model_type": "distilbert"}, "got an encoder 'distilbert'"),
        ({"n_layer": 3}, "every tensor of the model, got 12 missing or of another shape"),
        ({"n_embd": 32}, "transformers can load it|of another shape"),
        ({"eos_token_id": 99}, None),
    ],
)
def test_a_configuration_that_does_not_fit_is_a_line(folder, changes, says):
    configured(folder, **changes)
    if says is None:
        # What the generation settings say goes before it.
        assert CausalModel.open(folder).ends == (0,)
        return
    with pytest.raises(InvalidProblem, match=says) as caught:
        CausalModel.open(folder)
    assert "\n" not in str(caught.value)


def test_ends_are_tokens_of_the_model(folder):
    (folder / "generation_config.json").write_text('{"eos_token_id": [0, 2]}')
    assert CausalModel.open(folder).ends == (0, 2)
    (folder / "generation_config.json").write_text('{"eos_token_id": 99}')
    with pytest.raises(InvalidProblem, match="eos_token_id must be tokens below 4, got 99"):
        CausalModel.open(folder)


def test_a_tensor_that_is_missing_is_not_made_up(folder):
    path = folder / "model.safetensors"
    weights = safetensors.torch.load_file(path)
    name = sorted(weights)[3]
    del weights[name]
    safetensors.torch.save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(InvalidProblem, match=f"got 1 missing or of another shape, '{name}'"):
        CausalModel.open(folder)


def test_a_tokenizer_of_another_model_is_noticed(folder):
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text())
    told["model"]["vocab"]["z"] = 7
    path.write_text(json.dumps(told))
    with pytest.raises(InvalidProblem, match="numbers below 4, got 'z' as 7"):
        CausalModel.open(folder)


def test_a_tokenizer_that_is_damaged_is_a_line(folder):
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(InvalidProblem, match=r"transformers can load it"):
        CausalModel.open(folder)


def test_an_encoder_is_refused_by_name_and_by_what_it_does(tmp_path):
    made(tmp_path, transformers.BertConfig)
    with pytest.raises(InvalidProblem, match=r"got an encoder \('bert' without is_decoder\)"):
        CausalModel.open(tmp_path)
    module = transformers.BertLMHeadModel.from_pretrained(tmp_path).eval()
    with pytest.raises(InvalidProblem, match=r"moves by .* with what follows it"):
        Network(module, "cpu")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"device": "tpu"}, "device must be cpu, cuda or cuda:N, got device='tpu'"),
        ({"device": "meta"}, "device must be cpu, cuda"),
        ({"device": "cuda:99"}, "one that torch sees"),
        ({"dtype": "float23"}, "dtype must be one of"),
    ],
)
def test_devices_and_types_are_known(folder, given, says):
    with pytest.raises(InvalidProblem, match=says):
        CausalModel.open(folder, **given)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: m.law([]), "prefixes must hold one"),
        (lambda m: m.law([()]), r"prefixes\[0\] must have a token"),
        (lambda m: m.law([(0, 4)]), r"prefixes\[0\]"),
        (lambda m: m.law([(0, -1)]), r"prefixes\[0\]"),
        (lambda m: m.sample([(0,)], 1, max_tokens=0), "max_tokens"),
        (lambda m: m.sample([(0,)], -1, max_tokens=1), "count"),
        (lambda m: m.draws([(0,)], [Job(1, 0)], max_tokens=1), "prompt must lie"),
        (lambda m: m.features([(0,)], 0), "dimension"),
        (lambda m: m.features([(0,)], 2, layer=9), "layer"),
        (lambda m: m.log_probabilities([(0,)], []), "responses must be 1"),
    ],
)
def test_bad_arguments_are_a_line(kinds_model, call, says):
    with pytest.raises(InvalidProblem, match=says):
        call(kinds_model)


def test_nobody_else_is_disturbed(folder):
    """Drawing leaves the library's own generator, threads and settings as they were."""
    before = torch.random.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    model = CausalModel.open(folder)
    model.sample([(0,)], 3, max_tokens=3)
    after = torch.random.get_rng_state(), torch.get_num_threads(), torch.is_grad_enabled()
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
