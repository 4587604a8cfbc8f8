"""A causal model as an oracle: what it draws is what it scores, whatever stands beside it."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from made_causal import MISSING, made, needs_lm

from explore_theory.errors import InvalidProblem, NumericalError
from explore_theory.statistics import clopper_pearson

pytestmark = needs_lm
if not MISSING:
    import torch
    import transformers

    from explore_theory.models import tiny
    from explore_theory.models.causal import CausalModel, Decoding, Job
    from explore_theory.models.causal.libraries import quiet
    from explore_theory.models.causal.sampling import _chosen, uniforms

PROMPTS = ("", "c", "vc ", "cvcc v")


def test_laws_sum_to_one_and_are_those_of_the_network(kinds_folder, kinds_model):
    prefixes = [kinds_model.encoded(text) for text in PROMPTS]
    law = kinds_model.law(prefixes)
    assert np.abs(np.exp(law).sum(axis=1) - 1).max() < 1e-14
    with quiet():
        network = transformers.AutoModelForCausalLM.from_pretrained(kinds_folder).eval()
    for prefix, row in zip(prefixes, law, strict=True):
        with torch.no_grad():
            alone = network(torch.tensor([prefix])).logits[0, -1].log_softmax(-1).numpy()
        np.testing.assert_allclose(row, alone, atol=1e-5)


def test_draws_have_the_law_that_scores_them(kinds_model):
    """Frequencies of all responses of at most two tokens, each within its interval, all of them at once."""
    prefix, n = kinds_model.encoded("c"), 20_000
    drawn = kinds_model.sample([prefix], n, max_tokens=2, together=4000)
    counted = Counter(response.tokens for response in drawn)
    end = kinds_model.ends[0]
    others = [token for token in range(kinds_model.vocabulary) if token != end]
    wanted = [(end,), *itertools.product(others, range(kinds_model.vocabulary))]
    logs = kinds_model.log_probabilities([prefix] * len(wanted), wanted)
    truth = np.exp([log.sum() for log in logs])
    assert truth.sum() == pytest.approx(1, abs=1e-6)
    assert set(counted) <= set(wanted)
    lo, hi = clopper_pearson([counted[one] for one in wanted], n, 1e-6 / len(wanted))
    assert np.all((lo <= truth) & (truth <= hi))


def test_a_response_is_finished_by_an_end_and_else_cut(kinds_model):
    for response in kinds_model.sample([kinds_model.encoded("c")], 300, max_tokens=6):
        ends = [token in kinds_model.ends for token in response.tokens]
        assert response.finished == ends[-1]
        assert not any(ends[:-1])
        assert response.finished or len(response.tokens) == 6
        assert len(response.logs) == len(response.tokens)


def test_prefixes_of_several_lengths_stand_side_by_side_and_change_nothing(kinds_model):
    """Uniforms are those of the prompt and the number: others, their order and the batch do not matter."""
    prefixes = [kinds_model.encoded(text) for text in PROMPTS]
    alone = [kinds_model.sample([prefix], 12, max_tokens=10) for prefix in prefixes]
    for together in (1, 7, 64, 1000):
        beside = kinds_model.sample(prefixes, 12, max_tokens=10, together=together)
        assert [r.tokens for r in beside] == [r.tokens for part in alone for r in part]
        assert kinds_model.band(prefixes, beside) < 1e-5
    jobs = [Job(x, i) for i in (3, 11, 0) for x in (2, 0)]
    picked = [r for batch in kinds_model.draws(prefixes, jobs, max_tokens=10, together=4) for r in batch]
    assert [(r.prompt, r.number) for r in picked] == jobs
    assert [r.tokens for r in picked] == [alone[job.prompt][job.number].tokens for job in jobs]


def test_another_seed_prompt_or_number_is_another_draw(kinds_model):
    prefix = kinds_model.encoded("c")
    first, again = (kinds_model.sample([prefix], 30, max_tokens=12, seed=3) for _ in range(2))
    other = kinds_model.sample([prefix], 30, max_tokens=12, seed=4)
    assert [r.tokens for r in first] == [r.tokens for r in again]
    assert sum(a.tokens == b.tokens for a, b in zip(first, other, strict=True)) < 15
    assert len({r.tokens for r in first}) > 15
    coins = [uniforms(tokens, [0, 1], 6, seed) for tokens, seed in (((1, 2), 0), ((2, 1), 0), ((1, 2), 1))]
    assert len({row.tobytes() for part in coins for row in part}) == 6


ARCHITECTURES = {
    "gpt2": ("GPT2Config", {}),
    "llama": ("LlamaConfig", {"num_key_value_heads": 2}),
    "neox": ("GPTNeoXConfig", {}),
    "bloom": ("BloomConfig", {"n_head": 4, "n_layer": 2}),
    "opt": ("OPTConfig", {"ffn_dim": 64, "word_embed_proj_dim": 32}),
    "mistral": ("MistralConfig", {"num_key_value_heads": 2, "sliding_window": 5}),
}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_every_architecture_draws_from_its_plain_law(kind, tmp_path):
    """Padding, positions, masks and what is remembered, against passes that have none of it."""
    name, changes = ARCHITECTURES[kind]
    model = CausalModel.open(made(tmp_path, getattr(transformers, name), **changes))
    prefixes = [model.encoded(text) for text in ("a", "abc", "abcdefghijk kjih")]
    drawn = model.sample(prefixes, 20, max_tokens=12)
    assert model.cached
    assert model.band(prefixes, drawn) < 1e-4
    entropy = -(np.exp(law := model.law(prefixes)) * law).sum(axis=1)
    assert entropy.max() < 0.98 * math.log(model.vocabulary)


def test_without_a_memory_every_token_is_a_plain_pass(kinds_model, kinds_folder):
    slow = CausalModel.open(kinds_folder)
    slow._network.remembers = False
    prefixes = [kinds_model.encoded(text) for text in PROMPTS]
    mine, plain = (model.sample(prefixes, 12, max_tokens=8) for model in (kinds_model, slow))
    assert [r.tokens for r in mine] == [r.tokens for r in plain]


def test_a_network_that_goes_on_wrongly_is_read_anew(kinds_folder, monkeypatch):
    """Positions that are not counted from the first token are noticed when the model is opened."""
    from explore_theory.models.causal.network import Network

    given = Network._step

    def shifted(self, ids, mask, positions, memory):
        return given(self, ids, mask, positions + 3, memory)

    monkeypatch.setattr(Network, "_step", shifted)
    assert not CausalModel.open(kinds_folder).cached


def test_dropout_is_off_also_where_it_was_turned_on(kinds_model):
    prefix = [kinds_model.encoded("vc")]
    first = kinds_model.law(prefix)
    kinds_model._network.module.train()
    np.testing.assert_array_equal(kinds_model.law(prefix), first)
    assert not kinds_model._network.module.training


def test_logarithms_that_are_off_are_an_error_in_float32(kinds_model):
    prefix = [kinds_model.encoded("vc")]
    (response,) = kinds_model.sample(prefix, 1, max_tokens=5)
    wrong = response._replace(logs=response.logs + 2e-4)
    with pytest.raises(NumericalError, match=r"within 0.0001 a token"):
        kinds_model.band(prefix, [wrong])


def test_sixteen_bits_have_a_band_that_is_measured(kinds_folder):
    model = CausalModel.open(kinds_folder, dtype="bfloat16")
    prefixes = [model.encoded(text) for text in PROMPTS]
    band = model.band(prefixes, model.sample(prefixes, 30, max_tokens=10))
    assert 1e-5 < band < 0.5
    assert model.name.endswith("bfloat16")


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.6},
        {"top_k": 3},
        {"top_p": 0.8},
        {"min_p": 0.2},
        {"temperature": 1.7, "top_k": 5, "top_p": 0.7},
    ],
)
def test_settings_bend_the_law_as_the_library_does(settings):
    """The same law as the library's own processors make, in the order in which it applies them."""
    logits = torch.tensor(np.random.Generator(np.random.Philox(key=5)).normal(size=(50, 12)) * 2)
    wanted = logits
    for name, kind in (
        ("temperature", "TemperatureLogitsWarper"),
        ("top_k", "TopKLogitsWarper"),
        ("top_p", "TopPLogitsWarper"),
        ("min_p", "MinPLogitsWarper"),
    ):
        if name in settings:
            wanted = getattr(transformers, kind)(settings[name])(None, wanted)
    mine = Decoding(**settings).bent(logits).softmax(-1)
    np.testing.assert_allclose(mine.numpy(), wanted.softmax(-1).numpy(), atol=1e-12)


