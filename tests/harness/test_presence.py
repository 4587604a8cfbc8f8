"""Whether the code of a stored claim is still there: told from the text of files, nothing is imported."""

import re
from collections import Counter
from pathlib import Path

import proofs_checks
from explore_theory.harness.discovery import presence
from explore_theory.harness.discovery.presence import gone
from explore_theory.harness.discovery.roots import Root


def test_a_claim_is_gone_though_others_use_it_and_a_ledger_lists_it(toys):
    toys.add("A1")
    file = toys.add("A2")
    user = toys.add("A3")
    user.write_text(user.read_text().replace('relation="<="', 'relation="<=", uses=("A2",)'))
    toys.write(
        "ledger.py", 'STATEMENTS = (Statement(\n    id="A2", title="it"), Statement(id="A1", title=""))'
    )
    claims = [("toys", "A1"), ("toys", "A2"), ("toys", "A3"), ("others", "A2")]
    assert gone(claims, [str(toys.path)]) == set()
    file.unlink()
    assert gone(claims, [str(toys.path)]) == {("toys", "A2")}


def test_an_id_that_helps_to_make_a_claim_is_there(toys):
    toys.write(
        "shared.py", "from explore_theory.harness import Claim\ndef made(name): return Claim(id=name)\n"
    )
    toys.write("b1_made.py", 'from .shared import made\nCLAIM = made("B1")\n')
    toys.write("elsewhere.py", "def other(): return Claim(id='B2', uses=('B3',))\n")
    toys.write("words.py", 'TITLES = {"B4": "what it is called"}\n')
    claims = [("toys", id) for id in ("B1", "B2", "B3", "B4")]
    assert gone(claims, [str(toys.path)]) == {("toys", "B3"), ("toys", "B4")}


def test_every_claim_of_ours_is_gone_without_its_file(monkeypatch):
    root = Path(proofs_checks.__file__).parent
    files = {file: file.read_text() for file in root.rglob("*.py")}
    own = {
        file: found[1] for file, text in files.items() if (found := re.search(r'^    id="(\w+)"', text, re.M))
    }
    assert len(own) > 100
    claims = [("", id) for id in own.values()]
    monkeypatch.setattr(presence, "roots_of", lambda _: ([Root(root, "")], []))
    assert gone(claims) == set()
    named = Counter(name for text in files.values() for name in set(presence._ids(text)))
    for file, id in own.items():
        assert named[id] == (id in set(presence._ids(files[file])))
