"""STc: SpannerSampling beside other learners on the same meters: where it is needed, and where it loses.

Statement. Passive sampling, online greedy, Online DPO, XPO (its normaliser estimated from draws), best-of-N
and optimal design with enumeration, as this package has them:

1. *Where the base policy shows everything* all but best-of-N learn at the fast rate. After `T` rounds the
   gap has the law of ``<e, S e>/(2 beta)``: `e` Gaussian of covariance ``sigma^2 (T V)^{-1}``, `S` the
   covariance of features under ``pi*``, and `V` the information of a round: ``E phi phi^T`` of pairs ``pi_ref
   x pi_ref`` (passive), ``pi* x pi_ref`` (greedy, XPO) or ``pi* x pi*`` (DPO), or that of the design. XPO's
   `e` is centred at ``V^{-1} (alpha/beta) g``, the pull of its bonus.
2. *Where the best response has a feature of its own that the base policy shows with probability `p`*, those
   that must see it wait: after `T` rounds they have succeeded with probability ``1 - (1 - w)^T``, where ``w =
   2 p (1 - p)`` for a pair (passive, greedy, DPO, best-of-N) and ``1 - (1 - p)^(m + 2)`` for XPO with `m`
   draws for its normaliser. So their reward rounds grow like ``C_cov``. Best-of-N, once it has seen the
   response, still gives it ``1 - (1 - p)^N`` only.
3. There SpannerSampling (practical schedule) and, told all features, optimal design succeed after a number of
   reward rounds that does not grow with ``C_cov``, over six decades.
4. But SpannerSampling loses in oracle calls, by three orders of magnitude, to passive sampling for ``4
   C_cov`` rounds. Where rewards cost as little as samples nobody needs it on this family; where they cost
   more than some thousand samples, it is what saves them.

What is checked. (1) distances of distribution functions, after as many rounds as `LEARNERS` says; (2) and (3)
frequencies of a gap of at most a quarter of the base policy's; (4) meters.

What is not. That no learner with a strong oracle needs fewer rounds than SpannerSampling: XPO with a
normaliser that is known, which no oracle tells, is not among those above. Larger `d`. Preferences in place of
reward differences.

Why trust it. (1) is drawn from normals by `limit_laws`, (2) is arithmetic; no learner or oracle takes part.
Gaps are exact, calls are what the ledger charged. The families hold `R`, `B`, ``beta``, noise and prompt
masses that all differ.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from explore_theory import exact, oracles
from explore_theory.algorithms import (
    XPO,
    BestOfN,
    Learner,
    OnlineDPO,
    OnlineGreedy,
    OptimalDesign,
    PassiveSampling,
    SpannerSampling,
)
from explore_theory.foundation.streams import Streams
from explore_theory.harness import (
    Bound,
    Case,
    Check,
    Claim,
    Curve,
    Evidence,
    FalseVariant,
    Figure,
    OneSample,
    Resolution,
    Tally,
    Trial,
)
from explore_theory.oracles.ledger import Ledger
from explore_theory.policies import Base
from explore_theory.problems import TabularProblem
from explore_theory.problems.protocol import Floats
from proofs_checks.spanner_sampling import limit_laws
from proofs_checks.spanner_sampling.contrasts import hidden, hidden_mass, uneven
from proofs_checks.spanner_sampling.limit_laws import LimitLaw, best_law, information
from proofs_checks.spanner_sampling.practical import schedule_of

#: Weak draws of XPO for its normaliser, candidates of best-of-N.
DRAWS, CANDIDATES = 2, 400
#: Reward rounds that are enough for SpannerSampling, and its rounds of exploration.
ENOUGH, EXPLORED = 70, 50
#: How much the calls of SpannerSampling exceed those of passive sampling at ``C_cov = 100``.
LOSS = 1000.0


@dataclass(frozen=True, kw_only=True)
class Runs:
    """A learner on a problem, with one stream per run."""

    problem: TabularProblem
    learner: Learner
    streams: Streams

    def played(self) -> tuple[Floats, Ledger]:
        """Exact gaps, and what was paid."""
        oracle = oracles.open(self.problem, law="exact-law", streams=self.streams)
        return exact.gap(self.problem, self.learner.run(oracle)), oracle.ledger

    @property
    def goal(self) -> float:
        """A quarter of the base policy's gap."""
        return float(exact.gap(self.problem, Base())[0]) / 4


