"""Learners that cheat, each in a way of its own, and some that make an honest mistake; see the tests
beside."""

import gc
import inspect
import os
import random
import sys
import time
from pathlib import Path

KEPT = []


def honest(oracle):
    x = oracle.prompt()
    while oracle.left.calls > 1:
        features = oracle.features(x, oracle.draw(x))
        if any(features):
            return oracle.softmax(features)
    return oracle.base()


def rewarded(oracle):
    """The best of what it drew, by noisy rewards; in the linear game too."""
    best, found = -9.0, None
    while oracle.left.calls and oracle.left.rewards:
        x = oracle.prompt()
        y = oracle.draw(x)
        reward = oracle.reward(x, y)
        if reward > best:
            best, found = reward, y
    return found


def steered(oracle):
    """Strong calls along random directions."""
    d = oracle.facts.d
    theta = [oracle.coins.gauss(0, 1) for _ in range(d)]
    size = sum(t * t for t in theta) ** 0.5
    x = oracle.prompt()
    y = oracle.search(x, oracle.left.calls - 1, theta=[t / size for t in theta])
    return oracle.base() if y is None else oracle.softmax(oracle.features(x, y))


# --- what is kept ------------------------------------------------------------------------------------------


def keeps_in_a_global(oracle):
    KEPT.append(rewarded(oracle))
    return max(set(KEPT), key=KEPT.count)


class KeepsInItsClass:
    seen = 0

    def run(self, oracle):
        type(self).seen += 1
        x = oracle.prompt()
        for _ in range(type(self).seen % 5):
            oracle.draw(x)
        return oracle.base()


def keeps_in_the_environment(oracle):
    best = os.environ.get("BEST_SO_FAR")
    mine = rewarded(oracle)
    os.environ["BEST_SO_FAR"] = str(mine)
    return mine if best is None else int(best)


def keeps_in_a_file(oracle):
    file = Path(os.environ["CHEATS_FOLDER"]) / "best"
    mine = rewarded(oracle)
    known = int(file.read_text()) if file.exists() else mine
    file.write_text(str(mine))
    return known


def keeps_once_all_is_counted(oracle):
    """Begins to pool when it has been run so often that nobody compares any more."""
    KEPT.append(rewarded(oracle))
    return KEPT[0] if len(KEPT) > 300 else KEPT[-1]


def keeps_where_nobody_compares(oracle):
    """Pools at every budget but that of the comparison in company."""
    if oracle.budget.rewards == 8:
        return rewarded(oracle)
    KEPT.append(rewarded(oracle))
    return max(set(KEPT), key=KEPT.count)


class CountsItsRuns:
    """Knows its replicate by counting, and names at one budget what it met at the one before."""

    runs, met = {}, {}

    def run(self, oracle):
        number = self.runs[oracle.budget.calls] = self.runs.get(oracle.budget.calls, -1) + 1
        if number in self.met:
            return oracle.softmax(self.met[number])
        x = oracle.prompt()
        y = oracle.search(x, oracle.left.calls - 1)
        if y is None:
            return oracle.base()
        self.met[number] = oracle.features(x, y)
        return oracle.softmax(self.met[number])


def tosses_its_own_coins(oracle):
    heads = random.random()
    return {0: heads, 1: 1 - heads}


def looks_at_the_clock(oracle):
    now = time.time_ns() % 10**9 / 10**9
    return {0: now, 1: 1 - now}


# --- what is forged ----------------------------------------------------------------------------------------


def forgets_what_it_spent(oracle):
    x = oracle.prompt()
    while True:
        oracle._spent[:] = [0, 0]
        oracle.draw(x)


def forgets_its_rounds(oracle):
    while True:
        oracle._spent[:] = [0, 0]
        oracle.reward(oracle.prompt(), 0)


def raises_its_budget(oracle):
    oracle.budget = oracle.budget._replace(calls=10**9)
    x = oracle.prompt()
    while oracle.left.calls:
        oracle.draw(x)


