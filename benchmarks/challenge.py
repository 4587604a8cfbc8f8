"""Questions that a challenged learner can ask in a second, by how many runs travel together.

Run: ``python benchmarks/challenge.py``.
"""

import tempfile
import time
from pathlib import Path

from explore_theory.challenging.games import LinearGame, NeedleGame
from explore_theory.challenging.player import Player
from explore_theory.challenging.process import Limits

LEARNER = """
def run(oracle):
    response = 0
    while oracle.left.calls and oracle.left.rewards:
        x = oracle.prompt()
        response = oracle.draw(x)
        oracle.reward(x, response)
    return response
"""
RUNS = 1024


def main() -> None:
    games = (NeedleGame(coverage=32.0), LinearGame(scarcity=10.0, seed=1))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "learner.py"
        file.write_text(LEARNER)
        print(f"{'game':<50} {'together':>8} {'questions':>10} {'microseconds each':>18}")
        for game in games:
            for together in (1, 16, 64, 256):
                with Player(f"{file}:run", {}, Limits(), 1) as player:
                    runs = range(RUNS if together > 1 else RUNS // 16)
                    start = time.perf_counter()
                    player.play(game, game.budget(32), runs, together=together)
                    each = (time.perf_counter() - start) / player.questions * 1e6
                    print(f"{game.name:<50} {together:>8} {player.questions:>10,} {each:>18.1f}")


if __name__ == "__main__":
    main()
