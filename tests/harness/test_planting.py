"""Faults and knobs in anybody's package: planted in copies, noticed by anybody's claims."""

import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from explore_theory._package import FOLDER
from explore_theory.errors import InvalidClaim, InvalidProblem
from explore_theory.harness import discover
from explore_theory.harness.auditing import copies, witnesses
from explore_theory.harness.auditing.breaking import RESOLUTION, break_points, side_of
from explore_theory.harness.auditing.copies import Copy, sources_of
from explore_theory.harness.auditing.entries import faults_in, knobs_in, shipped_faults
from explore_theory.harness.auditing.listing import table
from explore_theory.harness.auditing.patches import Edit
from explore_theory.harness.auditing.planting import noticed_by, workshop
from explore_theory.harness.auditing.witnesses import Sight, observe

CLAIM = '''
"""A claim about a learner of one's own."""
from fractions import Fraction
from explore_theory.harness import Bound, Case, Check, Claim, Evidence, FalseVariant, Measurement

def measure(trial):
    from gambler.learner import worth
    return Measurement.exact([worth(Fraction(1, 4))])

def doubled(trial):
    from gambler.learner import worth
    return Measurement.exact([2 * worth(Fraction(1, 4))])

def check(slug, how, bound):
    return Check(slug=slug, evidence=Evidence.EXHAUSTIVE, cases=(Case(slug="one", tight=True),),
                 measure=how, bound=lambda _: Bound.of([bound]))

CLAIM = Claim(
    id="{id}", slug="worth", theorem="gambler", title="A worth", statement="It is at most one half.",
    formula="w", relation="<=", scope="One world.", source="A toy.",
    checks=(check("once", measure, Fraction(1, 2)), check("twice", doubled, Fraction({twice}))),
    false_variants=(FalseVariant(slug="lie", why="a third", check="once",
                                 bound=lambda _: Bound.of([Fraction(1, 3)])),),
)
'''
LEARNER = """
from fractions import Fraction

def worth(share):
    return 2 * share + extra(share)

def extra(share):
    return Fraction(0)
"""
FAULT = """
[[fault]]
name = "worth-of-three"
why = "it is worth twice its share"
file = "{file}"
old = "2 * share"
new = "{new}"
noticed = ["{label}:once"]
"""
KNOB = """
[[knob]]
name = "worth-by-a-factor"
says = "it is worth x times as much"
unit = "times"
file = "gambler/learner.py"
old = "    return 2 * share"
new = "    return Fraction({x}) * 2 * share"
neutral = 1.0
range = [0.5, 4.0]
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that is on the path, and a folder of claims about it elsewhere."""
    (tmp_path / "site/gambler").mkdir(parents=True)
    (tmp_path / "site/gambler/__init__.py").write_text("")
    (tmp_path / "site/gambler/learner.py").write_text(LEARNER)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/g1_worth.py").write_text(CLAIM.format(id="G1", twice=1))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "gambler"]:
        del sys.modules[name]


def claims_of(folder: Path):
    found = discover([str(folder / "own")])
    assert found.broken == ()
    return found.claims


def fault(folder: Path, file="gambler/learner.py", new="3 * share", label="G1", **more):
    path = folder / "faults.toml"
    path.write_text(FAULT.format(file=file, new=new, label=label))
    return faults_in(path)


# --- whose claims notice ------------------------------------------------------------------------------------


def test_a_fault_in_somebody_s_package_is_noticed_by_their_claim(package):
    told = []
    (notice,) = noticed_by(claims_of(package), fault(package), progress=lambda *words: told.append(words))
    assert (notice.fault, notice.witness, notice.kind) == ("worth-of-three", "G1", "noticed")
    assert notice.checks == ("once", "twice")
    assert "once one REFUTED" in notice.words
    assert told == [("G1", 1, 2), ("worth-of-three", 2, 2)]
    assert (package / "site/gambler/learner.py").read_text() == LEARNER


