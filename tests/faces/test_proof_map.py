"""The paper's own chain and its map: every edge, as read a second time; what is drawn; where it leads."""

import itertools
import re
from html.parser import HTMLParser
from io import StringIO

import pytest
from installed_claims import installed
from rich.console import Console

from explore_theory.errors import InvalidClaim
from explore_theory.harness import PaperItem, PaperProof, Status, Store, discover, latest_results, run
from explore_theory.harness.claims.chain import require_chain, used_by
from explore_theory.reporting.catalogue import item_page
from explore_theory.reporting.html import render
from explore_theory.reporting.layered import GAP, LINE, MOST, NODE, laid_out
from explore_theory.reporting.proof_map import SIGNS, Mark, anchor, maps, marked

#: Of each proof the results that it names, or quotes by a formula; written down from the paper a second time.
EDGES = """
D.3: D.2
Theorem F.1: F.4 D.1 D.3
Theorem F.2: Theorem-F.1
Lemma F.1: Theorem-F.2
Lemma F.2: Theorem-F.1 F.1
Lemma F.3: Theorem-F.2
Theorem 2.1: E.1 E.2 Equation-(3)
G.5: G.4
G.7: G.5 G.6
G.8: D.6
G.9: D.3 G.8
G.10: G.6 G.9 Theorem-F.2
G.11: F.1 G.6 G.9
Theorem 3.1: G.3 G.6 G.7 G.8 G.9 G.10 G.11 D.3 D.4 Theorem-F.2
Corollary 5.1: Theorem-3.1
H.1: H.2 H.3
Theorem H.1: H.1 Theorem-H.2
H.4: G.4
Theorem 4.1: Theorem-H.1 H.4
Theorem H.2: Theorem-H.3 H.5 H.6
K.1: D.2
K.2: K.1 D.5
L.1: L.2 L.3 G.1 D.2 Theorem-F.1 F.3 N.3 N.4 N.6 N.7
L.2: F.2
L.3: F.1
L.4: L.1 D.5
M.1: D.4 K.2
M.2: K.2 L.4 M.1 M.3 N.1 F.3
M.3: K.2 M.1 N.2
N.2: N.4
N.5: N.6
Theorem J.1: K.2 L.3 L.4 M.1 M.2 M.3 N.1 N.3 N.4 N.5 F.3
Theorem 5.1: Theorem-J.1
Equation (5): G.1
Equation (7): Theorem-2.1
Equation (10): G.7
"""
#: What a proof needs and does not name, and all that no proof uses.
UNNAMED = {"Theorem 3.1": {"Lemma G.1"}, "Lemma G.5": {"Lemma G.1"}, "Equation (8)": {"Lemma G.9"}}
UNUSED = {
    "Theorem 4.1", "Theorem 5.1", "Corollary 5.1", "Proposition I.1", "Lemma G.2",
    "Equation (5)", "Equation (7)", "Equation (8)", "Equation (10)",
}  # fmt: skip
CONVENTIONS = ("Assumption", "Definition", "Algorithm", "Conjecture", "Equation (1")


def edges():
    """``{"Lemma G.7": {"Lemma G.5", "Lemma G.6"}}``."""
    found = {}
    for line in EDGES.strip().splitlines():
        head, rest = line.split(": ")
        named = [word.replace("-", " ") for word in rest.split()]
        found[head if " " in head else f"Lemma {head}"] = {n if " " in n else f"Lemma {n}" for n in named}
    return found


@pytest.fixture(scope="module")
def registry():
    return installed()


def results(numbers):
    return {
        n
        for n in numbers
        if not n.startswith(CONVENTIONS[:4]) and n not in ("Equation (11)", "Equation (12)")
    }


def test_every_edge_is_one_of_the_paper(registry):
    expected = edges()
    for proof in registry.proofs:
        assert results(proof.uses) == expected.pop(proof.number, set()), proof.number
        assert results(proof.unnamed) == UNNAMED.get(proof.number, set()), proof.number
    assert not expected


def test_both_ends_of_an_edge_are_items_of_the_ledger(registry):
    items = {item.number for item in registry.paper}
    for proof in registry.proofs:
        assert {proof.number, *proof.rests_on} <= items, proof.number


def test_no_item_rests_on_itself_however_far_below(registry):
    """Naively: take away what rests on nothing that is left, until nothing is left."""
    left = {proof.number: set(proof.rests_on) for proof in registry.proofs}
    while ready := [number for number, below in left.items() if not below & left.keys()]:
        for number in ready:
            del left[number]
    assert not left


