"""Lemma L.1 as printed, for LL1: Algorithm 5 as it stands, steps of the proof, and how Lemma L.4 uses it.

Letters: ``L = log(4M log(4/delta))``; `R` the largest reward, `B` the bound on theta.
"""

from fractions import Fraction
from typing import Any

from explore_theory.harness import Bound, Case, Check, Evidence, Measurement, PrintedForm, Trial

#: `N`, the sampler's delta, lambda and `M` of the example; ``delta' = 1/2``, ``H = d = B = R = 1``.
ROLLOUTS, SAMPLER, RIDGE, MULTIPLIER = 10**9, Fraction(1, 10**12), Fraction(1, 10**9), 4
BETA = Fraction(1, 2)


def kept_error(_: Trial) -> Measurement:
    """``|theta - theta*|^2_Sigma`` if the reward, a fair coin, is drawn once: ``(1 + lambda)/4`` surely."""
    witness = {
        "core set": "one pair of feature difference one, and its anchor",
        "reward": "a fair coin, drawn once; 0 at the anchor",
        "H = h = d = B = R": 1,
        "beta": "1/2",
        "N": "1e9",
        "delta~": "1e-12",
        "lambda": "1e-9",
        "M": MULTIPLIER,
    }
    # The estimate is the coin and theta* is 1/2.
    errors = {(Fraction(coin) - BETA) ** 2 * (1 + RIDGE) for coin in (0, 1)}
    return Measurement.exact([min(errors)], unit="fits", witness=lambda _: witness)


def printed_right_side(_: Trial) -> Bound:
    """``4 lambda B^2 + C_1/N + C_2 delta~`` with the constants of page 95: there are no later layers."""
    from explore_theory.certify.balls import ball, precision

    core, level = 2, Fraction(1, 2)
    with precision(128):
        inner = (ball(4 * MULTIPLIER) * ball(4 / SAMPLER).log()).log()
        first = 6400 * ball(3 * ROLLOUTS / level).log() + 3840 * core
        second = 19200 * core * (97 + ball(48 * BETA**2) * inner**2) + 3072 * core * ball(BETA) * inner
        return Bound.of(ball(4 * RIDGE) + first / ROLLOUTS + second * ball(SAMPLER))


#: ``H, R, B, beta L`` for steps of the proof.
Step = tuple[int, Fraction, Fraction, Fraction]
LONG: Step = (10, Fraction(1), Fraction(1), Fraction(1))
SHORT: Step = (2, Fraction(1), Fraction(1), Fraction(1))


def shown(step: Step) -> dict[str, str]:
    """In words."""
    return dict(zip(("H", "R", "B", "beta L"), map(str, step), strict=True))


def squared_misfit(_: Trial) -> Measurement:
    """The square of (108)'s first term over ``delta~^2``: ``(2 H (4R + 4 beta L + 5 H B))^2``."""
    horizon, reward, size, log = LONG
    value = (2 * horizon * (4 * reward + 4 * log + 5 * horizon * size)) ** 2
    return Measurement.exact([value], unit="settings", witness=lambda _: shown(LONG))


def printed_square(_: Trial) -> Bound:
    """``20 (12 R^2 + 48 beta^2 L^2 + 75 H^2 B^2)``, its share in (109)."""
    horizon, reward, size, log = LONG
    return Bound.of([20 * (12 * reward**2 + 48 * log**2 + 75 * (horizon * size) ** 2)])


def sixteen_times(_: Trial) -> Measurement:
    """16 times (109)'s factor of the far probabilities plus (103)'s, at ``beta = 1``, over `H`."""
    horizon, reward, size, log = SHORT
    value = 16 * 6 * (8 * reward**2 * log**2 + 200 * (horizon * size) ** 2) + 2304 * size**2
    return Measurement.exact([value], unit="settings", witness=lambda _: {**shown(SHORT), "beta": "1"})


def printed_third(_: Trial) -> Bound:
    """``C_3/H = 16 (8 R^2 L^2 + 200 H^2 B^2) + 3072 B^2``."""
    horizon, reward, size, log = SHORT
    return Bound.of([16 * (8 * reward**2 * log**2 + 200 * (horizon * size) ** 2) + 3072 * size**2])


#: ``T_prompt`` for the last iteration's core set.
PROMPTS = 10


def core_set_size(_: Trial) -> Measurement:
    """How many pairs a core set has in the last iteration: a pair and its anchor from each before."""
    core: list[str] = []
    for t in range(1, PROMPTS):
        core += [f"pair {t}", f"anchor of {t}"]
    witness = {"T_prompt": PROMPTS, "iteration": PROMPTS}
    return Measurement.exact([Fraction(len(core))], unit="core sets", witness=lambda _: witness)