def test_one_check_of_several_may_notice(package):
    (package / "own/g1_worth.py").write_text(CLAIM.format(id="G1", twice=5))
    (notice,) = noticed_by(claims_of(package), fault(package))
    assert notice.checks == ("once",)


def test_a_fault_that_no_claim_is_about_is_quiet_and_one_elsewhere_untouched(package):
    (package / "own/o1_other.py").write_text(
        CLAIM.format(id="O1", twice=1)
        .replace("from gambler.learner import worth", "worth = lambda s: 2 * s")
        .replace('slug="worth"', 'slug="other"')
    )
    quiet = fault(package, new="2 * share + 0")
    found = {n.witness: n.kind for n in noticed_by(claims_of(package), quiet, jobs=2)}
    assert found == {"G1": "quiet", "O1": "untouched"}


def test_a_crash_is_no_notice(package):
    (notice,) = noticed_by(claims_of(package), fault(package, new="2 * shares"))
    assert notice.kind == "broken"
    assert "NameError" in notice.words


def test_a_process_that_dies_leaves_its_last_word(package):
    (notice,) = noticed_by(
        claims_of(package), fault(package, new="__import__('os').kill(__import__('os').getpid(), 9)")
    )
    assert (notice.kind, notice.words) == ("broken", "not verified: no word")


def test_a_claim_that_does_not_answer_in_time_is_broken(package):
    (sight,) = witnesses_of(package, limit=0.01)
    assert (sight.kind, sight.words) == ("broken", "no answer within 0 s")


def witnesses_of(folder, limit):
    claims = claims_of(folder)
    with workshop(claims, (), 1) as shop, shop.copy() as copy:
        return witnesses.verified(copy, [(r, None) for r in claims], limit)


def test_what_does_not_hold_without_a_fault_says_nothing_about_it(package):
    (package / "own/g1_worth.py").write_text(CLAIM.format(id="G1", twice="1, 2"))
    (notice,) = noticed_by(claims_of(package), fault(package))
    assert notice.kind == "broken"
    assert "does not hold without the fault: twice one REFUTED" in notice.words


def test_files_beside_the_claims_are_patched_in_a_copy_of_their_folder(package):
    (package / "own/dice.py").write_text(LEARNER)
    (package / "own/g1_worth.py").write_text(
        CLAIM.format(id="G1", twice=1).replace("from gambler.learner import", "from dice import")
    )
    (notice,) = noticed_by(claims_of(package), fault(package, file="own/dice.py"))
    assert notice.kind == "noticed"
    assert (package / "own/dice.py").read_text() == LEARNER


def test_a_module_in_no_package_is_patched_too(package):
    (package / "site/dice.py").write_text(LEARNER)
    (package / "own/g1_worth.py").write_text(
        CLAIM.format(id="G1", twice=1).replace("from gambler.learner import", "from dice import")
    )
    (notice,) = noticed_by(claims_of(package), fault(package, file="dice.py"))
    assert notice.kind == "noticed"


