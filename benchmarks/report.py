"""Reports at size: many stored comparisons of one claim, a figure of many points, many small claims.

Run: ``python benchmarks/report.py [rows|points|claims ...]`` (default: all three). Processor seconds and peak
memory of ``explore-theory report`` in a process of its own, beside what is aimed at: 10 s and 500 MB. Seconds
are also given over those of a report of one small claim in the same run: machines differ, and so do loads.

* ``rows``: one claim of ten cases, 1,000,000 blocks of one comparison each.
* ``points``: one figure of ten curves with 100,000 points each, with their bands.
* ``claims``: 500 claims of five cases, with a figure each.
"""

import resource
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from explore_theory.harness.claims.claim import Case, Check, Claim, Evidence, FalseVariant
from explore_theory.harness.claims.figure import Curve, Figure
from explore_theory.harness.discovery.registry import Registered
from explore_theory.harness.measures.measurement import Bound, Measurement
from explore_theory.harness.running.runner import run
from explore_theory.harness.storage.schema import COLUMNS, checksum
from explore_theory.harness.storage.store import Store

ROWS, POINTS, CLAIMS = 1_000_000, 100_000, 500
#: At most so many seconds and megabytes.
AIMS = (10, 500)


def registered(number: int, cases: tuple[Case, ...], measure: object, *figures: Figure) -> Registered:
    """A claim whose measurements, below one, are held against one."""
    words = dict.fromkeys(("title", "statement", "scope", "source"), "words")
    check = Check(
        slug="c",
        evidence=Evidence.ADVERSARIAL,
        measure=measure,  # type: ignore[arg-type]
        bound=lambda _: Bound.of(1.0),
        cases=cases,
    )
    claim = Claim(
        id=f"B{number}",
        slug=f"b-{number}",
        theorem=f"benchmarks {number // 50}",
        formula=rf"\frac{{{number}}}{{C}} \leq 1",
        relation="<=",
        checks=(check,),
        false_variants=(FalseVariant(slug="v", why="w", check="c", bound=lambda _: Bound.of(0.01)),),
        figures=figures,
        loose="it is there to be reported",
        **words,
    )
    return Registered(claim=claim, path=Path(__file__), digest=f"d{number}")


def wave(trial: object) -> Measurement:
    """One comparison per row, all of them different."""
    rows = np.asarray(trial.rows, dtype=np.float64)  # type: ignore[attr-defined]
    return Measurement.exact(0.5 + 0.4 * np.sin(rows), witness=lambda k: {"row": int(rows[k])})


def filled_with_rows(path: Path) -> None:
    """A store of `ROWS` blocks: a small claim is run, and its blocks are multiplied."""
    small, large = (
        registered(1, tuple(Case(slug=f"case-{k}", rows=rows, block=1) for k in range(10)), wave)
        for rows in (10, ROWS // 10)
    )
    from explore_theory.harness.storage.records import dumps

    columns = list(COLUMNS["blocks"][:-1])
    columns[6:8] = "first + 10 * n", "last + 10 * n"
    values = ", ".join(columns)
    with Store(path) as store:
        run([small], store)
        with store.transaction() as connection:
            row = list(connection.execute("SELECT * FROM claims").fetchone())
            row[COLUMNS["claims"].index("record")] = dumps(large.record)
            connection.execute("UPDATE claims SET record = ?, checksum = ?", (row[4], checksum(*row[:-1])))
            connection.execute("CREATE TEMP TABLE template AS SELECT * FROM blocks WHERE variant = ''")
            connection.execute(
                "WITH RECURSIVE many(n) AS (VALUES (1) UNION ALL"
                f" SELECT n + 1 FROM many WHERE n + 1 < {ROWS // 100})"
                f" INSERT INTO blocks SELECT {values}, checksum({values}) FROM template, many"
            )


def curve_of(trial: object) -> Measurement:
    """A long curve with its band among the notes."""
    across = np.linspace(1.0, 1000.0, POINTS)
    up = (1 + trial.case.params["k"]) * np.log(across) + np.sin(37 * across)  # type: ignore[attr-defined]
    notes = {"place": across, "height": up, "height at least": up - 1, "height at most": up + 1}
    return Measurement.exact([0.5], notes=notes)


def filled_with_points(path: Path) -> None:
    """A store with a figure of ten long curves."""
    curve = Curve(label="curve", check="c", x="place", y="height", by="k")
    figure = Figure(slug="f", title="t", x_label="x", y_label="y", curves=(curve,))
    cases = tuple(Case(slug=f"case-{k}", params={"k": k}) for k in range(10))
    with Store(path) as store:
        run([registered(1, cases, curve_of, figure)], store)


def near_one(trial: object) -> Measurement:
    """One comparison that depends on the case."""
    return Measurement.exact([1 - 1 / (1 + trial.case.params["n"])])  # type: ignore[attr-defined]


def filled_with_claims(path: Path, number: int = CLAIMS) -> None:
    """A store of small claims with a figure each."""
    curves = tuple(
        Curve(label=y, check="c", x="n", y=y, style=style)
        for y, style in (("measured", "points"), ("bound", "dashed"))
    )
    figure = Figure(slug="f", title="t", x_label="n", y_label="y", curves=curves)
    cases = tuple(Case(slug=f"case-{n}", params={"n": n}) for n in range(1, 6))
    with Store(path) as store:
        run([registered(k, cases, near_one, figure) for k in range(1, number + 1)], store)


def reported(store: Path) -> tuple[float, float]:
    """Processor seconds and megabytes of a report of `store`."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_report, (str(store),))


def _report(store: str) -> tuple[float, float]:
    call = [sys.executable, "-m", "explore_theory", "report", "--store", store, "--out", f"{store}.out"]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print what is measured beside what is aimed at."""
    chosen = sys.argv[1:] or ["rows", "points", "claims"]
    fill = {"rows": filled_with_rows, "points": filled_with_points, "claims": filled_with_claims}
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder) / "one.sqlite"
        filled_with_claims(one, 1)
        least, _ = reported(one)
        print(f"one small claim: {least:.2f} s")
        for name in chosen:
            store = Path(folder) / f"{name}.sqlite"
            fill[name](store)
            seconds, megabytes = reported(store)
            time, room = AIMS
            verdict = "reached" if seconds <= time and megabytes <= room else "not reached yet"
            print(
                f"{name}: {seconds:.1f} s, {seconds / least:.1f} times one claim's (aim: {time} s); "
                f"{megabytes:.0f} MB (aim: {room} MB) {verdict}"
            )


if __name__ == "__main__":
    main()