# --- the size of the noise ----------------------------------------------------------------------------------

#: Layers, ``log_10 e^{2B/beta}``, and ``-log_10`` of the base mass of the liked action on either side.
LAYERS, SCORE, FOUND, NEVER = 20, 100, 98, 10**4


def largest_noise(_: Trial) -> Measurement:
    """``|xi|/B`` of an outcome that can occur, from below.

    After the pair every later layer has a liked action that a sampler with ``M >= 4C`` finds and that is not
    drawn; after the anchor one so rare that it is never found, and drawn all the same. Rewards are fair
    coins, 1 after the pair and 0 after the anchor.
    """
    import numpy as np

    from explore_theory.certify.balls import ball, ends, precision

    with precision(256):
        score = SCORE * ball(10).log()
        mass = Fraction(1, 10**FOUND)
        gain = Fraction(10**SCORE)
        # TF1: within .0067 delta of the target, delta = 1/2.
        drawn = mass * gain / (1 - mass + mass * gain) - Fraction(67, 2 * 10**4)
        paid = ball(drawn) * ball(drawn / mass).log() + ball(1 - drawn) * ball((1 - drawn) / (1 - mass)).log()
        # Weak samples and candidates: 4 M log(4/delta) each, M = 4C, and one more; 1000 C is more.
        rare = Fraction(10**SCORE * 1000, 10**NEVER)
        lost = ball(rare) * NEVER * ball(10).log()
        layer = 2 + 2 * (paid / score) + 2 - 2 * (lost / score)
        lo, hi = ends(LAYERS * (layer + 1) + 1)
    witness = {
        "H - h": LAYERS,
        "e^(2B/beta)": "1e100",
        "base mass after the pair": "1e-98, found and not drawn",
        "base mass after the anchor": "1e-10000, not found and drawn",
        "rewards": "B or 0, each half the time",
    }
    return Measurement(
        lo=np.array([lo]), hi=np.array([hi]), effort=1, unit="outcomes", witness=lambda _: witness
    )


def six_times(_: Trial) -> Bound:
    """``6 H``, with ``h = 1``."""
    return Bound.of([Fraction(6 * (LAYERS + 1))])


def printed(
    slug: str, place: tuple[str, int], says: str, mended: str, measure: Any, bound: Any, *, step: bool = True
) -> PrintedForm:
    """A form of the lemma at that place, which is false."""
    item, page = place
    return PrintedForm(
        slug=slug,
        item=item,
        page=page,
        says=says,
        mended=mended,
        holds=False,
        step=step,
        check=Check(
            slug=f"{slug}-as-printed",
            evidence=Evidence.CERTIFIED,
            cases=(Case(slug="example"),),
            measure=measure,
            bound=bound,
        ),
    )


PRINTED = (
    printed(
        "one-reward-for-all",
        ("Lemma L.1", 88),
        "the fit of Algorithm 5 errs by at most 4 lambda B^2 + C_1/N + C_2 delta~ at the last layer",
        "Rewards of the layer drawn in every rollout (LL4); then LL1, with no log N and no |C| in the noise.",
        kept_error,
        printed_right_side,
        step=False,
    ),
    printed(
        "squares-of-misfits",
        ("Lemma L.1", 94),
        "(109): (2H (4R + 4 beta L + 5 H B))^2 is at most 20 (12 R^2 + 48 beta^2 L^2 + 75 H^2 B^2)",
        "960 H^2 (R^2 + beta^2 L^2 + 25/16 H^2 B^2); or LL1, where nothing is squared. The parameters of "
        "J.1.4 leave room.",
        squared_misfit,
        printed_square,
    ),
    printed(
        "third-constant",
        ("Lemma L.1", 95),
        "C_3 is at least 16 times (109)'s 6H (8 R^2 L^2 + 200 H^2 B^2) and 2304 H B^2",
        "96 H for 16 H in C_3.",
        sixteen_times,
        printed_third,
    ),
    printed(
        "noise-of-six",
        ("Lemma L.1", 91),
        "(101): the noise of a target is at most 6 H B",
        "10 H B, the range of a target; rewards of each layer and both sides' log rho are in it.",
        largest_noise,
        six_times,
    ),
    printed(
        "core-set-of-t-prompt",
        ("Lemma L.4", 98),
        "C_1 and C_2 have T_prompt in place of |C_h|",
        "2 T_prompt, as Lemma K.2 has it; anchors fit zero to zero, so T_prompt is right without them (LL1).",
        core_set_size,
        lambda _: Bound.of([Fraction(PROMPTS)]),
    ),
)
