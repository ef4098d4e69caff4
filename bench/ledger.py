# ruff: noqa: T201
"""How fast evidence is notarised and proven, and what anchoring it costs; beside others, and beside the least it can.

    python -m bench.ledger            everything, and which goals are met (some minutes, 400 MB of tiles)
    python -m bench.ledger --quick    a smoke run: few rounds, logs of 100,000 leaves at most

Entries a second are committed ones (`bench/ledger_rates.py`). Proofs are made from tiles in a local object store,
nothing cached, for leaves and sizes drawn from the whole log (`bench/ledger_tree.py`). Gas is what a development chain
charges (`bench/ledger_gas.py`).

A goal that isn't met is printed, no more: the machine may be busy. Ends with 1 only if something doesn't work.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import ledger_gas, ledger_rates, ledger_tree
from bench.goals import Goal
from bench.ledger_goals import goals_of_gas, goals_of_proofs, goals_of_rates
from bench.ledger_tree import SIZES, ProofTimes
from core.objects import Objects
from ledger.tiles import TileStore
from ledger.verifier.verdict import ExitCode
from ledger.verifier.verify import verify_package
from tests.support.evidence import PackageFactory, contract_package, plain_pdf

_QUICK_LARGEST = 100_000
_LEAST_FOR_TIMES = 1_000
_BATCH = 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    is_quick: bool = parser.parse_args().quick
    sizes = [size for size in SIZES if not is_quick or size <= _QUICK_LARGEST]
    goals = list(goals_of_rates(ledger_rates.measure(is_quick=is_quick)))
    with tempfile.TemporaryDirectory(prefix="dingyue-bench-") as name:
        objects = Objects.at(f"file://{name}/objects")
        begun = time.perf_counter()
        store = ledger_tree.build(objects, [*sizes, *(_BATCH * number for number in range(1, 6))])
        print(f"\na log of {sizes[-1]:,} leaves, made in {time.perf_counter() - begun:.0f} s")
        goals += goals_of_proofs(_proofs(store, [size for size in sizes if size >= _LEAST_FOR_TIMES]))
        _verifier()
        goals += _gas(Path(name), store, sizes)
    print(f"\nGoals (the machine's load was {os.getloadavg()[1]:.1f} on {os.cpu_count()} processors, this included)")
    for goal in goals:
        print(goal)
    return 0


def _proofs(store: TileStore, sizes: Sequence[int]) -> dict[int, ProofTimes]:
    titles = ("inclusion", "consistency", "slowest", "verified", "verified")
    print(f"\n  {'leaves':>12}" + "".join(f"{title:>14}" for title in titles) + "   (ms)")
    times = {}
    for size in sizes:
        times[size] = found = ledger_tree.measure(store, size)
        columns = (found.inclusion, found.consistency, found.slowest)
        checked = (found.inclusion_verified, found.consistency_verified)
        print(f"  {size:>12,}" + "".join(f"{1000 * each:>14.3f}" for each in (*columns, *checked)), flush=True)
    return times


def _verifier() -> None:
    """Whole packages, as `dingyue verify` checks them, without starting a program."""
    for noisy in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    records = [("digest.notarised", {"is_content_seen": False}, ["a.pdf"])] * 100
    packages = {
        "a signed contract": contract_package(),
        "100 records": PackageFactory(documents={"a.pdf": plain_pdf()}, records=records),
    }
    print(f"\n  {'package':24}{'ms':>10}{'KB':>10}")
    for name, factory in packages.items():
        data, trust, seconds = factory.build(), factory.trust(), []
        for _ in range(6):
            begun = time.perf_counter()
            verdict = verify_package(data, trust)
            seconds.append(time.perf_counter() - begun)
            if verdict.exit_code is not ExitCode.HOLDS:
                raise SystemExit(f"{name}: {verdict.conclusion}")
        print(f"  {name:24}{1000 * statistics.median(seconds[1:]):>10.1f}{len(data) / 1024:>10.0f}")


def _gas(folder: Path, store: TileStore, sizes: Sequence[int]) -> list[Goal]:
    anchors, a_batch, a_call = ledger_gas.measure(folder / "chain", store.nodes, sizes, _BATCH)
    print(f"\n  {'leaves':>12}{'gas an anchor':>16}{'gas a record':>16}{'registry is':>26}")
    previous = 0
    for size, gas in anchors.items():
        each = gas / (size - previous)
        print(f"  {size:>12,}{gas:>16,}{each:>16,.3f}{f'{a_call / each:,.1f} × as dear':>26}")
        previous = size
    print(f"  one registry call for each record: {a_call:,} gas")
    print(f"  an anchor over {_BATCH:,} records: {a_batch:,} gas, {a_batch / _BATCH:.1f} a record")
    return list(goals_of_gas(a_batch / _BATCH, a_call, anchors))


if __name__ == "__main__":
    raise SystemExit(main())