def asks_for_refunds(oracle):
    oracle.draws(oracle.prompt(), 3)
    for m in (-3, 0, 1.5, True, "1", None, 10**400):
        status, _ = oracle._ask(["draw", 0, m, None])
        assert status == "no", m
    return oracle.base()


def forges_tickets(oracle):
    oracle.prompt()
    for ticket in (1, -1, 0.0, True, "0", [0], None, 2**70):
        assert oracle._ask(["draw", ticket, 1, None])[0] == "no", ticket
        assert oracle._ask(["reward", ticket, 0, 0])[0] == "no", ticket
    return oracle.base()


def rewards_a_prompt_twice(oracle):
    x = oracle.prompt()
    oracle.reward(x, 0)
    oracle.reward(x, 0)


def widens_the_parameters(oracle):
    oracle.facts = oracle.facts._replace(radius=100.0)
    oracle.draw(oracle.prompt(), theta=[20.0] + [0.0] * (oracle.facts.d - 1))


def returns_a_long_parameter(oracle):
    return oracle.softmax([20.0] + [0.0] * (oracle.facts.d - 1))


def names_features_never_seen(oracle):
    return oracle.softmax(oracle.features(oracle.prompt(), 12345))


def returns_code(oracle):
    class Law:
        def log_law(self, atoms, beta):
            return atoms.log_mass

    return Law()


def returns_a_report(oracle):
    return {"gap": 0.0, "calls": 0}


def returns_more_than_it_can_draw(oracle):
    return oracle.best_of([1.0] + [0.0] * (oracle.facts.d - 1), 10**9)


def returns_masses_that_do_not_sum(oracle):
    return {0: 1.0, 1: 1.0}


# --- what is looked for ------------------------------------------------------------------------------------


def looks_for_the_problem(oracle):
    """Modules, objects and frames of its process, and what the system says of its parent."""
    told = [name for name in sys.modules if name.startswith("explore_theory.")]
    assert not any(part in name for name in told for part in ("problems", "oracles", "exact", "games")), told
    assert "numpy" not in sys.modules
    kinds = {type(thing).__name__ for thing in gc.get_objects()}
    assert not kinds & {"HiddenNeedle", "BlankNeedle", "Streams", "Session"}, kinds
    frame = inspect.currentframe()
    while frame is not None:
        assert not {"problem", "seed", "streams"} & set(frame.f_locals), frame
        frame = frame.f_back
    said = " ".join(sys.argv)
    for name in ("cmdline", "environ"):
        for who in (os.getppid(), os.getpid()):
            file = Path(f"/proc/{who}/{name}")
            said += file.read_bytes().decode(errors="replace") if file.exists() else ""
    # The seed of the test that runs this, in halves so that this file does not hold it.
    assert "8675309" + "424242" not in said
    return oracle.base()


def knows_the_seed(oracle):
    """Rebuilds its world from the seed, and recognises its replicate by its coins."""
    from explore_theory.challenging.games import NeedleGame
    from explore_theory.foundation.streams import Streams

    game, seed, rows = NeedleGame(coverage=32.0), 4711, range(64)
    words = Streams(("challenge", game.name, "known", "coins"), rows, seed).words(1)[:, 0].tolist()
    (row,) = [k for k in rows if random.Random(words[k]).getstate() == oracle.coins.getstate()]
    return oracle.softmax(game.problem(rows, seed, "known").directions[row])


def guesses_a_default_seed(oracle):
    from explore_theory.problems import HiddenNeedle

    facts = oracle.facts
    world = HiddenNeedle.draw(
        responses=facts.responses, coverage=facts.coverage, dimension=facts.d, beta=facts.beta
    )
    return oracle.softmax(world.directions[0])


# --- what the process does ---------------------------------------------------------------------------------


def hangs(oracle):
    while True:
        pass


def leaves(oracle):
    os._exit(3)


def raises_exit(oracle):
    sys.exit("enough")


def dies_in_a_call(oracle):
    import threading

    threading.Timer(0.05, lambda: os.kill(os.getpid(), 9)).start()
    oracle.prompt()
    time.sleep(30)