def test_every_result_has_its_proof_and_what_no_proof_uses_is_said_to_be_unused(registry):
    kinds = ("Lemma", "Theorem", "Corollary", "Proposition")
    proved = {proof.number for proof in registry.proofs}
    assert {item.number for item in registry.paper if item.number.startswith(kinds)} <= proved
    assert {proof.number for proof in registry.proofs if proof.ends} == UNUSED
    for proof in registry.proofs:
        assert bool(proof.ends) == (not used_by(registry.proofs, proof.number)), proof.number
    pages = {item.number: item.page for item in registry.paper}
    last = {"Theorem 5.1": 83, "Theorem 3.1": 54, "Theorem 4.1": 68, "Theorem 2.1": 32}
    for proof in registry.proofs:
        assert pages[proof.number] <= proof.page <= last.get(proof.number, pages[proof.number] + 22)


def row(number, stands="no constants", claims=("C1",), open=""):
    return PaperItem(number=number, page=1, says="s", stands=stands, claims=claims, open=open)


def proof(number, *uses, ends="", part="one", unnamed=()):
    return PaperProof(number=number, page=1, part=part, uses=uses, unnamed=unnamed, ends=ends)


A, B, C = "Lemma A.1", "Lemma B.1", "Lemma C.1"


@pytest.mark.parametrize(
    ("proofs", "message"),
    [
        ([proof(A, B, ends="x"), proof(B, C), proof(C, B)], f"circle, got {B} uses {C} uses {B}"),
        ([proof(A, B), proof(B, A)], f"circle, got {A} uses {B} uses {A}"),
        ([proof(A, "Lemma X.1", ends="x")], f"must name items of the ledger, got Lemma X.1 in {A}"),
        ([proof("Lemma X.1", A, ends="x")], "must name items of the ledger, got Lemma X.1 in Lemma X.1"),
        ([proof(A, B), proof(B)], f"ends must say why no proof uses {A}, which is used by none"),
        ([proof(A, B, ends="x"), proof(B, ends="x")], f"no proof uses {B}, which is used by {A}"),
        ([proof(A, ends="x", unnamed=(B,)), proof(B, ends="x")], f"no proof uses {B}, which is used by {A}"),
        ([proof(A, ends="x"), proof(A, ends="x")], "one proof of an item"),
    ],
)
def test_what_is_no_chain_is_refused_in_one_line(proofs, message):
    with pytest.raises(InvalidClaim, match=re.escape(message)):
        require_chain(proofs, [row(A), row(B), row(C)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: proof("the lemma"), "number must be like 'Lemma G.7', got number='the lemma'"),
        (lambda: proof(A, "F1"), "got number='F1'"),
        (lambda: proof(A, A), f"{A} must not be used in its own proof"),
        (lambda: proof(A, B, unnamed=(B,)), "must name each item that it uses once"),
    ],
)
def test_a_proof_that_cannot_be_is_refused(call, message):
    with pytest.raises(InvalidClaim, match=re.escape(message)):
        call()


def test_a_chain_without_its_ledger_is_no_chain_and_a_wrong_one_is_told(cli, tmp_path):
    (tmp_path / "mine").mkdir()
    chain = (
        "from explore_theory.harness import PaperProof\n"
        "CHAIN = (PaperProof(number='Lemma 3', page=2, part='p', uses=('Lemma 4',), ends='the aim'),)\n"
    )
    (tmp_path / "mine" / "chain.py").write_text(chain)
    assert discover([str(tmp_path / "mine")]).proofs == ()
    (tmp_path / "mine" / "paper.py").write_text(
        "from explore_theory.harness import PaperItem\n"
        "PAPER = (PaperItem(number='Lemma 3', page=2, says='s', stands='convention'),)\n"
    )
    told = cli("list", "--paper", "--claims", "mine")
    assert told.exit_code == 2
    assert "chain must name items of the ledger, got Lemma 4 in Lemma 3" in told.output


def test_show_says_what_an_item_uses_and_what_uses_it(cli, registry):
    items = {item.number: item for item in registry.paper}

    def told(number):
        console = Console(width=300, file=StringIO())
        console.print(item_page(items[number], registry))
        return console.file.getvalue()

    seven = told("Lemma G.7")
    assert "Its proof, page 50, uses: Lemma G.5, Lemma G.6, Assumption 1.1, Assumption 2.1\n" in seven
    assert "Used by: Theorem 3.1, Equation (10)\n" in seven
    assert "and without naming it: Lemma G.1\n" in told("Lemma G.5")
    assert "Used by no proof: no proof names it" in told("Lemma G.2")
    assert "uses: no numbered item\n" in told("Lemma N.7")
    convention = told("Definition 4.1")
    assert "Used by: Theorem 4.1, Theorem H.1, Lemma H.1, Lemma H.4\n" in convention
    assert "Its proof" not in convention
    assert "Used by: Lemma N.2, Lemma N.3, Lemma N.4" in cli("show", "Definition I.2").output


# --- the layout --------------------------------------------------------------------------------------------

