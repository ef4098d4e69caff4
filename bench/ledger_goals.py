"""What the ledger is to reach, and whether it did. Pure."""

from collections.abc import Iterator, Mapping

from bench.goals import Goal
from bench.ledger_rates import OURS, RAW, SINGLE, Rates
from bench.ledger_tree import ProofTimes

LEAST_TIMES_RAW = 0.5
LEAST_ENTRIES_IN_BATCHES = 10_000
LEAST_ENTRIES_SINGLY = 1_000
MOST_PROOF_MILLISECONDS = 5
MOST_GAS_A_RECORD = 90
MOST_TIMES_SMALLEST = 4
"""So much longer may a proof take in a log of ten million than in one of a thousand: log₂ has grown by 2.3."""


def goals_of_rates(rates: Rates) -> Iterator[Goal]:
    for title, found in rates.items():
        if RAW in found:
            times = found[OURS] / found[RAW]
            what = f"{title}: at least {LEAST_TIMES_RAW} × the raw insertion of the same rows"
            yield Goal(what, f"{times:.2f} ×", times >= LEAST_TIMES_RAW)
            what = f"{title}: at least {LEAST_ENTRIES_IN_BATCHES:,} entries a second"
            yield Goal(what, f"{found[OURS]:,.0f}", found[OURS] >= LEAST_ENTRIES_IN_BATCHES)
    singly = rates["singly"][SINGLE]
    what = f"singly, at once by several callers: at least {LEAST_ENTRIES_SINGLY:,} entries a second"
    yield Goal(what, f"{singly:,.0f}", singly >= LEAST_ENTRIES_SINGLY)


def goals_of_proofs(times: Mapping[int, ProofTimes]) -> Iterator[Goal]:
    smallest, largest = min(times), max(times)
    for kind in ("inclusion", "consistency"):
        milliseconds = 1000 * getattr(times[largest], kind)
        what = f"a proof of {kind} below {MOST_PROOF_MILLISECONDS} ms, {largest:,} leaves"
        yield Goal(what, f"{milliseconds:.2f} ms", milliseconds < MOST_PROOF_MILLISECONDS)
        grown = getattr(times[largest], kind) / getattr(times[smallest], kind)
        what = f"a proof of {kind} grows like log n: at most {MOST_TIMES_SMALLEST} × that of {smallest:,} leaves"
        yield Goal(what, f"{grown:.1f} ×", grown <= MOST_TIMES_SMALLEST)


def goals_of_gas(a_record: float, a_call: int, anchors: Mapping[int, int]) -> Iterator[Goal]:
    what = f"at most {MOST_GAS_A_RECORD} gas a record at 1,000 a batch, of {a_call:,} for a registry call"
    yield Goal(what, f"{a_record:.1f}", a_record <= MOST_GAS_A_RECORD)
    what = f"an anchor at most {MOST_GAS_A_RECORD},000 gas, at {max(anchors):,} leaves as at 1"
    dearest = max(anchors.values())
    yield Goal(what, f"{dearest:,}", dearest <= 1000 * MOST_GAS_A_RECORD)
