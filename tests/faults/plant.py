"""Plant faults in a copy of the sources, one at a time, and see that the named claim or test notices each.

The faults are the TOML files of ``explore_theory/harness/auditing/faults``; what stands in them is told in
``entries.py`` beside it. A claim notices by a case of the check that is REFUTED at the quick tier; a test by
an assertion that fails, not by a crash. Run as
``python -m tests.faults.plant [GLOB ...] [--jobs N] [--clean] [--list]``.
"""

import argparse
import fnmatch
import sys
import time

from explore_theory.errors import InvalidClaim
from explore_theory.harness import discover
from explore_theory.harness.auditing.entries import shipped_faults
from explore_theory.harness.auditing.patches import Fault
from explore_theory.harness.auditing.planting import workshop
from explore_theory.harness.auditing.witnesses import Sight, observe


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.plant", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["*"], help="globs over the faults' names (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="copies side by side")
    parser.add_argument("--clean", action="store_true", help="plant nothing: who cries wolf?")
    parser.add_argument(
        "--list", action="store_true", help="print the table of faults and who must notice them"
    )
    chosen = parser.parse_args(arguments)
    faults = [f for f in shipped_faults() if any(fnmatch.fnmatchcase(f.name, name) for name in chosen.names)]
    if not faults:
        print(f"no fault is called {' or '.join(chosen.names)}", file=sys.stderr)
        return 2
    if chosen.list:
        print("fault | what it makes false | before it was listed | who must notice it")
        for fault in faults:
            print(f"{fault.name} | {fault.why} | {fault.before} | {', '.join(fault.noticed)}")
        return 0
    return _plant(faults, chosen.jobs, chosen.clean)


def _plant(faults: list[Fault], jobs: int, clean: bool) -> int:
    wanted = "quiet" if clean else "noticed"
    claims = discover().claims
    with workshop(claims, [file for fault in faults for file in fault.files], jobs) as shop:

        def look(fault: Fault) -> bool:
            start = time.monotonic()
            try:
                with shop.copy() as copy:
                    seen = observe(copy, None if clean else fault, fault.noticed, claims)
            except InvalidClaim as error:
                seen = {"the patch": Sight("broken", str(error))}
            wrong = {entry: sight for entry, sight in seen.items() if sight.kind != wanted}
            head = f"NOT {wanted}" if wrong else wanted
            lines = [f"{head:<12} {fault.name} ({time.monotonic() - start:.0f} s)"]
            lines += [f"    {entry}: {sight.kind}: {sight.words}" for entry, sight in wrong.items()]
            print("\n".join(lines), flush=True)
            return bool(wrong)

        missed = sum(shop.each(faults, look))
    print(f"{len(faults) - missed} of {len(faults)} {wanted}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