def test_faults_of_the_library_are_tried_on_anybody_s_claims(package, tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text(
        '[[fault]]\nname = "tallies-doubled"\nwhy = "a tally is what is said"\n'
        'file = "explore_theory/harness/measures/samples.py"\n'
        'old = "class Tally(Sample):"\nnew = "class Tally(Sample):\\n    doubled = True\\n"\n'
    )
    faults = [*faults_in(path), *[f for f in shipped_faults() if f.name == "spanner-kappa-without-r"]]
    found = {n.fault: n.kind for n in noticed_by(claims_of(package), faults)}
    assert found == {"tallies-doubled": "quiet", "spanner-kappa-without-r": "untouched"}


def test_listed_entries_are_tried_alone(package):
    claims = claims_of(package)
    (notice,) = noticed_by(claims, fault(package), listed=True)
    assert (notice.witness, notice.kind, notice.checks) == ("G1:once", "noticed", ("once",))
    (notice,) = noticed_by(claims, fault(package, label="H7"), listed=True)
    assert (notice.kind, notice.words) == ("skipped", "no claim H7 is here")


def test_a_check_that_there_is_not_is_told(package):
    claims = claims_of(package)
    with workshop(claims, (), 1) as shop, shop.copy() as copy:
        seen = observe(copy, None, ["G1:never"], claims)
    assert seen["G1:never"].kind == "broken"
    assert "has no check 'never'" in seen["G1:never"].words


def test_tests_are_skipped_where_there_is_no_repository(monkeypatch):
    monkeypatch.setattr(witnesses, "has_repository", lambda: False)
    sight = witnesses.seen_by_test(None, "tests/exact/test_objective.py::test_gap")
    assert sight.kind == "skipped"
    assert "in the repository" in sight.words


def test_without_a_repository_a_copy_holds_the_packages_alone(monkeypatch):
    monkeypatch.setattr(copies, "has_repository", lambda: False)
    assert set(sources_of(())) == {"explore_theory", "proofs_checks"}
    assert sources_of(())["explore_theory"] == FOLDER


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"new": "2  *  share"}, "worth-of-three: new must change what gambler/learner.py does"),
        ({"new": "2 * ("}, "worth-of-three: new must leave gambler/learner.py a file of Python"),
        ({"file": "gambler/teacher.py"}, "worth-of-three: file must be a file of the sources"),
        ({"file": "gamblers/learner.py"}, "file must begin with an importable package"),
        ({"file": "teacher.py"}, "file must begin with an importable package"),
    ],
)
def test_a_fault_that_cannot_be_planted_is_one_line(package, change, message):
    with pytest.raises(InvalidClaim, match=message) as told:
        noticed_by(claims_of(package), fault(package, **change))
    assert "\n" not in str(told.value)


def test_a_patch_must_find_its_text_once(package):
    edit = Edit("gambler/learner.py", "share", "shares")
    with pytest.raises(InvalidClaim, match=r"old must occur once in gambler/learner.py, got 4 times 'share'"):
        edit.patched(package / "site")


def test_jobs_must_be_a_number(package):
    with pytest.raises(InvalidProblem, match="jobs"):
        noticed_by(claims_of(package), fault(package), jobs=0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name =", "nam =", "name must be words of small letters"),
        ('"worth-by-a-factor"', '"Worth"', "name must be words of small letters"),
        ("unit =", "units =", r"worth-by-a-factor must have fields of .*, got \['units'\]"),
        ('unit = "times"', 'unit = " "', "worth-by-a-factor: unit must say something"),
        ("Fraction({x})", "Fraction(1)", "new must have {x} where the number stands"),
        ("[0.5, 4.0]", "[0.5]", "range must be two numbers"),
        ("[0.5, 4.0]", "[4.0, 0.5]", "range must be two numbers"),
        ("[0.5, 4.0]", "[2.0, 4.0]", "range must be two numbers with neutral"),
        ("[0.5, 4.0]", "[1.0, 1.0]", "range must be two numbers"),
        ("[0.5, 4.0]", "[0.0, 4.0]", "range must be positive on a log scale"),
        ("[0.5, 4.0]", '[0.5, "4"]', "range must be two numbers"),
        ("[0.5, 4.0]", "[0.5, inf]", "range must be two numbers"),
        ("neutral = 1.0", "neutral = true", "range must be two numbers"),
        ("neutral = 1.0", 'neutral = 1.0\nscale = "cubic"', "scale must be log or linear"),
        ("neutral = 1.0", 'neutral = 1.0\nbreaks = ["G1"]', "breaks must be tables"),
        ("neutral = 1.0", 'neutral = 1.0\nbreaks = [{check = "G1", by = 2}]', "breaks must be tables"),
        ("neutral = 1.0", 'neutral = 1.0\nbreaks = [{check = "G1:once", by = 1}]', "by must lie in range"),
        ("neutral = 1.0", 'neutral = 1.0\nbreaks = [{check = "G1:once", by = 5}]', "by must lie in range"),
        ('old = "', 'olds = "', "must have fields of"),
        ('"gambler/learner.py"', '"/gambler/learner.py"', "file must be package/module.py"),
        ('"gambler/learner.py"', '"gambler/../learner.py"', "file must be package/module.py"),
        ('"gambler/learner.py"', '"gambler/notes.md"', "file must be package/module.py"),
        ('"gambler/learner.py"', "7", "must have file, old and new, as words"),
        ("[[knob]]", "[knob]", r"knob must be tables \[\[knob\]\]"),
        ("[[knob]]", "[[knobs]]", r"knobs.toml must hold \[\[fault\]\] and \[\[knob\]\] tables"),
        ("[[knob]]", "[[knob]", "knobs.toml must be a TOML file"),
    ],
)
def test_a_malformed_knob_is_one_line(tmp_path, old, new, message):
    path = tmp_path / "knobs.toml"
    assert KNOB.count(old) >= 1
    path.write_text(KNOB.replace(old, new, 1))
    with pytest.raises(InvalidClaim, match=message) as told:
        knobs_in(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('why = "it', 'why = ""\nold2 = "it', "must have fields of"),
        ("why =", "origin = 3\nwhy =", "origin must say something"),
        ("why =", 'before = "never"\nwhy =', "before must be one of unnoticed"),
        ('noticed = ["', 'noticed = [2, "', "noticed must be a list of checks and tests"),
    ],
)
def test_a_malformed_fault_is_one_line(tmp_path, old, new, message):
    path = tmp_path / "faults.toml"
    path.write_text(FAULT.format(file="gambler/learner.py", new="3", label="G1").replace(old, new, 1))
    with pytest.raises(InvalidClaim, match=message):
        faults_in(path)