def test_the_library_cuts_to_fifty_unasked():
    assert transformers.GenerationConfig._get_default_generation_params()["top_k"] == 50


def test_both_logarithms_are_told(kinds_model):
    prefix = kinds_model.encoded("c")
    decoding = Decoding(temperature=0.5, top_k=2)
    drawn = kinds_model.sample([prefix], 50, max_tokens=4, decoding=decoding)
    for response in drawn:
        for t, token in enumerate(response.tokens):
            own = kinds_model.law([(*prefix, *response.tokens[:t])])[0]
            best = np.sort(own)[-2:] / 0.5
            assert own[token] >= np.sort(own)[-2]
            assert response.logs[t] == pytest.approx(own[token], abs=1e-5)
            assert response.drawn_logs[t] == pytest.approx(own[token] / 0.5 - np.logaddexp(*best), abs=1e-5)


def test_the_likeliest_token_is_drawn_at_temperature_zero(kinds_model):
    prefix = kinds_model.encoded("c")
    (first, *others) = kinds_model.sample([prefix], 5, max_tokens=4, decoding=Decoding(temperature=0.0))
    assert {r.tokens for r in others} == {first.tokens}
    assert first.tokens[0] == kinds_model.law([prefix])[0].argmax()
    np.testing.assert_array_equal(first.drawn_logs, 0.0)


