"""One contender on one file, in a process that loads nothing else: its peak memory is that contender's.

python -m bench.run CONTENDER FOLDER FILE ROUNDS SECONDS    prints {"seconds": [...], "peak_kilobytes": n}
"""
# ruff: noqa: T201

import gc
import json
import sys
import time
from pathlib import Path

from bench.contenders import CONTENDERS
from bench.keys import make_keys

OUTPUT = "out.pdf"


def main() -> int:
    contender, folder, source, rounds, limit = sys.argv[1:]
    start = CONTENDERS[contender]
    if start is None:
        raise SystemExit(f"{contender} doesn't run in Python")
    run = start(make_keys(Path(folder)))
    target = Path(folder) / OUTPUT
    seconds: list[float] = []
    first = time.perf_counter()
    while len(seconds) < 2 or (len(seconds) <= int(rounds) and time.perf_counter() - first < float(limit)):
        target.unlink(missing_ok=True)  # freeing what the last round wrote is nobody's work
        begun = time.perf_counter()
        run(Path(source), target)
        seconds.append(time.perf_counter() - begun)
        gc.collect()  # the peak is to be that of one round, not of what several left lying about
    # Of this program alone; what getrusage tells begins with the memory of whoever started us.
    peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    print(json.dumps({"seconds": seconds[1:], "peak_kilobytes": peak}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
