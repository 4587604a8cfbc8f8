"""What makes logs lie, looked for in the user's own, and which numbers it touches."""

import numpy as np
import numpy.typing as npt

from explore_theory.samples import laws
from explore_theory.samples.draws import many
from explore_theory.samples.finding import LEVEL, Finding
from explore_theory.samples.pool import Floats, Ints, Pool
from explore_theory.samples.repeats import repeats
from explore_theory.samples.weight_findings import of_weights
from explore_theory.statistics import clopper_pearson

#: A length that so large a share of the draws has, and none exceeds, is a limit.
_LIMIT_SHARE = 0.02
_LIMIT_DRAWS = 3
#: What batches are called that are steps of training (verl, TRL).
STEP = "step "
_CUT = "They are samples of the model with that limit; with a higher one they might be rewarded otherwise."


def findings(pool: Pool, *, reweighted: bool = False) -> tuple[Finding, ...]:
    """All that is found in a pool, the serious ones first; `reweighted` draws stand for the model's law."""
    parts = (
        of_weights if reweighted else _decoding,
        _several_laws,
        _training,
        _greedy,
        _repeated,
        _cut,
        _logprobs,
        _scores,
        _agreeing,
        _notes,
    )
    found = [finding for part in parts for finding in part(pool)]
    return tuple(sorted(found, key=lambda finding: not finding.serious))


def _decoding(pool: Pool) -> list[Finding]:
    told = [origin.law for origin in pool.origins]
    if settings := sorted({words for law in told if (words := laws.bent(law))}):
        return [
            Finding(
                slug="decoding",
                serious=True,
                says=f"The files say that samples were drawn with {'; '.join(settings)}.",
                touches=(
                    "Every number is then about that law and not about the model's own. Coverage of the "
                    "model is "
                    "infinite as seen from it wherever it never goes."
                ),
            )
        ]
    if missing := laws.untold(told):
        return [
            Finding(
                slug="decoding-unknown",
                serious=False,
                says=missing,
                touches=(
                    "Every number is about the law that was sampled. It is the base policy only at "
                    "temperature 1 with "
                    "nothing cut off; several libraries draw otherwise unasked."
                ),
            )
        ]
    return []


def _several_laws(pool: Pool) -> list[Finding]:
    """Files that were drawn from different models, or by different settings, each task by one of them."""
    settings = laws.apart([origin.law for origin in pool.origins])
    if not settings:
        return []
    return [
        Finding(
            slug="several-laws",
            serious=True,
            says=f"The files say that they were not drawn by one law: {settings}.",
            touches=(
                "What is said of a task is about its own; means over tasks and the worst of them are about "
                "no single model. Measure them apart."
            ),
        )
    ]


def _training(pool: Pool) -> list[Finding]:
    """Steps of training, between which the model is another one."""
    steps = [pool.batches[i] for i in np.unique(pool.batch) if pool.batches[i].startswith(STEP)]
    if not steps:
        return []
    several = len(steps) > 1
    return [
        Finding(
            slug="training",
            serious=several,
            says=(
                f"Samples are of {len(steps)} steps of training, {steps[0]} to {steps[-1]}."
                if several
                else f"Samples are of {steps[0]} of training."
            ),
            touches=(
                "The model learns between steps, so that they are no samples of one law; only those before "
                "the first update are of the base policy. Measure one step."
                if several
                else "They are of the model as it was then: of the base policy if nothing was learnt before."
            ),
        )
    ]


def _greedy(pool: Pool) -> list[Finding]:
    """All responses to each prompt are one: what one sees at temperature 0."""
    several = alike = 0
    order, starts = pool.order, pool.starts
    for i in range(len(pool.tasks)):
        rows = order[starts[i] : starts[i + 1]]
        if len(rows) > 1 and pool.told[rows].all():
            several += 1
            alike += bool(np.all(pool.text[rows] == pool.text[rows[0]]))
    if several < 2 or alike < several:
        return []
    return [
        Finding(
            slug="one-response",
            serious=True,
            says=f"All {several} tasks with several samples have one and the same response each time.",
            touches=(
                "So it is when the likeliest token is always taken (temperature 0), or when a file is there "
                "again: these are no independent draws."
            ),
        )
    ]


def _repeated(pool: Pool) -> list[Finding]:
    found = repeats(pool)
    return [
        Finding(
            slug="repeats",
            serious=True,
            says=f"{line}.",
            touches="Such draws are one draw written twice; intervals that count both are too narrow.",
        )
        for line in found.kinds
    ]


def _cut(pool: Pool) -> list[Finding]:
    told = pool.finished >= 0
    if told.any():
        cut = int((pool.finished == 0).sum())
        if not cut:
            return []
        passed = float(pool.rewards[pool.finished == 0].mean())
        return [
            Finding(
                slug="cut",
                serious=False,
                says=(
                    f"{cut} of {many(int(told.sum()), 'sample')} {'was' if cut == 1 else 'were'} cut at "
                    f"a limit; their mean reward is {passed:.3g}."
                ),
                touches=_CUT,
            )
        ]
    tokens = pool.tokens[pool.tokens >= 0]
    if len(tokens) == 0:
        return []
    longest = int(tokens.max())
    there = int((tokens == longest).sum())
    if there < max(_LIMIT_DRAWS, _LIMIT_SHARE * len(tokens)) or np.all(tokens == longest):
        return []
    return [
        Finding(
            slug="cut",
            serious=False,
            says=(
                f"{there} of {len(tokens)} samples have {many(longest, 'token')}, none has more: "
                "most likely a limit."
            ),
            touches=_CUT,
        )
    ]