@pytest.mark.parametrize("coin", [0.5, 2.0**-53, 1 - 2.0**-53])
def test_a_token_of_no_mass_is_never_drawn(coin):
    logits = torch.tensor([[-torch.inf, 1.0, 0.3, -torch.inf, -0.1, -torch.inf]] * 2)
    token, own, _ = _chosen(logits, torch.tensor([coin, coin], dtype=torch.float64), Decoding())
    assert torch.isfinite(own).all()
    assert token.tolist() == [{0.5: 1, 2.0**-53: 1, 1 - 2.0**-53: 4}[coin]] * 2


def test_features_are_a_bounded_map_of_the_prefix_alone(kinds_model):
    prefixes = [kinds_model.encoded(text) for text in (*PROMPTS, "vvvvv", "c c c")]
    phi = kinds_model.features(prefixes, 3)
    assert phi.shape == (6, 3)
    assert np.sqrt((phi * phi).sum(axis=1)).max() <= 1 + 1e-12
    np.testing.assert_allclose(kinds_model.features(prefixes[2:3], 3), phi[2:3], atol=1e-5)
    assert np.abs(kinds_model.features(prefixes, 3, seed=1) - phi).max() > 0.01
    assert np.abs(kinds_model.features(prefixes, 3, layer=1) - phi).max() > 0.01
    # Of a state of width D: z = P h/sqrt(D), of which what is longer than one is cut to one; those of the
    # first layer are shorter.
    for layer in (0, -1):
        hidden = kinds_model._network.last(prefixes, layer=layer)[1].double().numpy()
        given = np.sqrt((hidden * hidden).mean(axis=1))
        wide = kinds_model.features(prefixes, 4000, layer=layer)
        np.testing.assert_allclose(np.sqrt((wide * wide).sum(axis=1)), np.minimum(1.0, given), rtol=0.1)
        assert (given.max() < 0.9) == (layer == 0)


