"""Feed the loader of problems with mutated files for a while, guided by coverage where atheris is installed.

    python benchmarks/fuzz_instances.py --seconds 60            random mutations
    python benchmarks/fuzz_instances.py --seconds 60 --atheris  guided (pip install atheris)

Whatever is fed, a problem or `InvalidProblem` in one line may come out; anything else ends the run with the
input that did it, written beside the corpus. How many inputs were tried is printed.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

FILES = Path(__file__).parents[1] / "tests" / "instances" / "files"
TEXTS = (
    b"p dnf 3 2\n1 -2 0\n-1 3 0\n",
    b"c x\np cnf 3 3\n1 -2 0 3\n0\n-1 3 0\n%\n0\n",
    b"x1 & ~x2 | x3\n",
    b"(a or not b) and (b or c)",
    b'{"format":"explore-theory problem","version":1,"kind":"formula","n":3,"terms":[[1,-2],[3]],"eta":0.2}',
    b'{"format":"explore-theory problem","version":1,"kind":"tabular","beta":1}\n'
    b'{"mass":1,"log_base":[-0.6931471805599453,-0.6931471805599453],"reward":[0,1],"features":"one-hot"}\n',
    b'{"format":"explore-theory problem","version":1,"kind":"tokens","beta":1,"vocabulary":2,"prefixes":'
    b'{"horizon":1,"laws":[{"prefix":[],"base":[0.5,0.5]}],"rewards":[{"response":[1],"reward":1}]}}',
)
BITS = b'0123456789-+.eE[]{}",:nullNaN\npcnfdw%&|~()'


class Fed:
    """Feeds bytes to the loader and counts what came out."""

    def __init__(self, folder):
        self.path, self.counts, self.slowest = Path(folder) / "fed", Counter(), 0.0

    def __call__(self, data):
        """Load `data` from a file; raise what is no refusal."""
        from explore_theory import load
        from explore_theory.errors import InvalidProblem

        self.path.write_bytes(data)
        begun = time.monotonic()
        try:
            load(self.path)
        except InvalidProblem as error:
            if "\n" in str(error):
                raise AssertionError(f"a refusal of several lines: {error}") from error
            self.counts["refused"] += 1
        else:
            self.counts["read"] += 1
        self.slowest = max(self.slowest, time.monotonic() - begun)

    def told(self):
        """A line of counts."""
        tried = sum(self.counts.values())
        read, refused = self.counts["read"], self.counts["refused"]
        return f"{tried:,} inputs tried: {read:,} read, {refused:,} refused, slowest {self.slowest:.2f} s"


def seeds():
    """Files of every form."""
    return [*(path.read_bytes() for path in sorted(FILES.iterdir())), *TEXTS]


def mutated(rng, data):
    """`data` with a few bytes changed, moved or put in."""
    whole = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(whole) + 1)
        how = rng.randrange(5)
        if how == 0 and whole:
            whole[place % len(whole)] = rng.randrange(256)
        elif how == 1:
            del whole[place : place + rng.randint(1, 12)]
        elif how == 2:
            whole[place:place] = bytes(rng.choices(BITS, k=rng.randint(1, 8)))
        elif how == 3:
            whole[place:place] = whole[max(0, place - rng.randint(1, 80)) : place]
        else:
            other = rng.randrange(len(whole) + 1)
            whole[place:place] = whole[other : other + rng.randint(1, 40)]
    return bytes(whole)


def at_random(fed, seconds, seed):
    """Mutations until the time is over."""
    rng, corpus, end = random.Random(seed), seeds(), time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutated(rng, rng.choice(corpus))
        try:
            fed(data)
        except BaseException:
            Path("fuzz-failure.bin").write_bytes(data)
            raise


def guided(fed, seconds, folder):
    """Mutations that reach new lines are kept, by atheris."""
    import atheris

    corpus = Path(folder) / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds()):
        (corpus / str(number)).write_bytes(data)
    with atheris.instrument_imports(include=["explore_theory"]):
        import explore_theory.formulas
        import explore_theory.instances  # noqa: F401
    atheris.Setup(
        [sys.argv[0], str(corpus), f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=8192"], fed
    )
    atheris.Fuzz()


def main():
    """Read the options, feed, tell."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--atheris", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fed = Fed(folder)
        if not options.atheris:
            at_random(fed, options.seconds, options.seed)
            print(fed.told())
            return
        # libFuzzer ends the process itself, with "Done N runs".
        guided(fed, options.seconds, folder)


if __name__ == "__main__":
    main()
