"""What signing is to reach, and whether it did. Pure.

Each goal becomes one line for each file it is about, with the number that was measured.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.contenders import COMMAND, LIBPDF

LEAST_TIMES_PYHANKO = 4
MOST_TIMES_FILE = 2.5
LEAST_ENVELOPES = 10
BIGGEST = "100 MB"


@dataclass(frozen=True, slots=True)
class Measurement:
    """`seconds` is the median of the rounds, `peak` the most memory the process had, in bytes."""

    seconds: float
    peak: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Goal:
    what: str
    found: str
    is_met: bool

    def __str__(self) -> str:
        return f"  {'met    ' if self.is_met else 'NOT MET'}  {self.what}: {self.found}"


Results = Mapping[str, Mapping[str, Measurement]]
"""By file, then by contender."""


def goals_of_signing(results: Results, sizes: Mapping[str, int]) -> Iterator[Goal]:
    """`sizes` of the files in bytes."""
    for file, by_contender in results.items():
        ours, theirs = by_contender["dingyue B-B"].seconds, by_contender[LIBPDF].seconds
        found = f"{1000 * ours:.1f} ms, {1000 * theirs:.1f} ms"
        yield Goal(f"B-B faster than @libpdf/core, {file}", found, ours < theirs)
    for file, by_contender in results.items():
        times = by_contender["pyHanko B-LTA"].seconds / by_contender["dingyue B-LTA"].seconds
        what = f"B-LTA at least {LEAST_TIMES_PYHANKO} times as fast as stock pyHanko, {file}"
        yield Goal(what, f"{times:.1f} ×", times >= LEAST_TIMES_PYHANKO)
    for contender, measured in results.get(BIGGEST, {}).items():
        if contender.startswith("dingyue"):
            times = measured.peak / sizes[BIGGEST]
            what = f"{contender}: peak memory below {MOST_TIMES_FILE} × the file, {BIGGEST}"
            if contender == COMMAND:
                what += ", screened and validated"
            yield Goal(what, f"{times:.2f} ×", times < MOST_TIMES_FILE)


def goal_of_envelopes(a_second: float) -> Goal:
    what = f"at least {LEAST_ENVELOPES} envelopes a second"
    return Goal(what, f"{a_second:.1f}", a_second >= LEAST_ENVELOPES)