def learner_of(name: str, problem: TabularProblem, rounds: int, optimism: float = 1e-3) -> Learner:
    """A learner by its name."""
    makers: dict[str, Callable[[], Learner]] = {
        "passive": lambda: PassiveSampling(rounds=rounds),
        "online-greedy": lambda: OnlineGreedy(rounds=rounds),
        "online-dpo": lambda: OnlineDPO(rounds=rounds),
        "xpo": lambda: XPO(rounds=rounds, optimism=optimism, draws=DRAWS),
        "best-of-n": lambda: BestOfN(rounds=rounds, draws=CANDIDATES, outputs=0),
        "optimal-design": lambda: OptimalDesign(features=problem.features[0], rounds=rounds),
        "spanner-sampling": lambda: SpannerSampling(
            schedule=schedule_of(problem, EXPLORED), update="rarely-switching"
        ),
    }
    return makers[name]()


# --- where the base policy shows everything -----------------------------------------------------------------


def optimism(problem: TabularProblem, rounds: int) -> float:
    """XPO's ``alpha`` at which its bonus pulls a few times as far as noise throws."""
    return 8.0 * problem.noise.sigma * problem.beta / math.sqrt(rounds)


def benign(trial: Trial) -> Runs:
    """The learner of the case on the uneven family."""
    name, rounds = str(trial.case.params["learner"]), int(trial.case.params["rounds"])
    problem = uneven(1 if name == "optimal-design" else 3)
    return Runs(
        problem=problem,
        learner=learner_of(name, problem, rounds, optimism(problem, rounds)),
        streams=trial.streams,
    )


def bonus_slope(problem: TabularProblem) -> Floats:
    """``g``: the mean of ``sum_j w_j (phi(y_j) - phi(y'))``, ``w_j`` softmax weights of the draws, `[d]`.

    Over all prompts, ``y'`` and pairs of draws.
    """
    found = np.zeros(problem.features.shape[-1])
    for x, rho in enumerate(problem.prompt_mass):
        base, phi = problem.base[x], problem.features[x]
        tilt = np.exp((problem.reward[x] - problem.reward[x].max()) / problem.beta)
        for anchor in range(len(base)):
            for one in range(len(base)):
                for two in range(len(base)):
                    mean = (tilt[one] * phi[one] + tilt[two] * phi[two]) / (tilt[one] + tilt[two])
                    found += rho * base[anchor] * base[one] * base[two] * (mean - phi[anchor])
    return found


def law_of(name: str, problem: TabularProblem, rounds: int) -> LimitLaw:
    """The limit law of the statement."""
    best, base = best_law(problem), problem.base
    pairs = {
        "passive": (base, base),
        "online-greedy": (best, base),
        "xpo": (best, base),
        "online-dpo": (best, best),
    }
    if name == "optimal-design":
        # Relative features of three responses in two dimensions are independent: half of the rounds each.
        relative = problem.features[0, 1:] - problem.features[0, 0]
        total = math.ceil((rounds - 2) / 2) * relative.T @ relative
    else:
        total = rounds * information(problem, *pairs[name])
    law = LimitLaw(
        information=total,
        spread=limit_laws.spread(problem),
        sigma=problem.noise.sigma,
        beta=problem.beta,
    )
    if name != "xpo":
        return law
    pull = rounds * optimism(problem, rounds) / problem.beta * bonus_slope(problem)
    return replace(law, shift=np.linalg.solve(total, pull))


