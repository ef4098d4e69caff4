# ruff: noqa: T201
"""How well the risk review finds what is wrong with a contract, and how long it takes.

    python -m bench.review

Findings and facts are scored on the texts of `tests/data/contracts`: `dev`, on which the rules were tuned, and
`heldout`. A case counts once for each text. The time is that of a drawn PDF of some 20 pages, read and reviewed in
this process, beside reading it alone. A goal that isn't met is printed, no more: the machine may be busy.
"""

import statistics
import time
from collections.abc import Mapping

import pypdfium2

from bench.goals import Goal
from performance.due_dates.calendar import HolidayCalendar
from performance.review.pdf_text import read_contract
from performance.review.review import review_text
from tests.support.contract_papers import SETS, drawn, sample, samples
from tests.support.review_scores import Score, score

_LONG, _PAGES, _ROUNDS = "d04-school-canteen-works", 20, 5
_GOAL_SECONDS = 1.0


def main() -> int:
    for which in SETS:
        texts = list(samples(which))
        scores = score(texts)
        print(f"\n{which}: {len(texts)} texts")
        print(f"  {'':22}{'right':>7}{'false':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
        _print(scores.rules, "all rules", scores.all_rules)
        _print(scores.fields, "all fields", scores.all_fields)
    print("\n".join(["\nGoals", str(_long_contract())]))
    return 0


def _print(scores: Mapping[str, Score], title: str, total: Score) -> None:
    for name, each in [*sorted(scores.items()), (title, total)]:
        counts = f"{each.right:>7}{each.false_alarms:>7}{each.missed:>8}"
        print(f"  {name:22}{counts}{each.precision:>11.2f}{each.recall:>8.2f}")


def _long_contract() -> Goal:
    times = 1
    while (pages := _pages(data := drawn(sample(_LONG).text, times=times))) < _PAGES:
        times += max(1, (_PAGES - pages) * times // pages)
    reading, both = [], []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        text = read_contract(data)
        read = time.perf_counter()
        review_text(text, HolidayCalendar())
        reading.append(read - begun)
        both.append(time.perf_counter() - begun)
    seconds, alone = statistics.median(both), statistics.median(reading)
    found = f"{seconds:.2f} s, {seconds / alone:.1f} × reading it ({alone:.2f} s)"
    return Goal(f"{pages} pages read and reviewed within {_GOAL_SECONDS:.0f} s", found, seconds < _GOAL_SECONDS)


def _pages(data: bytes) -> int:
    document = pypdfium2.PdfDocument(data)
    try:
        return len(document)
    finally:
        document.close()


if __name__ == "__main__":
    raise SystemExit(main())
