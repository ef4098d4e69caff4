# ruff: noqa: T201
"""How fast PDFs are signed here, and with how much memory, beside others and beside what it must cost at least.

    python -m bench.signing            the whole table (some minutes)
    python -m bench.signing --quick    a smoke run: the smallest file, few rounds
    python -m bench.signing --check    others' validators look at every file we signed, too

Each number comes from a process of its own, so that peak memory (VmHWM) is that of one contender and one file. A round
reads the file, signs it, and writes the result; the first round is not counted. All use the same RSA-2048 key, but
where P-256 is named, and the same built-in time-stamp authority.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from math import nan
from pathlib import Path

from bench.contenders import CONTENDERS, FLOOR, LIBPDF
from bench.files import FILES, make
from bench.keys import P12, PASSWORD, make_keys

_ROOT = Path(__file__).resolve().parents[1]
_ROUNDS = {"5 pages": 30, "100 pages": 15, "25 MB": 5, "100 MB": 3}
_QUICK_ROUNDS = 3
_OURS = "dingyue"
_OUTPUT = "out.pdf"
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Measurement:
    """`seconds` is the median of the rounds, `peak` is in bytes."""

    seconds: float
    peak: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--run", nargs=4, metavar=("CONTENDER", "FOLDER", "IN", "ROUNDS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        return _run_one(*arguments.run)
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as folder:
        return _run_all(Path(folder), is_quick=arguments.quick, checks=arguments.check)


def _run_all(folder: Path, *, is_quick: bool, checks: bool) -> int:
    make_keys(folder)
    problems = 0
    for name in list(FILES)[:1] if is_quick else FILES:
        source = make(name, folder)
        rounds = _QUICK_ROUNDS if is_quick else _ROUNDS[name]
        results: dict[str, Measurement] = {}
        for contender in CONTENDERS:
            results[contender] = _measure(contender, folder, source, rounds)
            if checks and contender.startswith(_OURS):
                problems += _check(contender, folder / _OUTPUT)
        _print(name, source.stat().st_size, results)
    return 1 if problems else 0


def _measure(contender: str, folder: Path, source: Path, rounds: int) -> Measurement:
    if contender == LIBPDF:
        target, key = str(folder / _OUTPUT), str(folder / P12)
        command = ["node", "bench/libpdf.mjs", str(source), target, key, PASSWORD, str(rounds)]
    else:
        command = [sys.executable, "-m", "bench.signing", "--run", contender, str(folder), str(source), str(rounds)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{contender} on {source.name}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Measurement(statistics.median(found["seconds"]), found["peak_kilobytes"] * 1024)


def _run_one(contender: str, folder: str, source: str, rounds: str) -> int:
    """In the process of its own."""
    start = CONTENDERS[contender]
    if start is None:
        raise SystemExit(f"{contender} doesn't run in Python")
    run = start(make_keys(Path(folder)))
    seconds = []
    for _ in range(int(rounds) + 1):
        begun = time.perf_counter()
        run(Path(source), Path(folder) / _OUTPUT)
        seconds.append(time.perf_counter() - begun)
    # Of this program alone; what getrusage tells begins with the memory of whoever started us.
    peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    print(json.dumps({"seconds": seconds[1:], "peak_kilobytes": peak}))
    return 0


def _print(name: str, size: int, results: dict[str, Measurement]) -> None:
    floor = results[FLOOR].seconds
    print(f"\n{name} ({size / _MEGABYTE:.1f} MB)")
    print(f"  {'':28}{'ms':>10}{'× floor':>10}{'dingyue is':>14}{'peak MB':>10}{'× file':>9}")
    for contender, result in results.items():
        ours = results.get(f"{_OURS} {contender.split()[-1]}")
        is_other = ours is not None and not contender.startswith(_OURS)
        ratio = f"{result.seconds / ours.seconds:.1f} × faster" if is_other and ours is not None else ""
        print(
            f"  {contender:28}{result.seconds * 1000:>10.1f}{result.seconds / floor:>10.1f}{ratio:>14}"
            f"{result.peak / _MEGABYTE:>10.0f}{result.peak / size if size > _MEGABYTE else nan:>9.1f}".replace(
                "nan", ""
            )
        )


def _check(contender: str, target: Path) -> int:
    """Whether poppler and MuPDF accept the signature; returns how many don't."""
    poppler = subprocess.run(["pdfsig", "-nocert", str(target)], capture_output=True, text=True, check=False).stdout
    mupdf = subprocess.run(["mutool", "sign", "-v", str(target)], capture_output=True, text=True, check=False).stdout
    verdicts = {
        "pdfsig": "Signature Validation: Signature is Valid." in poppler,
        "mutool": bool(re.search(r"The (signature is valid|document is unchanged since signing)", mupdf)),
    }
    for tool, holds in verdicts.items():
        if not holds:
            print(f"  {contender}: {tool} doesn't accept it")
    return sum(not holds for holds in verdicts.values())


if __name__ == "__main__":
    raise SystemExit(main())