def from_law(world: Runs, trial_law: LimitLaw) -> OneSample:
    """Exact gaps against a limit law."""
    gaps, _ = world.played()
    return OneSample.real(gaps, trial_law.cdf())


@dataclass(frozen=True, kw_only=True)
class Benign:
    """Runs, their limit law, and how far from it they may be."""

    runs: Runs
    law: LimitLaw
    width: float


def benign_world(trial: Trial, change: Callable[[LimitLaw], LimitLaw] = lambda law: law) -> Benign:
    """`benign` with its law."""
    runs = benign(trial)
    params = trial.case.params
    law = law_of(str(params["learner"]), runs.problem, int(params["rounds"]))
    return Benign(runs=runs, law=change(law), width=float(params["width"]))


# --- where the best response is hidden ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """Runs on the hidden family, and the name of the learner."""

    runs: Runs
    name: str
    rounds: int


def hidden_world(trial: Trial, name: str | None = None) -> Hidden:
    """The learner of the case, or another one, with the rounds of the case."""
    params = trial.case.params
    name = name or str(params["learner"])
    rounds = int(params["rounds"])
    problem = hidden(float(params["rarity"]), 1 if name == "optimal-design" else 2)
    learner = learner_of(name, problem, rounds)
    return Hidden(
        runs=Runs(problem=problem, learner=learner, streams=trial.streams), name=name, rounds=rounds
    )


def chance_of_a_round(name: str, problem: TabularProblem) -> float:
    """``w``: how likely one round shows the best response and another one."""
    p = hidden_mass(problem)
    missed = (1 - p) ** (DRAWS + 2) if name == "xpo" else 1 - 2 * p * (1 - p)
    return float(1 - problem.prompt_mass @ missed)


def chance_of_success(world: Hidden) -> float:
    """``1 - (1 - w)^T``."""
    return -math.expm1(world.rounds * math.log1p(-chance_of_a_round(world.name, world.runs.problem)))


def gap_of_best(problem: TabularProblem, candidates: int) -> float:
    """The gap of the best of `candidates` by the right score: ``beta E_x kl(m || q)``."""
    p = hidden_mass(problem)
    m = -np.expm1(candidates * np.log1p(-p))
    tilt = p * math.exp(np.ptp(problem.reward[0]) / problem.beta)
    q = tilt / (tilt + 1 - p)
    apart = m * np.log(m / q) + (1 - m) * np.log((1 - m) / (1 - q))
    return float(problem.beta * problem.prompt_mass @ apart)


def seen(world: Hidden) -> Tally:
    """How often the gap is what it is for those who have seen the best response."""
    gaps, _ = world.runs.played()
    if world.name == "best-of-n":
        good = np.abs(gaps - gap_of_best(world.runs.problem, CANDIDATES)) <= 1e-9
    else:
        good = gaps <= world.runs.goal
    return Tally(successes=int(good.sum()), trials=good.size)


def failures(world: Hidden) -> Tally:
    """How often the gap is too large or the reward rounds too many."""
    gaps, ledger = world.runs.played()
    bad = (gaps > world.runs.goal) | (ledger.data > ENOUGH)
    return Tally(
        successes=int(bad.sum()),
        trials=bad.size,
        # Of the first run: a median of those that happen to run together would depend on how many do.
        notes={"C_cov": world.runs.problem.coverage, "calls": float(ledger.compute[0])},
    )


def losses(world: Hidden, factor: float = LOSS) -> Tally:
    """How often passive sampling gets there, and SpannerSampling with `factor` times its calls or more."""
    problem = world.runs.problem
    passive = replace(
        world.runs, learner=PassiveSampling(rounds=world.rounds), streams=world.runs.streams.child("passive")
    )
    (gaps, paid), (own, spent) = passive.played(), world.runs.played()
    goal = world.runs.goal
    lost = (gaps <= goal) & (own <= goal) & (spent.compute >= factor * paid.compute)
    return Tally(successes=int(lost.sum()), trials=lost.size, notes={"C_cov": problem.coverage})


