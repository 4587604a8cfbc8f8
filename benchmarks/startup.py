"""Start-up, in medians of one run: the help, and the verdict of one claim that is stored.

``explore-theory --help`` against ``python -c "import numpy"``; ``explore-theory verify F1``, with nothing
left to run, against ``python -c "import numpy, numba"``.

Run: ``python benchmarks/startup.py``. Claimed: ratios below 2.5 and 1.5.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 15


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    program = shutil.which("explore-theory", path=str(sys.prefix) + "/bin") or "explore-theory"
    with tempfile.TemporaryDirectory() as folder:
        verify = [program, "verify", "F1", "--store", str(Path(folder) / "startup.sqlite")]
        commands = {
            "numpy": [sys.executable, "-c", "import numpy"],
            "help": [program, "--help"],
            "numba": [sys.executable, "-c", "import numpy, numba"],
            "verify": verify,
        }
        for _ in range(2):  # the first fills the store, both note what other claims there are
            seconds(verify)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):  # interleaved, so that a noisy machine is noisy for all
            for name, command in commands.items():
                taken[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    for name, base, claimed in (("help", "numpy", 2.5), ("verify", "numba", 1.5)):
        print(f"import {base} {medians[base]:.3f} s, {name} {medians[name]:.3f} s")
        print(f"ratio {medians[name] / medians[base]:.2f} (claimed: below {claimed})")


if __name__ == "__main__":
    main()
