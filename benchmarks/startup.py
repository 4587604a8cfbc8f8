"""Start-up: ``explore-theory --help`` against ``python -c "import numpy"``, medians in one run.

Run: ``python benchmarks/startup.py``. Claimed: a ratio below 2.5.
"""

import shutil
import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    program = shutil.which("explore-theory", path=str(sys.prefix) + "/bin") or "explore-theory"
    commands = {"numpy": [sys.executable, "-c", "import numpy"], "help": [program, "--help"]}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):  # interleaved, so that a noisy machine is noisy for both
        for name, command in commands.items():
            taken[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    print(f"import numpy {medians['numpy']:.3f} s, --help {medians['help']:.3f} s")
    print(f"ratio {medians['help'] / medians['numpy']:.2f} (claimed: below 2.5)")


if __name__ == "__main__":
    main()