DIAMOND = {"a": ["b", "c", "d"], "b": ["d"], "c": ["d", "e"], "f": ["e"]}


def test_what_is_used_lies_below():
    layout = laid_out("abcdef", DIAMOND)
    for upper, lowers in DIAMOND.items():
        for lower in lowers:
            assert layout.nodes[lower][1] > layout.nodes[upper][1]
            points = layout.lines[upper, lower]
            assert (points[0], points[-1]) == (layout.nodes[upper], layout.nodes[lower])
            assert [k for _, k in points] == list(range(points[0][1], points[-1][1] + 1))
    assert len(layout.lines) == 7
    # What nothing uses stands right above what it uses.
    assert layout.nodes["f"][1] == layout.nodes["e"][1] - 1


def test_a_plain_tree_has_no_crossing_and_its_root_in_the_middle():
    layout = laid_out("rabxyz", {"r": ["a", "b"], "a": ["x", "z"], "b": ["y"]})
    x = {node: place for node, (place, _) in layout.nodes.items()}
    left, right = ("a", "b") if x["a"] < x["b"] else ("b", "a")
    below = {"a": ["x", "z"], "b": ["y"]}
    assert max(x[n] for n in below[left]) < min(x[n] for n in below[right])
    assert x["r"] == pytest.approx((x["a"] + x["b"]) / 2, abs=0.2)


def test_a_crowd_sinks_and_nothing_lies_on_anything(registry):
    crowd = {"top": [str(k) for k in range(3 * MOST)]}
    layout = laid_out(["top", *crowd["top"]], crowd)
    layers = [k for _, k in layout.nodes.values()]
    assert max(layers.count(k) for k in set(layers)) <= MOST
    for found in (layout, *(layout_of(drawn) for drawn in drawn_maps(registry))):
        apart(found)


def apart(layout):
    """Nodes of a layer, and lines that pass it, are apart; and all of it is inside."""
    places = [(x, k, NODE) for x, k in layout.nodes.values()]
    places += [(x, k, LINE) for points in layout.lines.values() for x, k in points[1:-1]]
    for (x, k, wide), (y, other, broad) in itertools.combinations(places, 2):
        if k == other:
            assert abs(x - y) >= (wide + broad) / 2 + GAP - 1e-9
    assert min(x - wide / 2 for x, _, wide in places) == pytest.approx(0, abs=1e-9)
    assert max(x + wide / 2 for x, _, wide in places) == pytest.approx(layout.width)


def layout_of(drawn):
    return laid_out([n.item.number for n in drawn.nodes], {n.item.number: n.below for n in drawn.nodes})


def test_nothing_makes_a_layout_of_nothing():
    assert laid_out([], {}).layers == 0


# --- the map -----------------------------------------------------------------------------------------------


def drawn_maps(registry, kind="holds"):
    mark = Mark(kind=kind, words="words")
    return maps(registry.proofs, registry.paper, {item.number: mark for item in registry.paper})


def test_every_item_and_every_edge_is_in_the_map_of_its_part(registry):
    drawn = drawn_maps(registry)
    proofs = {proof.number: proof for proof in registry.proofs}
    shown = {}
    for one in drawn:
        for node in one.nodes:
            if not node.outside:
                assert node.item.number not in shown, "in one map only"
                shown[node.item.number] = set(node.below)
                assert set(node.below) | set(node.assumed) == set(proofs[node.item.number].rests_on)
                assert not {n for n in node.assumed if n in proofs}
        edges = sum(len(node.below) for node in one.nodes)
        assert one.svg.count("<path") == edges
        assert one.svg.count("<rect") == len(one.nodes)
        assert one.svg.count("stroke-dasharray") == 0, "how it looks is the page's"
    assert shown == {p.number: {n for n in p.rests_on if n in proofs} for p in registry.proofs}
    assert sum(one.svg.count('class="unnamed"') for one in drawn) == sum(map(len, UNNAMED.values()))
    # The letters of one map are as large as those of the next.
    assert {re.search(r'viewBox="0 0 (\d+)', one.svg)[1] for one in drawn} <= {
        "1010",
        *map(str, range(1011, 1160)),
    }


def test_a_node_tells_its_verdict_in_a_sign_and_in_words_and_leads_to_its_row():
    items = [row("Lemma G.7"), row("Lemma G.6"), row("Assumption 1.1", "convention", ())]
    proofs = [proof("Lemma G.7", "Lemma G.6", "Assumption 1.1", ends="aim"), proof("Lemma G.6")]
    marks = {item.number: Mark(kind="refuted", words="refuted <in> part") for item in items}
    (drawn,) = maps(proofs, items, marks)
    assert 'href="#item-lemma-g-7" class="refuted"' in drawn.svg
    assert ">✗ refuted &lt;in&gt; part</text>" in drawn.svg
    told = "Lemma G.7: refuted &lt;in&gt; part; uses Lemma G.6; with Assumption 1.1"
    assert f'aria-label="{told}"' in drawn.svg
    assert f"<title>{told}</title>" in drawn.svg
    assert "uses no other result; used by Lemma G.7" in drawn.svg