def test_tokens_are_metered(kinds_folder):
    model = CausalModel.open(kinds_folder)
    assert set(model.spent.values()) == {0}
    prefixes = [model.encoded(text) for text in PROMPTS]
    drawn = model.sample(prefixes, 9, max_tokens=5, together=36)
    # Each prompt is read once, however many responses there are.
    spent = dict(model.spent)
    assert spent["prefilled"] == sum(map(len, prefixes))
    assert spent["drawn"] == sum(len(r.tokens) for r in drawn)
    assert spent["scored"] == 0
    assert spent["passes"] <= 5
    model.log_probabilities(prefixes[:1], [drawn[0].tokens])
    assert model.spent["scored"] == len(prefixes[0]) + len(drawn[0].tokens)


def test_prompts_beyond_the_context_are_refused_with_numbers(kinds_model):
    context = kinds_model.context
    prefix = (1,) * context
    assert context == 24
    kinds_model.law([prefix])
    kinds_model.sample([prefix], 1, max_tokens=1)
    with pytest.raises(InvalidProblem, match="context of 24 tokens, got 25"):
        kinds_model.law([(*prefix, 1)])
    with pytest.raises(InvalidProblem, match="context of 24 tokens, got 24 and 2 tokens to draw"):
        kinds_model.sample([prefix], 1, max_tokens=2)


def test_prompts_are_spelled(kinds_model):
    assert kinds_model.encoded("") == (0,)
    assert kinds_model.spelled(kinds_model.encoded("cv v")) == "cv v"
    assert kinds_model.spelled((*kinds_model.encoded("cv"), 0)) == "cv"
    assert kinds_model.pieces((*kinds_model.encoded("cv"), 0)) == ["c", "v"]
    with pytest.raises(InvalidProblem, match="messages"):
        kinds_model.encoded([{"role": "user", "content": "c"}])
    with pytest.raises(InvalidProblem, match=r"tokenizer can read|tokens for"):
        kinds_model.encoded("Q")


def spelling(tokenizer):
    from explore_theory.models.causal.spelling import Spelling

    return Spelling(tokenizer, ends=[0], vocabulary=1000, folder="here")


def test_a_space_that_begins_a_response_is_part_of_it():
    """Decoders of this kind drop the space before the first word of what they decode."""
    import tokenizers as kit

    made_ = kit.Tokenizer(kit.models.WordLevel({"</s>": 0, "▁the": 1, "▁cat": 2, "s": 3}))
    made_.pre_tokenizer, made_.decoder = kit.pre_tokenizers.Metaspace(), kit.decoders.Metaspace()
    words = spelling(transformers.PreTrainedTokenizerFast(tokenizer_object=made_, eos_token="</s>"))
    assert words.encoded("the cat") == (1, 2)
    assert words.spelled((2, 3, 0), after=(1,)) == " cats"
    assert words.pieces((2, 3, 0), after=(1,)) == [" cat", "s"]
    assert words.spelled((2, 3)) == "cats"


def test_characters_that_lie_across_tokens_have_no_pieces():
    import tokenizers as kit

    made_ = kit.Tokenizer(kit.models.BPE())
    made_.pre_tokenizer, made_.decoder = (
        kit.pre_tokenizers.ByteLevel(add_prefix_space=False),
        kit.decoders.ByteLevel(),
    )
    every = kit.pre_tokenizers.ByteLevel.alphabet()
    trainer = kit.trainers.BpeTrainer(vocab_size=257, special_tokens=["</s>"], initial_alphabet=every)
    made_.train_from_iterator(["a"], trainer)
    bytes_ = spelling(transformers.PreTrainedTokenizerFast(tokenizer_object=made_, eos_token="</s>"))
    tokens = bytes_.encoded("né")
    assert len(tokens) == 3
    assert bytes_.spelled(tokens, after=tokens[:1]) == "né"
    assert bytes_.pieces(tokens) is None
    assert bytes_.pieces(tokens[:1]) == ["n"]


def test_training_is_derived_from_its_seed(tmp_path):
    names = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        tiny.train(tmp_path / folder, ["ab", "ba a"], steps=3, width=8, seed=seed)
        names.append(CausalModel.open(tmp_path / folder).name)
    assert names[0] == names[1] != names[2]