def in_place(name: str) -> Callable[[Trial], Hidden]:
    """Another learner with as many reward rounds."""
    return lambda trial: hidden_world(trial, name)


#: Rounds after which their gaps are held against the limit: more for those who choose what they see.
LEARNERS = {"passive": 128, "online-greedy": 256, "online-dpo": 256, "xpo": 256, "optimal-design": 128}
WAITING = ("passive", "online-greedy", "online-dpo", "xpo", "best-of-n")


def waiting_cases() -> tuple[Case, ...]:
    """Each learner at one length at the quick tier, and at three more at the full one."""
    quick = {"rounds": 35, "rarity": 150.0}
    longer = (
        {"rounds": 12, "rarity": 150.0},
        {"rounds": 100, "rarity": 150.0},
        {"rounds": 350, "rarity": 1.5e3},
    )
    return tuple(
        Case(
            slug=f"{name}-{params['rounds']}",
            params={"learner": name, **params},
            rows=4096,
            block=2048,
            tiers=("quick", "full") if params is quick else ("full",),
        )
        for name in WAITING
        for params in (quick, *(longer if name in ("passive", "online-dpo", "xpo") else ()))
    )


CLAIM = Claim(
    id="STc",
    slug="learners-compared",
    theorem="spanner_sampling",
    title="Other learners wait for a rare response; SpannerSampling pays for it in calls",
    statement=(
        "Where the base policy shows everything, gaps of baselines after T rounds have the limit law of "
        "least squares on their own data. Where the best response is shown with probability p, baselines "
        "succeed within T rounds with probability 1 - (1 - w)^T, w about 2 p (XPO: (m + 2) p), "
        "SpannerSampling after 70 reward rounds whatever C_cov, and it pays a thousand times the calls of "
        "passive sampling."
    ),
    formula=(
        r"\mathrm{gap} \approx \frac{\langle e, S e \rangle}{2 \beta},\ e \sim N(0, \sigma^2 (T V)^{-1});"
        r"\qquad P(\text{success in } T) = 1 - (1 - w)^T"
    ),
    relation="==",
    scope=(
        "One family where everything is shown, d = 2, three prompts, T = 128 and 256; one where the best "
        "response is hidden, d = 2, two prompts, 1/p from 150 to 1,500 for baselines (quick: 150) and from "
        "1e2 to 1e8 for SpannerSampling (practical schedule)."
    ),
    source=(
        "Baselines as in section 2 of Foster, Mhammedi, Rohatgi, COLT 2025, arXiv 2503.07453v2, and the "
        "sources named by their learners; the limit laws are those of least squares (van der Vaart, "
        "Asymptotic Statistics, 1998, chapters 3 and 5); families ours."
    ),
    explicit=True,
    uses=("F1",),
    loose="Laws and frequencies are told to a few hundredths; no bound is near enough to be moved by five.",
    checks=(
        Check(
            slug="limit-law",
            evidence=Evidence.STATISTICAL,
            cases=tuple(
                Case(
                    slug=f"{name}-{tier}",
                    params={"learner": name, "rounds": rounds, "width": width},
                    rows=rows,
                    block=512,
                    tiers=(tier,),
                )
                for name, rounds in LEARNERS.items()
                for tier, width, rows in (("quick", 0.12, 2048), ("full", 0.06, 4096))
            ),
            instance=benign_world,
            measure=lambda world: from_law(world.runs, world.law),
            bound=lambda world: Bound.of(world.width),
            relation="<=",
            resolution=Resolution(absolute=0.02),
        ),
        Check(
            slug="waiting",
            evidence=Evidence.STATISTICAL,
            cases=waiting_cases(),
            instance=hidden_world,
            measure=seen,
            bound=lambda world: Bound.of(chance_of_success(world)),
            resolution=Resolution(absolute=0.06),
            coarse="four thousand runs; the learners are told apart by tenths",
        ),
        Check(
            slug="without-coverage",
            evidence=Evidence.STATISTICAL,
            cases=(
                *(
                    Case(
                        slug=f"spanner-sampling-1e{e}",
                        params={"learner": "spanner-sampling", "rounds": ENOUGH, "rarity": 10.0**e},
                        rows=512,
                        block=128,
                        tiers=("quick", "full") if e in (2, 5, 8) else ("full",),
                    )
                    for e in (2, 3, 4, 5, 6, 7, 8)
                ),
                Case(
                    slug="optimal-design-1e8",
                    params={"learner": "optimal-design", "rounds": 10, "rarity": 1e8},
                    rows=512,
                    block=128,
                ),
            ),
            instance=hidden_world,
            measure=failures,
            bound=lambda _: Bound.of(0.05),
            relation="<=",
            resolution=Resolution(absolute=0.02),
        ),
        Check(
            slug="calls",
            evidence=Evidence.STATISTICAL,
            cases=(
                Case(
                    slug="common",
                    params={"learner": "spanner-sampling", "rounds": 400, "rarity": 100.0},
                    rows=512,
                    block=128,
                ),
            ),
            instance=hidden_world,
            measure=losses,
            bound=lambda _: Bound.of(0.95),
            relation=">=",
            resolution=Resolution(absolute=0.02),
        ),
    ),
    false_variants=(
        FalseVariant(
            slug="a-third-of-the-information",
            why="Every round informs a third as much.",
            check="limit-law",
            instance=lambda trial: benign_world(
                trial, lambda law: replace(law, information=law.information / 3)
            ),
            cases=("passive-quick", "passive-full"),
        ),
        FalseVariant(
            slug="no-pull",
            why="XPO's bonus pulls nowhere.",
            check="limit-law",
            instance=lambda trial: benign_world(trial, lambda law: replace(law, shift=0.0)),
            cases=("xpo-quick", "xpo-full"),
        ),
        FalseVariant(
            slug="one-chance-a-round",
            why="A round shows one response of the base policy, not two.",
            check="waiting",
            bound=lambda world: Bound.of(1 - math.sqrt(1 - chance_of_success(world))),
            cases=("online-dpo-35",),
        ),
        *(
            FalseVariant(
                slug=f"{name}-in-its-place",
                why=f"{name} with as many reward rounds.",
                check="without-coverage",
                instance=in_place(name),
                cases=("spanner-sampling-1e5",),
            )
            for name in ("passive", "online-greedy", "online-dpo", "xpo")
        ),
        FalseVariant(
            slug="a-million-times",
            why="Its calls are a million times as many.",
            check="calls",
            measure=lambda world: losses(world, 1e6),
        ),
    ),
    figures=(
        Figure(
            slug="success-by-rounds",
            title="How often the rare response has been learnt, by reward rounds",
            x_label="reward rounds",
            y_label="probability",
            x_log=True,
            curves=(
                Curve(
                    label="", check="waiting", x="rounds", y="measured", by="learner", style="points",
                    only={"rarity": 150.0},
                ),
                Curve(
                    label="law of", check="waiting", x="rounds", y="bound", by="learner", style="dashed",
                    only={"rarity": 150.0},
                ),
            ),
        ),
        Figure(
            slug="calls-by-coverage",
            title="What SpannerSampling pays in calls, at a constant number of reward rounds",
            x_label="C_cov",
            y_label="calls of one run",
            x_log=True,
            y_log=True,
            curves=(
                Curve(
                    label="SpannerSampling", check="without-coverage", x="C_cov", y="calls", style="points",
                    only={"learner": "spanner-sampling"},
                ),
            ),
        ),
    ),
)  # fmt: skip
