"""Each form in which people bring problems is read, and what is wrong is refused in one line."""

import bz2
import gzip
import json
import lzma

import numpy as np
import pytest
from made_instances import DNF_TEXT, archive, refusal

from explore_theory import TabularProblem, exact
from explore_theory.exact import soft_dynamics
from explore_theory.formulas import Clauses, Formula, MixedFormula
from explore_theory.instances import read
from explore_theory.problems import DNF, Gaussian

HEAD = {"format": "explore-theory problem", "version": 1}
TABLE = {
    **HEAD,
    "kind": "tabular",
    "beta": 0.5,
    "base": [[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]],
    "reward": [[0, 0.5, 1], [1, 0, 0.25]],
    "features": [[[0], [0.5], [1]], [[1], [0], [0.25]]],
}


# --- tables -------------------------------------------------------------------------------------------------


def test_a_table_by_hand(brought):
    problem = brought({**TABLE, "noise": {"gaussian": 0.1}, "theta_star": [1], "parameter_radius": 2})
    assert problem.prompt_mass.tolist() == [0.5, 0.5]
    assert problem.noise == Gaussian(0.1)
    assert problem.reward[1].tolist() == [1, 0, 0.25]


def test_one_prompt_needs_no_axis_of_its_own(brought):
    flat = {**TABLE, "base": [0.5, 0.5], "reward": [0, 1], "features": [[0], [1]]}
    assert brought(flat).base.shape == (1, 2)


def test_prompt_by_prompt_and_line_by_line_are_the_same(brought):
    prompts = [
        {"prompt": "how?", "mass": 0.25, "base": [0.5, 0.5], "reward": [0, 1], "features": [[0], [1]]},
        {"prompt": "why?", "mass": 0.75, "base": [0.1, 0.9], "reward": [1, 0], "features": [[1], [0]]},
    ]
    head = {**HEAD, "kind": "tabular", "beta": 1}
    one = brought({**head, "prompts": prompts})
    lines = brought("\n".join(json.dumps(part) for part in [head, *prompts]) + "\n\n")
    assert one.prompt_mass.tolist() == [0.25, 0.75] == lines.prompt_mass.tolist()
    assert np.array_equal(one.base, lines.base)
    assert one.base[1].tolist() == [0.1, 0.9]


def test_logarithms_in_nats_bits_and_dits(brought):
    rows = {"nats": np.log([0.5, 0.25, 0.25]), "bits": [-1, -2, -2], "dits": np.log10([0.5, 0.25, 0.25])}
    for unit, row in rows.items():
        own = {k: v for k, v in TABLE.items() if k != "base"} | {
            "log_base": [list(row)] * 2,
            "log_unit": unit,
        }
        np.testing.assert_allclose(brought(own).base[0], [0.5, 0.25, 0.25], atol=1e-15)
    # Bits that are not declared are no law in nats.
    own = {k: v for k, v in TABLE.items() if k != "base"} | {"log_base": [[-1, -2, -2]] * 2}
    assert "sum" in refusal(brought, own)


@pytest.mark.parametrize("nothing", ["null", '"-inf"', "-Infinity", '"-Infinity"'])
def test_minus_infinity_is_outside_the_support(brought, nothing):
    text = json.dumps({k: v for k, v in TABLE.items() if k != "base"} | {"log_base": "HERE"})
    text = text.replace('"HERE"', f"[[-0.6931471805599453, -0.6931471805599453, {nothing}], [0, null, null]]")
    problem = brought(text)
    assert problem.base[0].tolist() == pytest.approx([0.5, 0.5, 0])
    assert problem.base[1].tolist() == [1, 0, 0]
    assert float(exact.log_coverage(problem)[0]) < 1


def test_logarithms_that_no_double_holds_keep_their_meaning(brought):
    logs = [float(np.log1p(-np.exp(-2.0))), -2.0, -1000.0, -1001.0]
    logs[0] = float(np.log1p(-np.exp(-2.0)))
    own = {
        **HEAD,
        "kind": "tabular",
        "beta": 5e-4,
        "log_base": [logs],
        "reward": [[0, 0.2, 0.9, 1.0]],
        "features": [[[0], [0.2], [0.9], [1.0]]],
    }
    problem = brought(own)
    assert float(exact.log_coverage(problem)[0]) == pytest.approx(1001.0)
    assert float(exact.optimal_objective(problem)[0]) == pytest.approx(0.4995)