def _logprobs(pool: Pool) -> list[Finding]:
    """Logged log-probabilities against the frequencies of what was drawn."""
    # By the law that was drawn from, where it is told apart from the model's.
    logged = pool.sampled if np.isfinite(pool.sampled).any() else pool.logprobs
    there = np.isfinite(logged) & pool.told
    if not there.any():
        return []
    out = []
    if positive := int((logged[there] > 0).sum()):
        out.append(f"{positive} log-probabilit{'y is' if positive == 1 else 'ies are'} positive")
    heaviest = 0.0
    order, starts = pool.order, pool.starts
    drawn = []
    for i in range(len(pool.tasks)):
        rows = order[starts[i] : starts[i + 1]]
        rows = rows[there[rows]]
        if len(rows) == 0:
            continue
        _, first, counts = np.unique(pool.text[rows], axis=0, return_index=True, return_counts=True)
        logs = logged[rows[first]]
        heaviest = max(heaviest, float(np.exp(np.minimum(logs, 1.0)).sum()))
        drawn.append((counts, len(rows), logs))
    if heaviest > 1 + 1e-6:
        out.append(f"the probabilities of the distinct responses to one prompt add up to {heaviest:.4g}")
    misfits = [_misfits(*one, LEVEL / len(drawn)) for one in drawn]
    if prompts := sum(bool(wrong.any()) for wrong in misfits):
        _, hits, size, log = max(
            (abs(c / n - np.exp(min(log, 0.0))), c, n, log)
            for (counts, n, logs), wrong in zip(drawn, misfits, strict=True)
            for c, log in zip(counts[wrong], logs[wrong], strict=True)
        )
        out.append(
            f"a response drawn {many(hits, 'time')} in {size} has a logged probability of "
            f"{np.exp(log):.3g} ({many(prompts, 'prompt')} {'is' if prompts == 1 else 'are'} like that)"
        )
    return [
        Finding(
            slug="log-probabilities",
            serious=True,
            says=f"Log-probabilities are not those of the law that was drawn: {'; '.join(out)}.",
            touches=(
                "They may belong to other tokens, other settings or another model; nothing here is computed "
                "from them."
            ),
        )
        for _ in out[:1]
    ]


def _misfits(counts: Ints, n: int, logs: Floats, level: float) -> npt.NDArray[np.bool_]:
    """Which responses to a prompt were drawn too often or too seldom for what is logged of them.

    Were the logs honest it would be any with chance `level` at most. Too seldom: no more than `n` responses
    are so likely that any count could be, so each has the `n`-th part of the level. Too often: there is no
    end of responses, each of which might be drawn once, so one of probability ``q`` has ``q`` of the level,
    which ``P(Bin(n, q) >= c) <= e^{-n kl(c/n, q)}`` (Chernoff) must not exceed.

    Parameters
    ----------
    counts, logs
        `[m]`: how often each distinct response was drawn, and its logged log-probability.
    """
    from scipy.special import xlog1py, xlogy

    logs = np.minimum(logs, 0.0)
    _, most = clopper_pearson(counts, n, level / n)
    share = counts / n
    # Where the share is no larger than q the divergence is 0, and nothing is too often.
    q = np.minimum(np.exp(logs), share)
    log_q = np.minimum(logs, np.log(share))
    divergence = xlogy(counts, share) - counts * log_q + xlog1py(n - counts, -share) - xlog1py(n - counts, -q)
    often: npt.NDArray[np.bool_] = -divergence < logs + np.log(level / 2)
    return often | (np.exp(logs) > most)


def _scores(pool: Pool) -> list[Finding]:
    out = []
    if missing := int(pool.unscored.sum()):
        out.append(
            Finding(
                slug="unscored",
                serious=False,
                says=(
                    f"{many(missing, 'sample')} of {many(int((pool.unscored > 0).sum()), 'task')} "
                    f"{'has' if missing == 1 else 'have'} no reward."
                ),
                touches=(
                    "They are left out; if they were left unscored for what they are, the rest is no sample."
                ),
            )
        )
    if skipped := sum(origin.skipped for origin in pool.origins):
        out.append(
            Finding(
                slug="skipped",
                serious=False,
                says=f"{many(skipped, 'malformed record')} {'was' if skipped == 1 else 'were'} skipped.",
                touches="If they are malformed for what they hold, the rest is not a sample.",
            )
        )
    return out


def _agreeing(pool: Pool) -> list[Finding]:
    """Prompts whose samples all have one reward: nothing there says how rare a better one is."""
    several = [rewards for rewards in pool.by_task() if len(rewards) > 1]
    alike = sum(bool(np.all(rewards == rewards[0])) for rewards in several)
    if not alike:
        return []
    return [
        Finding(
            slug="agreeing",
            serious=False,
            says=f"In {alike} of {many(len(several), 'task')} all samples have the same reward.",
            touches="There the samples bound how likely another reward is, and no more.",
        )
    ]


def _notes(pool: Pool) -> list[Finding]:
    """What readers noticed."""
    seen = dict.fromkeys(note for origin in pool.origins for note in origin.notes)
    return [Finding(slug="file", serious=False, says=note, touches="") for note in seen]
