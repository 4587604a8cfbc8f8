"""How many replicates tell a level that is kept from one that is not, and how many misses are too many."""

from scipy.stats import binom

from explore_theory.foundation.streams import Streams


def design(level, excess, error=1e-4):
    """``(replicates, most)``: at a miss rate up to `level` there are more than `most` misses, and at `excess`
    or more there are at most that many, with probability `error` each.
    """
    replicates = 16
    while True:
        most = int(binom.ppf(1 - error, replicates, level))
        if binom.cdf(most, replicates, excess) <= error:
            return replicates, most
        replicates += 16


def uniforms(name, rows, draws):
    """`[rows, draws]` uniforms of this test alone."""
    return Streams(("tests", "nulls", name), range(rows)).uniform(draws)