def test_a_declared_precision_forgives_its_rounding_and_no_more(brought):
    rng = np.random.default_rng(0)
    soft = rng.dirichlet(np.ones(3), 2).astype(np.float32)
    soft[0] *= np.float32(1 + 2e-6)
    own = {**TABLE, "base": [[float(x) for x in row] for row in soft]}
    assert "must sum to one along its last axis, got sum(base)=1.000002" in refusal(brought, own)
    problem = brought({**own, "precision": "float32"})
    assert problem.base.sum(axis=-1) == pytest.approx([1, 1], abs=1e-15)
    assert problem.adjusted["base"] == pytest.approx(2e-6, rel=0.2)
    far = {**own, "base": [[0.5, 0.25, 0.26], [0.2, 0.3, 0.5]], "precision": "float32"}
    assert "got sum(base)=1.0" in refusal(brought, far)


def test_one_hot_features_realise_any_rewards(brought):
    problem = brought({**TABLE, "features": "one-hot"})
    assert np.array_equal(problem.features[1], np.eye(3))
    huge = {**TABLE, "base": [[1e-4] * 10_000], "reward": [[0] * 10_000], "features": "one-hot"}
    assert "must take at most" in refusal(brought, huge)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version must be at most 1, the newest that explore-theory"),
        ({"version": 2, "reader": "explore-theory 0.9"}, "this file needs explore-theory 0.9"),
        ({"version": True}, "version must be a whole number"),
        ({"format": "else"}, "format must be 'explore-theory problem', got format='else'"),
        ({"kind": "tabula"}, "kind must be one of tabular, tokens, formula, got kind='tabula'; did you mean"),
        ({"bta": 1}, "did you mean 'beta'?"),
        ({"beta": -1}, "beta must be positive"),
        ({"beta": "1"}, "beta must be a real number"),
        ({"base": [[0.5, 0.25, 0.5], [0.2, 0.3, 0.5]]}, "got sum(base)=1.25 in row 0"),
        ({"base": [[0.5, 0.25, True], [0.2, 0.3, 0.5]]}, "base must hold numbers, got true or false"),
        ({"base": [[0.5, "0.25", 0.25], [0.2, 0.3, 0.5]]}, "base must hold numbers, got text"),
        ({"base": [[0.5, None, 0.5], [0.2, 0.3, 0.5]]}, "base must hold numbers, got null"),
        ({"base": [[0.5, 0.5], [0.2, 0.3, 0.5]]}, "base must have rows of one length"),
        ({"log_base": [[0], [0]]}, "must have exactly one of base and log_base, got both"),
        ({"reward": [[0, 0.5, float("nan")], [1, 0, 0.25]]}, "reward must be finite, got reward[0, 2]=nan"),
        ({"reward": [[0, 0.5, 2**53 + 1], [1, 0, 0.25]]}, "float64 holds exactly"),
        ({"features": None}, "must have features"),
        ({"precision": "float8"}, "precision must be one of float64, float32, float16"),
        ({"log_unit": "hartley"}, "log_unit must be one of nats, bits, dits"),
        ({"noise": "cauchy"}, 'noise must be "none", "bernoulli" or {"gaussian": scale}'),
        ({"theta_star": [1]}, "parameter_radius must be given with theta_star"),
        ({"prompts": [{}]}, "base must be given prompt by prompt"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_a_line(brought, change, message):
    assert message in refusal(brought, {**TABLE, **change})


def test_a_name_that_stands_twice_is_refused(brought):
    text = json.dumps(TABLE)[:-1] + ', "beta": 1}'
    assert "the name 'beta' twice in one object" in refusal(brought, text)


def test_results_are_no_problem(brought):
    assert "got JSON of results" in refusal(brought, {"format": "explore-theory results", "version": 1})


# --- archives of anyone -------------------------------------------------------------------------------------


def test_plain_arrays_of_anyone(brought):
    arrays = {
        "base": np.array([0.5, 0.5], dtype=np.float32),
        "reward": np.array([0, 1]),
        "features": np.eye(2),
        "beta": 0.5,
    }
    problem = brought(archive(**arrays))
    assert isinstance(problem, TabularProblem)
    assert problem.base.tolist() == [[0.5, 0.5]]
    with_noise = brought(archive(**arrays, noise="gaussian", noise_scale=0.5))
    assert with_noise.noise == Gaussian(0.5)
    assert "did you mean 'reward'?" in refusal(brought, archive(**arrays, rewards=np.zeros(2)))
    del arrays["beta"]
    assert "got no beta" in refusal(brought, archive(**arrays))


def test_transitions_of_anyone(brought):
    base = np.array([[0.5, 0.5], [0.25, 0.75]])
    problem = brought(archive(base=base, reward=np.ones((3, 2, 2)), beta=1.0, start=1))
    assert (problem.horizon, problem.vocabulary, problem.start.tolist()) == (3, 2, [1])
    assert "start must be a whole number" in refusal(
        brought, archive(base=base, reward=np.ones((3, 2, 2)), beta=1.0, start=0.5)
    )


# --- tokens -------------------------------------------------------------------------------------------------


def test_transitions_by_hand(brought):
    problem = brought(
        {
            **HEAD,
            "kind": "tokens",
            "beta": 1,
            "vocabulary": ["a", "b"],
            "transitions": {"base": [[0.5, 0.5], [0.1, 0.9]], "reward": [[[0, 1], [0, 1]]] * 3},
            "start": 1,
        }
    )
    assert (problem.horizon, problem.vocabulary) == (3, 2)
    assert problem.start.tolist() == [1]
    assert problem.layers[0].base[1].tolist() == [0.1, 0.9]


def prefixes(**change):
    own = {
        "horizon": 2,
        "laws": [
            {"prefix": [], "log_base": [-0.6931471805599453, -0.6931471805599453, None]},
            {"prefix": ["a"], "log_base": [0, None, None]},
            {"prefix": ["b"], "log_base": [None, -0.6931471805599453, -0.6931471805599453]},
        ],
        "rewards": [{"response": ["b", "c"], "reward": 2}],
    }
    words = {"vocabulary": ["a", "b", "c"], **change.pop("words", {})}
    return {**HEAD, "kind": "tokens", "beta": 1, **words, "prefixes": {**own, **change}}


def test_prefix_by_prefix(brought):
    problem = brought(prefixes())
    logs = soft_dynamics.sequence_laws(problem, soft_dynamics.base_policy(problem))[0]
    assert np.exp(logs).reshape(3, 3).tolist() == [[0.5, 0, 0], [0, 0.25, 0.25], [0, 0, 0]]
    assert soft_dynamics.sequence_rewards(problem).reshape(3, 3)[1, 2] == 2
    assert soft_dynamics.sequence_rewards(problem).sum() == 2
    numbers = json.loads(json.dumps(prefixes()).replace('"a"', "0").replace('"b"', "1").replace('"c"', "2"))
    numbers["vocabulary"] = 3
    again = brought(numbers)
    assert np.array_equal(again.layers[1].log_base, problem.layers[1].log_base)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"laws": []}, "laws must have every prefix that the base policy reaches, got none after tokens []"),
        (
            {"laws": [{"prefix": [], "base": [0.5, 0.5, 0]}, {"prefix": ["a"], "base": [1, 0, 0]}]},
            "got none after tokens [1]",
        ),
        ({"laws": [{"prefix": [], "base": [0.5, 0.5]}]}, "a number for each of the 3 tokens"),
        ({"laws": [{"prefix": ["d"], "base": [0.5, 0.5, 0]}]}, "must hold tokens of the vocabulary, got 'd'"),
        ({"laws": [{"prefix": ["a", "a"], "base": [1, 0, 0]}]}, "must have fewer tokens than a response"),
        ({"rewards": [{"response": ["a"], "reward": 1}]}, "a response must have 2 tokens"),
        ({"horizon": 60}, "vocabulary^horizon must be at most"),
        ({"words": {"vocabulary": None}}, "vocabulary must be given with prefixes"),
        ({"words": {"vocabulary": ["a", "a", "b"]}}, "must name each token once"),
        ({"words": {"theta": [[1.0]]}}, "theta must be given with layers"),
    ],
)
def test_what_is_wrong_with_prefixes_is_said_in_a_line(brought, change, message):
    assert message in refusal(brought, prefixes(**change))


