"""The statements of the second theory: best-of-N, coverage profiles, pass@k, regularised greedy play."""

from explore_theory.claims import Statement


def _folder(theorem: str, *entries: tuple[str, str]) -> tuple[Statement, ...]:
    return tuple(Statement(id=id, theorem=theorem, title=title) for id, title in entries)


STATEMENTS = (
    *_folder(
        "best_of_n",
        ("BN1", "the divergence of best-of-N from what it draws from"),
        ("BN2", "the win rate of best-of-N against one draw"),
    ),
    *_folder(
        "coverage_principle",
        ("CV1", "a divergence bounds the coverage profile"),
        ("CV2", "a Hellinger distance bounds it"),
        ("CV3", "a coverage profile bounds the divergence"),
        ("CV4", "coverage profiles chain"),
        ("CV5", "what best-of-N loses at most, given coverage"),
        ("CV6", "what it loses at least"),
        ("CV7", "distances of tokens bound coverage from below"),
        ("CV8", "a stopped divergence of tokens bounds coverage"),
    ),
    *_folder(
        "pass_at_k",
        ("PK1", "the unbiased estimator of pass@k"),
        ("PK2", "the bias of the plug-in estimator"),
        ("PK3", "fewer attempts than k"),
        ("PK4", "many tasks"),
    ),
    *_folder(
        "kl_regret",
        ("KR1", "what the greedy policy of an estimate loses"),
        ("KR2", "with rewards of each response"),
        ("KR3", "with rewards of what is played"),
    ),
)
