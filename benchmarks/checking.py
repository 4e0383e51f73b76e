"""What a verdict costs, for every file of the tests' corpus: `python -m benchmarks.checking`.

Each file is made in one process, and asked about in a small one of its own: what the kernel says of
the largest child is then the child that looked. “Time” is from the question to the last picture,
“work” its processor time, “memory” the most that was resident. Ends with 1 when a verdict is wrong,
or takes more than 2 s of work or 256 MB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, MEGABYTES = 2.0, 256


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="files with this word in their name")
    parser.add_argument("--one", nargs=2, metavar=("FILE", "DIRECTORY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(ask(*map(Path, options.one))))
        return 0
    return table(options.only)


def table(only: str) -> int:
    from documents.tests.cases import CASES

    print(f"{'file':32} {'size':>10} {'time':>7} {'work':>7} {'memory':>8}  verdict")
    bad, most = 0, {"time": 0.0, "work": 0.0, "memory": 0.0}
    chosen = [case for case in CASES if only in case.name]
    for case in chosen:
        with tempfile.TemporaryDirectory() as place:
            path, out = Path(place, "upload"), Path(place, "out")
            path.write_bytes(case.make())
            out.mkdir()
            figures = measured(path, out)
            size = path.stat().st_size
        wanted = f"accepted as {case.accepted}" if case.accepted else f"refused: {case.refused}"
        dear = figures["work"] > SECONDS or figures["memory"] > MEGABYTES
        wrong = not figures["verdict"].startswith(wanted)
        bad += dear or wrong
        for key in most:
            most[key] = max(most[key], figures[key])
        print(
            f"{case.name:32} {size:10,} {figures['time']:6.2f}s {figures['work']:6.2f}s "
            f"{figures['memory']:5.0f} MB  {figures['verdict']}"
            + (f"  WRONG, is {wanted}" if wrong else "")
            + ("  TOO DEAR" if dear else "")
        )
    print(
        f"{len(chosen)} files, {bad} wrong or too dear; at most {most['time']:.2f} s, "
        f"{most['work']:.2f} s of work, {most['memory']:.0f} MB"
    )
    return 1 if bad else 0


def measured(path: Path, out: Path) -> dict:
    command = [sys.executable, "-m", "benchmarks.checking", "--one", str(path), str(out)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def ask(path: Path, out: Path) -> dict:
    from documents.checking import Accepted, check

    began = time.perf_counter()
    verdict = check(path, out_dir=out)
    took = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = f"refused: {getattr(verdict, 'code', '')}"
    if isinstance(verdict, Accepted):
        removed = ", ".join(verdict.removed)
        said = f"accepted as {verdict.content_type}, {len(verdict.pictures)} pictures"
        said += f", without {removed}" if removed else ""
    return {
        "time": took,
        "work": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
        "verdict": said,
    }


if __name__ == "__main__":
    sys.exit(main())