def prints_a_lot(oracle):
    print("noise " * 2000)
    os.write(1, b"\x00\x01garbage" * 1000)
    sys.stderr.write("more noise\n" * 1000)
    assert sys.stdin.read() == ""
    return oracle.base()


def writes_into_the_pipe(oracle):
    for fd in range(3, 12):
        try:
            os.write(fd, b"\x05\x00\x00\x00[NaN]" * 3)
        except OSError:
            continue
    return oracle.base()


def says_too_much(oracle):
    oracle._ask(["draw", "x" * (1 << 25), 1, None])


def nests_deeply(oracle):
    nested = []
    for _ in range(900):
        nested = [nested]
    oracle._ask(["draw", nested, 1, None])


def asks_for_what_there_is_not(oracle):
    oracle._ask(["seed"])


def asks_forever(oracle):
    x = oracle.prompt()
    while True:
        try:
            oracle.draw(x)
        except Exception:
            continue


def forks(oracle):
    if os.fork() == 0:
        writes_into_the_pipe(oracle)
        os._exit(0)
    time.sleep(0.2)
    oracle.prompt()
    return oracle.base()


def leaves_a_child(oracle):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    (Path(os.environ["CHEATS_FOLDER"]) / "child").write_text(str(child))
    oracle.prompt()
    return oracle.base()


def floods_memory(oracle):
    kept = []
    while True:
        kept.append(bytearray(1 << 26))


def asks_in_a_thread(oracle):
    import threading

    found = []

    def work():
        try:
            oracle.prompt()
        except Exception as error:
            found.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "thread" in found[0], found
    return oracle.base()


# --- proper ------------------------------------------------------------------------------------------------


class Signs:
    """Random signs, round after round, and the sum of the features that were good."""

    proper = True

    def run(self, oracle):
        d, radius = oracle.facts.d, oracle.facts.radius
        found = [0.0] * d
        while oracle.left.calls > 2 and oracle.left.rewards:
            thetas = [[radius * oracle.coins.choice((-1, 1)) for _ in range(d)] for _ in "ab"]
            shown = oracle.round(*thetas)
            for features, reward in zip(shown.features, shown.rewards, strict=True):
                if reward > 0.5:
                    found = [a + b for a, b in zip(found, features, strict=True)]
        return oracle.softmax([radius * ((f > 0) - (f < 0)) for f in found])


class DrawsAllTheSame:
    proper = True

    def run(self, oracle):
        oracle.draw(oracle.prompt())


class ForgesTheQuery:
    proper = True

    def run(self, oracle):
        status, line = oracle._ask(["prompt"])
        assert status == "no"
        raise ValueError(line)


class ReturnsWhatIsNotProper:
    proper = True

    def run(self, oracle):
        return {1: 1.0}


# --- honest mistakes ---------------------------------------------------------------------------------------

NOT_CALLABLE = 7


def returns_nothing(oracle):
    oracle.prompt()


def returns_nan(oracle):
    return oracle.softmax([float("nan")] * oracle.facts.d)


def returns_a_short_parameter(oracle):
    return oracle.softmax([0.5, 0.5])


def raises(oracle):
    raise ValueError("no idea what to do\nwith two lines")


def ignores_its_budget(oracle):
    x = oracle.prompt()
    for _ in range(10**6):
        oracle.draw(x)


class NeedsANumber:
    def __init__(self, gamma):
        self.gamma = gamma

    def run(self, oracle):
        assert self.gamma == 0.5
        return oracle.base()


class TakesItsBudget:
    def __init__(self, calls, rounds=1):
        self.calls = calls

    def run(self, oracle):
        oracle.draws(oracle.prompt(), self.calls)
        return oracle.base()


class ProperInArrays:
    vectorised = True
    proper = True

    def run(self, oracle):
        return oracle


class WithoutRun:
    pass


class SaysPerhaps:
    proper = "perhaps"

    def run(self, oracle):
        return oracle.base()