def test_a_part_without_an_edge_has_no_map_and_what_is_from_elsewhere_is_thin():
    items = [row(A), row(B), row(C)]
    proofs = [proof(A, B, ends="aim"), proof(B, C, part="two"), proof(C, part="three")]
    drawn = maps(proofs, items, {item.number: Mark(kind="open", words="open") for item in items})
    assert [one.part for one in drawn] == ["one", "two"]
    assert [(n.item.number, n.outside, n.below) for n in drawn[0].nodes] == [(A, False, (B,)), (B, True, ())]
    assert drawn[0].svg.count('class="open outside"') == 1
    assert drawn[0].svg.count(f"{B}: open; proved in another part; used by {A}") == 2
    assert [n.above for n in drawn[1].nodes] == [(A,), (B,)]


HELD = {"C1": Status.HOLDS, "C2": Status.HOLDS}


@pytest.mark.parametrize(
    ("item", "said", "statuses", "expected"),
    [
        (row(A, "holds"), "HOLDS", HELD, ("holds", "holds")),
        (row(A, "holds"), "HOLDS; a step REFUTED", HELD, ("holds", "holds; a step refuted")),
        (row(A, "refuted"), "REFUTED in part", HELD, ("refuted", "refuted in part")),
        (row(A), "no constants", HELD, ("form", "our form holds")),
        (row(A, open="half of it"), "no constants", HELD, ("form", "our form holds in part")),
        (row(A), "no constants; a step REFUTED", HELD, ("form", "our form holds; a step refuted")),
        (row(A, claims=(), open="not done"), "no constants", HELD, ("open", "open")),
        (row(A, "open", open="not done"), "open", HELD, ("open", "open")),
        (row(A, "cited", ()), "cited", {}, ("taken", "cited")),
        (row(A, "holds"), "not verified here", {}, ("open", "not verified here")),
        (row(A, claims=("C1", "C3")), "no constants", HELD, ("open", "not verified here")),
        # A store from before the printed form was written down.
        (row(A, "refuted"), "not verified here", HELD, ("open", "not verified here")),
        (row(A), "no constants", {"C1": Status.INCONCLUSIVE}, ("open", "undecided here")),
        (row(A, "holds"), "HOLDS", {"C1": Status.REFUTED}, ("fails", "its claim fails")),
        (row(A, "refuted"), "REFUTED", {"C1": Status.POWERLESS}, ("fails", "its claim fails")),
        (row(A, "open", open="x"), "open", {"C1": Status.ERROR}, ("fails", "its claim fails")),
    ],
)
def test_marks_say_what_the_verdicts_of_claims_say(item, said, statuses, expected):
    mark = marked(item, said, statuses)
    assert (mark.kind, mark.words) == expected
    assert mark.short.startswith(SIGNS[mark.kind][0])
    # What fits into a node.
    assert len(mark.short) <= 24


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.hrefs = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.ids += [names["id"]] if "id" in names else []
        self.hrefs += [names["href"]] if tag == "a" else []


def test_the_report_shows_the_paper_s_own_chain(registry):
    with Store(":memory:") as store:
        run(registry.select(["LN1", "LN7"]), store)
        page = render(latest_results(store), store.sessions(), registry)
    found = Links(page)
    assert len(set(found.ids)) == len(found.ids)
    assert {href[1:] for href in found.hrefs} <= set(found.ids)
    section = page[page.index('id="map"') : page.index('id="paper"')]
    drawn = Links(section)
    assert {f"#{anchor(proof.number)}" for proof in registry.proofs} <= set(drawn.hrefs)
    assert 'href="#item-lemma-n-1" class="refuted"' in section
    assert 'href="#item-lemma-n-7" class="holds"' in section
    assert 'href="#item-lemma-g-7" class="open"' in section
    # In words, too, and with what is not named.
    words = section[section.index("This map in words") :]
    assert re.search(
        r"Lemma G\.5</a> \(not verified here\): .*Lemma G\.4</a>; .*Lemma G\.1</a>, not named", words
    )
    ledger = page[page.index('id="paper"') :]
    (line,) = re.findall(r'id="item-lemma-g-7">.*?</tr>', ledger, re.DOTALL)
    told = " ".join(re.sub("<[^>]*>", "", line).split())
    assert (
        "Its proof uses Lemma G.5, Lemma G.6, Assumption 1.1, Assumption 2.1. Used by Theorem 3.1, " in told
    )
    assert "Used by no proof: no proof names it" in ledger
    assert len({anchor(item.number) for item in registry.paper}) == len(registry.paper)
