"""Tells an address of the watcher's own choice of alarms, each until it was heard: a 2xx answer.

What was told is in the state, so that a monitor that was killed tells it again rather than never (`id` is the same).
There is one attempt in each pass; the next pass is the retry.
"""

import httpx

from ledger.monitor.alarms import Alarm
from ledger.monitor.state import StateFolder


def tell(address: str, origin: str, alarm: Alarm, client: httpx.Client) -> bool:
    """Whether it was heard."""
    try:
        answer = client.post(address, json={"v": 1, "origin": origin, "alarm": alarm.to_json()})
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success


def tell_open_alarms(folder: StateFolder, origin: str, address: str, client: httpx.Client) -> None:
    """Every alarm that stands and wasn't heard yet; what was heard is saved one by one."""
    state = folder.load(origin)
    for alarm in state.open_alarms:
        if not alarm.is_told and tell(address, origin, alarm, client):
            alarm.is_told = True
            folder.save(state)
