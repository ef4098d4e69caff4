# ruff: noqa: T201
"""How fast PDFs are signed here, and with how much memory, beside others and beside what it must cost at least.

    python -m bench.signing            the whole table, envelopes a second, and which goals are met (some minutes)
    python -m bench.signing --quick    a smoke run: the smallest file, few rounds, no envelopes
    python -m bench.signing --check    others' validators look at every file we signed, too

Each number comes from a process of its own, so that peak memory (VmHWM) is that of one contender and one file: of the
whole process, with the interpreter and all libraries. A round reads the file, signs it, and writes the result; the
first round is not counted. Rounds end after a few seconds: big files and slow contenders have few. All use the same
RSA-2048 key, but where P-256 is named, and the same built-in time-stamp authority.

Ends with 1 if a validator objects. A goal that isn't met is printed, no more: the machine may be busy.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from math import nan
from pathlib import Path

from bench import envelopes
from bench.check import VALID
from bench.contenders import CONTENDERS, FLOOR, LEVELS, LIBPDF
from bench.files import FILES, make
from bench.goals import Goal, Measurement, goal_of_envelopes, goals_of_signing
from bench.keys import P12, PASSWORD, make_keys
from bench.run import OUTPUT

_ROOT = Path(__file__).resolve().parents[1]
_ROUNDS, _QUICK_ROUNDS = 30, 3
_SECONDS = 3.0
"""After which no further round begins; one is always counted."""
_OURS = "dingyue"
_MEGABYTE = 1024 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as folder:
        return _run_all(Path(folder), is_quick=arguments.quick, checks=arguments.check)


def _run_all(folder: Path, *, is_quick: bool, checks: bool) -> int:
    make_keys(folder)
    objections = 0
    results: dict[str, dict[str, Measurement]] = {}
    sizes: dict[str, int] = {}
    for name in list(FILES)[:1] if is_quick else FILES:
        source = make(name, folder)
        sizes[name] = source.stat().st_size
        results[name], said = {}, []
        for contender in CONTENDERS:
            results[name][contender] = _measure(contender, folder, source, _QUICK_ROUNDS if is_quick else _ROUNDS)
            if checks and contender in LEVELS:
                said.append((contender, _check(folder, LEVELS[contender])))
        _print(name, sizes[name], results[name])
        for contender, verdicts in said:
            print(f"  {contender:28}" + " · ".join(f"{validator}: {each}" for validator, each in verdicts.items()))
            objections += sum(each != VALID for each in verdicts.values())
        source.unlink()
    goals = list(goals_of_signing(results, sizes))
    if not is_quick:
        goals.append(goal_of_envelopes(envelopes.measure()))
    _print_goals(goals)
    if objections:
        print(f"\n{objections} objections of validators")
    return 1 if objections else 0


def _measure(contender: str, folder: Path, source: Path, rounds: int) -> Measurement:
    if contender == LIBPDF:
        command = ["node", "bench/libpdf.mjs", str(source), str(folder / OUTPUT), str(folder / P12), PASSWORD]
    else:
        command = [sys.executable, "-m", "bench.run", contender, str(folder), str(source)]
    command += [str(rounds), str(_SECONDS)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{contender} on {source.name}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    seconds = found["seconds"]
    return Measurement(statistics.median(seconds), found["peak_kilobytes"] * 1024, len(seconds))


def _check(folder: Path, level: str) -> dict[str, str]:
    """What each validator says of the last output. A validator that fails counts as one that objects."""
    command = [sys.executable, "-m", "bench.check", str(folder / OUTPUT), level, str(folder)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"validators": done.stderr[-500:]}
    said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return said


def _print(name: str, size: int, results: dict[str, Measurement]) -> None:
    floor = results[FLOOR].seconds
    print(f"\n{name} ({size / _MEGABYTE:.1f} MB)")
    print(f"  {'':28}{'ms':>10}{'rounds':>8}{'× floor':>10}{'dingyue is':>16}{'peak MB':>10}{'× file':>9}")
    for contender, result in results.items():
        ours = results.get(f"{_OURS} {contender.split()[-1]}")
        is_other = ours is not None and not contender.startswith(_OURS)
        ratio = f"{result.seconds / ours.seconds:.1f} × as fast" if is_other and ours is not None else ""
        times_file = f"{result.peak / size if size > _MEGABYTE else nan:>9.1f}".replace("nan", "")
        print(
            f"  {contender:28}{result.seconds * 1000:>10.1f}{result.rounds:>8}{result.seconds / floor:>10.1f}"
            f"{ratio:>16}{result.peak / _MEGABYTE:>10.0f}{times_file}",
            flush=True,
        )


def _print_goals(goals: list[Goal]) -> None:
    print("\nGoals")
    for goal in goals:
        print(goal)


if __name__ == "__main__":
    raise SystemExit(main())
