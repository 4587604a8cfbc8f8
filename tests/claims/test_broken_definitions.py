"""Which broken definitions the bridges of steps notice where nothing else can: what is proved is assumed.

That the bridges are crossed with no definition broken is checked with the claims themselves.
"""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from explore_theory.harness.formal.bridge import bridged_of, lemmas
from explore_theory.harness.formal.prover import absent, present

ROOT = Path(import_module("proofs_checks").__file__).parent
LAWS, TILTS, MATRICES, SEARCHES = (f"formal/{name}.v" for name in ("Laws", "Tilts", "Matrices", "Searches"))
S2, S3, S4, S5, S6 = (
    f"spanner_sampling.{name}"
    for name in (
        "s2_acceptances",
        "s3_elliptical_potential",
        "s4_tilt_divergence",
        "s5_truncated_divergence",
        "s6_density_ratio",
    )
)
LN1, LN2 = (f"token_level_improvement.{name}" for name in ("ln1_divergence", "ln2_density_ratio"))
X1, X4 = "exact_law.x1_search", "exact_law.x4_rejection"
LF4, LH2 = "technical_tools.lf4_rejection", "proper_policy_hardness.lh2_formula_masses"

#: The step whose bridge must notice, the file (its own if empty), a definition in it, and what breaks it.
BROKEN = {
    "twice the temperature": (S4, LAWS, "exp (r y / beta)", "exp (r y / (2 * beta))"),
    "divergence reversed": (S4, LAWS, "p y * ln (p y / q y)", "q y * ln (q y / p y)"),
    "sign of the error": (S4, TILTS, "(g y - f y) / beta", "(f y - g y) / beta"),
    "not truncated": (S6, TILTS, "if inside y then h y else 0", "h y"),
    "on for off": (S5, TILTS, "if inside y then 0 else 1", "if inside y then 1 else 0"),
    "not relative": (S5, TILTS, "r y - r y'", "r y"),
    "vector too many": (S3, MATRICES, "sum_below t (fun s => phi", "sum_below (S t) (fun s => phi"),
    "elimination adds": (S2, MATRICES, "- A (S i) O * A O (S j)", "+ A (S i) O * A O (S j)"),
    "length for its square": (S2, "", "INR n * (L * L) / (INR d * lambda)", "INR n * L / (INR d * lambda)"),
    "minimum with two": (S3, "", "Rmin 1 (square", "Rmin 2 (square"),
    "long features kept": (LN1, "", "then phi a i else 0", "then phi a i else phi a i"),
    "exponent without beta": (LN2, "", "theta i - best i)) / beta.", "theta i - best i))."),
    "misses counted": (X1, SEARCHES, "u (Found y (S used))", "u (Found y used)"),
    "tie to the purse": (X1, SEARCHES, "(budget <=? purse)", "(budget <? purse)"),
    "no clipping": (X4, "", "Rmin 1 (w y / c)", "Rmin (w y / c) (w y / c)"),
    "ratio reversed": (LF4, "", "nu y / mu y / M", "mu y / nu y / M"),
    "mass of each clause": (LH2, "", "Some _ => q_of beta / INR (length F)", "Some _ => q_of beta"),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("coqc") is None or bool(absent(present(), ["libcoq-interval"])),
        reason="Coq with interval is not installed",
    ),
]


def compiled(name, folder):
    """Compile a file of `folder`."""
    command = ["coqc", "-Q", ".", "ExploreTheory", f"{name}.v"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def in_order(own):
    """A proof's file after all the shared ones that it requires."""
    order = []

    def require(file):
        for line in re.findall(r"From ExploreTheory Require (?:Import )?([\w ]+)\.", file.read_text()):
            for library in line.split():
                require(ROOT / f"formal/{library}.v")
        if file not in order:
            order.append(file)

    require(own)
    return order


def crossed(step, folder, file, old, new):
    """Whether the bridge of a step is crossed although a definition is broken."""
    (proof,) = import_module(f"proofs_checks.{step}").CLAIM.proofs
    own = ROOT / step.split(".")[0] / proof.file
    broken = ROOT / file if file else own
    for source in in_order(own):
        text = re.sub(r"^ *Proof\..*?\bQed\.", "Admitted.", source.read_text(), flags=re.DOTALL | re.M)
        if source == broken:
            assert old in text
            text = text.replace(old, new)
        (folder / source.name).write_text(text)
        said = compiled(source.stem, folder)
        assert said.returncode == 0, said.stderr
    head = f"From ExploreTheory Require Import {own.stem}.\n"
    (folder / "crossing.v").write_text(head + lemmas(bridged_of(proof, np.random.default_rng(3))))
    said = compiled("crossing", folder)
    assert said.returncode == 0 or "evaluation failed to conclude" in said.stderr, said.stderr
    return said.returncode == 0


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_bridges_notice_broken_definitions(name, tmp_path):
    step, *broken = BROKEN[name]
    assert not crossed(step, tmp_path, *broken)