def test_names_are_of_one_entry_and_files_must_exist(tmp_path):
    path = tmp_path / "knobs.toml"
    path.write_text(KNOB + KNOB)
    with pytest.raises(InvalidClaim, match="name must be of one entry, got name='worth-by-a-factor' twice"):
        knobs_in(path)
    with pytest.raises(InvalidClaim, match="faults must be a TOML file or a folder of them"):
        faults_in(tmp_path / "nowhere.toml")


# --- damage by degrees --------------------------------------------------------------------------------------


def test_a_knob_breaks_a_claim_on_the_side_that_it_speaks_about(package):
    path = package / "knobs.toml"
    path.write_text(KNOB.replace("[0.5, 4.0]", "[0.99, 1.01]"))
    (found,) = break_points(claims_of(package), knobs_in(path))
    assert (found.knob, found.witness, found.kind) == ("worth-by-a-factor", "G1", "located")
    below, above = found.sides
    assert (below.end, below.holds, below.refuted) == (0.99, 0.99, None)
    assert above.holds == 1
    assert 1 < above.refuted < 1.001
    assert above.checks == ("once", "twice")
    assert str(found) == f"never within 0.99; HOLDS to 1, REFUTED from {above.refuted:.4g}"


def test_listed_checks_break_each_by_itself(package):
    (package / "own/g1_worth.py").write_text(CLAIM.format(id="G1", twice="101, 100"))
    path = package / "knobs.toml"
    own = 'breaks = [{check = "G1:twice", by = 1.02}, {check = "H1:lost", by = 1.01}]\n'
    path.write_text(KNOB.replace("[0.5, 4.0]", "[1.0, 1.02]") + own)
    (found,) = break_points(claims_of(package), knobs_in(path), listed=True)
    assert found.witness == "G1:twice"
    (above,) = found.sides
    assert 1 < above.holds <= 1.01 < above.refuted
    assert above.refuted / above.holds < math.exp(RESOLUTION) + 1e-9


def test_a_knob_that_is_not_neutral_where_it_should_be_is_told(package):
    path = package / "knobs.toml"
    path.write_text(KNOB.replace("Fraction({x}) * 2", "Fraction({x}) * 3"))
    (found,) = break_points(claims_of(package), knobs_in(path))
    assert found.kind == "broken"
    assert found.words.startswith("it must hold at the neutral x = 1: once one REFUTED")