def test_layers_one_a_line(brought):
    layer = {"base": [[0.5, 0.5]], "reward": [[0, 1]], "next": [[0, 0]], "repeat": 2}
    head = {**HEAD, "kind": "tokens", "beta": 1, "vocabulary": 2}
    problem = brought("\n".join(json.dumps(part) for part in (head, layer, layer)))
    assert problem.horizon == 4
    assert "a column for each of the 3 tokens" in refusal(
        brought, {**head, "vocabulary": 3, "layers": [layer]}
    )
    assert "repeated ones too" in refusal(
        brought,
        {
            **head,
            "layers": [
                {
                    **layer,
                    "base": [[1 / 2] * 2] * 600,
                    "reward": [[0, 1]] * 600,
                    "next": [[0, 0]] * 600,
                    "repeat": 60_000,
                }
            ],
        },
    )


# --- formulas -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "table"),
    [
        (DNF_TEXT, MixedFormula, [[1, -2, 4, 0], [3, -5, 0, 0], [-6, 7, 8, 9]]),
        (b"p cnf 3 2\n1 -2 0\n-1 3 0\n", Clauses, [[1, -2], [-1, 3]]),
        (b"c x\np cnf 3 2\nc y\n1 -2 0 -1\n3\n0\n", Clauses, [[1, -2], [-1, 3]]),
        (
            b"c This Formular is generated\np cnf 3 2 \n 1 -2 0\n-1  3 0\n%\n0\n\n",
            Clauses,
            [[1, -2], [-1, 3]],
        ),
        (b"\xef\xbb\xbfp dnf 3 2\r\n1 -2 0\r\n-1 3 0\r\n", Formula, [[1, -2], [-1, 3]]),
        (b"c caf\xe9\np dnf 3 2\n1 -2 0\n-1 3 0\n", Formula, [[1, -2], [-1, 3]]),
        (b"cmade by hand\np dnf 3 2\n1 -2 0\n-1 3 0\n", Formula, [[1, -2], [-1, 3]]),
        (b"x1 & ~x2 | x3", MixedFormula, [[1, -2], [3, 0]]),
        (b"# mine\nx1 and not x2\nor x3 and x4\n", Formula, [[1, -2], [3, 4]]),
        (b"(x1 | !x2) & (x2 || x3)", Clauses, [[1, -2], [2, 3]]),
        (b"cat * -dog + bird * cat", Formula, [[1, -2], [3, 1]]),
    ],
)
def test_formulas_as_they_are_found(brought, text, kind, table):
    for packed in (text, gzip.compress(text), bz2.compress(text), lzma.compress(text)):
        found = brought(packed)
        assert isinstance(found, kind)
        assert found.table.tolist() == table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"p cnf 3 1 5\n1 0\n", "there must be no weights"),
        (b"p wcnf 3 1 10\n3 1 0\n", "there must be no weights"),
        (b"p dnf 3 2\nw 1 1/3\n1 -2 0\n-1 3 0\n", "there must be no weights"),
        (b"h 1 2 0\n", "there must be no weights"),
        (b"p cnf 1000000000 1\n1 0\n", "n must lie in [1, 10000000], got n=1000000000"),
        (b"p cnf 3 99999999999\n1 0\n", "m must be a whole number of at most 10 digits"),
        (b"p cnf 2 1\n4294967297 2 0\n", "a literal must be a variable from 1 to 2, got 4294967297"),
        (b"p cnf 2 2\n1 0\n", "there must be 2 clauses as the header says, got 1"),
        (b"p cnf 2 1\n1 2\n", "a clause must end with 0"),
        (b"x1 & (x2 | x3) | x4", "an or of ands, or an and of ors"),
        (b"x1 ? x2", "a formula must be variables, and, or, not and parentheses, got '? x2'"),
        (b"1 2 0\n", "a header 'p dnf n m' must come first"),
        (b"", "the file must hold a problem or a formula, got nothing"),
        (b"\x00\x01\x02", "got other binary data"),
    ],
)
def test_what_is_wrong_with_a_formula_is_said_in_a_line(brought, text, message):
    assert message in refusal(brought, text)


def test_a_document_of_a_formula_may_name_a_file_beside_it(brought, tmp_path):
    (tmp_path / "mine.dnf").write_bytes(DNF_TEXT)
    document = {**HEAD, "kind": "formula", "file": "mine.dnf", "eta": 0.2}
    problem = brought(document)
    assert isinstance(problem, DNF)
    # Narrow terms are filled up: two fresh variables for widths 2 to 4.
    assert (problem.formula.n, problem.k) == (11, 4)
    before = read(tmp_path / "file").digest
    (tmp_path / "mine.dnf").write_bytes(DNF_TEXT.replace(b"-2", b"2"))
    assert read(tmp_path / "file").digest != before
    for name in ("../mine.dnf", "/etc/passwd", "", ".", "a\\b"):
        assert "must be the name of a file in the same folder" in refusal(brought, {**document, "file": name})
    assert "no such file" in refusal(brought, {**document, "file": "none.dnf"})
    assert "got no eta" in refusal(brought, {**HEAD, "kind": "formula", "terms": [[1]], "assignment": [1]})
