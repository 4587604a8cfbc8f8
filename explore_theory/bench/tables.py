"""A record as tables, for a page and for a terminal."""

from collections.abc import Iterator

from explore_theory.bench.compare import shown
from explore_theory.bench.record import Record


def where(one: Record) -> str:
    """In a sentence: when it was taken, on what machine and with what."""
    versions, machine = one["versions"], one["machine"]
    kernels = "kernels in plain Python" if versions["kernels"] == "python" else f"Numba {versions['numba']}"
    size = ", small sizes" if one["quick"] else ""
    return (
        f"{one['at'][:10]}, explore-theory {versions['explore-theory']}, {machine['cores']} cores"
        f" ({machine['processor']}, {machine['system']}), Python {versions['python']},"
        f" NumPy {versions['numpy']}, {kernels}{size}"
    )


def markdown(one: Record) -> str:
    """Both tables of a page, figures and growths."""
    lines = [
        f"Measured {where(one)}.",
        "",
        "| this over that | ratio | from to | aimed at |",
        "|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in figure_rows(one)]
    lines += [
        "",
        "| time of | in | exponent | at 95 per cent | at the end | over |",
        "|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in growth_rows(one)]
    return "\n".join(lines) + "\n"


def figure_rows(one: Record) -> Iterator[tuple[str, str, str, str]]:
    """Name, ratio, its range, what is aimed at and whether that is missed."""
    for figure in one["figures"]:
        aim = figure["at_most"]
        aimed = (
            "" if aim is None else f"at most {shown(aim)}" + (", missed" if figure["median"] > aim else "")
        )
        spread = f"{shown(figure['least'])} to {shown(figure['most'])}"
        yield figure["name"], shown(figure["median"]), spread, aimed


def growth_rows(one: Record) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Name, size, exponent, its interval, the exponent at the end, the range of sizes."""
    for growth in one["growths"]:
        interval = f"{growth['low']:.2f} to {growth['high']:.2f}"
        over = f"{shown(growth['sizes'][0])} to {shown(growth['sizes'][-1])}"
        exponent, last = f"{growth['exponent']:.2f}", f"{growth['last']:.2f}"
        yield growth["name"], growth["of"], exponent, interval, last, over