def test_a_claim_that_does_not_take_the_knob_s_file_is_untouched(package):
    (package / "site/gambler/teacher.py").write_text(LEARNER)
    path = package / "knobs.toml"
    path.write_text(KNOB.replace("gambler/learner.py", "gambler/teacher.py"))
    (found,) = break_points(claims_of(package), knobs_in(path))
    assert found.kind == "untouched"
    assert found.sides == ()


def seen_by(kinds):
    """What holds up to where, from the inside out."""

    def look(x):
        return Sight(next(kind for end, kind in kinds if x <= end), "words", ("c",))

    return look


def test_a_side_is_bisected_to_the_resolution():
    looked = []

    def look(x):
        looked.append(x)
        return Sight("noticed" if x > 3.7 else "quiet", "words", ("c",))

    side = side_of(look, 1.0, 10.0, log=True)
    assert side.holds <= 3.7 < side.refuted < 3.7 * math.exp(RESOLUTION)
    assert side.checks == ("c",)
    assert side.words == ""
    assert len(looked) <= 12
    near = side_of(seen_by([(1.1, "quiet"), (10.0, "noticed")]), 1.0, 10.0, log=True)
    assert near.holds <= 1.1 < near.refuted < near.holds * math.exp(RESOLUTION)
    below = side_of(lambda x: look(1 / x), 1.0, 0.1, log=True)
    assert below.refuted < 1 / 3.7 <= below.holds


def test_an_amount_is_bisected_along_its_range():
    side = side_of(seen_by([(0.31, "quiet"), (1.0, "noticed")]), 0.0, 1.0, log=False)
    assert side.holds <= 0.31 < side.refuted <= 0.31 + RESOLUTION


def test_between_what_holds_and_what_is_refuted_may_be_neither():
    side = side_of(seen_by([(2.0, "quiet"), (4.0, "broken"), (10.0, "noticed")]), 1.0, 10.0, log=True)
    assert 1.95 < side.holds <= 2
    assert 4 < side.refuted < 4.1
    assert side.words.startswith("neither at ")


def test_a_side_that_holds_again_further_out_is_told():
    side = side_of(seen_by([(1.5, "quiet"), (4.0, "noticed"), (10.0, "quiet")]), 1.0, 10.0, log=True)
    assert side.holds <= 1.5 < side.refuted < 1.54
    assert "not monotone: REFUTED at" in side.words
    assert "HOLDS at 10" in str(side)


def test_a_side_that_only_crashes_is_never_refuted():
    side = side_of(seen_by([(3.0, "quiet"), (10.0, "broken")]), 1.0, 10.0, log=True)
    assert side.refuted is None
    assert 2.9 < side.holds <= 3
    assert "neither at" in str(side)


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_is_as_generated():
    page = (FOLDER.parent / "docs/faults.md").read_text(encoding="utf-8")
    assert page == table(), "run explore-theory list --faults > docs/faults.md"


def test_the_page_has_every_fault_and_every_limit(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(FAULT.format(file="gambler/learner.py", new="3", label="G1"))
    knobs = tmp_path / "knobs.toml"
    knobs.write_text(KNOB.replace("x times", "x|y times") + 'breaks = [{check = "G1:once", by = 1.1}]\n')
    page = table(faults_in(path), knobs_in(knobs))
    assert "## gambler/learner\n" in page
    assert "| `worth-of-three` | it is worth twice its share | `G1:once` |" in page
    row = r"| `worth-by-a-factor` | it is worth x\|y times as much | 1 (times) | 0.5 to 4 | `G1:once` 1.1 |"
    assert row in page


def test_a_copy_is_dated_so_that_no_bytecode_is_stale(tmp_path):
    copy = Copy(tmp_path / "copy")
    (planted,) = (f for f in shipped_faults() if f.name == "spanner-kappa-without-r")
    file, stamps = copy.root / planted.files[0], []
    for _ in range(2):
        with copy.holding(planted):
            stamps.append(file.stat().st_mtime)
        stamps.append(file.stat().st_mtime)
    assert all(b - a >= 2 for a, b in pairwise(stamps))
