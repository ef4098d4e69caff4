"""Cosignatures of independent witnesses for the latest checkpoint (C2SP tlog-witness, the log's side).

    1 read    which witnesses haven't cosigned the latest checkpoint, and the last size each of them did
    2 ask     each with a consistency proof from there, all at once, until the time is over; one that remembers another
              size (409) is asked once more from that size
    3 check   a line must be this witness's, over this very checkpoint, at a time that our clock can believe: anything
              else is thrown away
    4 keep    what came, in one transaction; a second process may have kept the same

Nothing waits for a witness longer than the time-out: anchoring goes on, the evidence stays provisional, and the next
pass asks again, for whatever checkpoint is the latest then. A witness that failed is left alone for a while.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from core.unit_of_work import UnitOfWorkFactory
from ledger import cosignatures
from ledger.cosignatures import Cosignature
from ledger.events import CheckpointCosigned
from ledger.merkle import consistency_proof
from ledger.models import LogCheckpoint
from ledger.note import Note, NoteInvalid, VerifierKey, cosignature_times, instant, parse_note
from ledger.ports import WitnessUnavailable
from ledger.tiles import TileStore
from ledger.verifier.times import TOLERANCE
from ledger.witness.request import AddCheckpoint

_log = logging.getLogger(__name__)

PAUSE_SECONDS = 30.0


class OtherSize(Exception):
    """The witness signed last for a checkpoint of `size` (409)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it signed last for size {size}")
        self.size = size


Ask = Callable[[bytes], str]
"""Sends the body of an `add-checkpoint` request; the answer's lines. Raises `OtherSize` or `WitnessUnavailable`."""


@dataclass(frozen=True, slots=True)
class AskedWitness:
    """A witness the log asks. `key` is of the type 0x04."""

    key: VerifierKey
    ask: Ask


@dataclass(frozen=True)
class Cosigning:
    """Of one log, in one process. `clock` counts seconds, for pauses alone."""

    unit_of_work: UnitOfWorkFactory
    tiles: TileStore
    witnesses: Sequence[AskedWitness]
    clock: Callable[[], float] = time.monotonic
    paused_until: dict[str, float] = field(default_factory=dict)

    def run(self) -> int:
        """Asks who hasn't cosigned the latest checkpoint yet; returns how many did now."""
        if not self.witnesses:
            return 0
        with self.unit_of_work() as uow:
            latest, have = cosignatures.of_latest(uow.session)
            last_sizes = cosignatures.last_sizes(uow.session, [str(each.key) for each in self.witnesses])
        missing = [each for each in self.witnesses if str(each.key) not in have and not self._is_paused(each)]
        if latest is None or not missing:
            return 0
        with ThreadPoolExecutor(len(missing)) as beside:
            asked = [(each, last_sizes.get(str(each.key), 0)) for each in missing]
            found = list(beside.map(lambda pair: self._cosignature(pair[0], latest, pair[1]), asked))
        with self.unit_of_work() as uow:
            kept = [each for each in found if each is not None and self._is_timely(each, uow.now)]
            for each in kept:
                cosignatures.keep(uow.session, latest.size, each, uow.now)
            if kept:
                uow.emit(CheckpointCosigned(size=latest.size))
        return len(kept)

    def _cosignature(self, witness: AskedWitness, latest: LogCheckpoint, old_size: int) -> Cosignature | None:
        try:
            return self._ask(witness, latest, old_size)
        except (WitnessUnavailable, ValueError) as error:
            self._pause(str(witness.key), str(error))
            return None

    def _is_timely(self, found: Cosignature, now: datetime) -> bool:
        """A cosignature of another time would contradict the records, in every package that holds it (check 9)."""
        is_timely = abs(found.at - now) <= TOLERANCE
        if not is_timely:
            self._pause(found.witness, f"its clock says {found.at.isoformat()}, ours {now.isoformat()}")
        return is_timely

    def _pause(self, witness: str, why: str) -> None:
        _log.warning("witness %s: %s", witness, why)
        self.paused_until[witness] = self.clock() + PAUSE_SECONDS

    def _ask(self, witness: AskedWitness, latest: LogCheckpoint, old_size: int) -> Cosignature:
        """Raises `WitnessUnavailable` or `NoteInvalid`."""
        try:
            lines = witness.ask(self._request(latest, old_size))
        except OtherSize as other:
            if other.size > latest.size:
                raise WitnessUnavailable(f"it has signed for a later checkpoint, of size {other.size}") from other
            try:
                lines = witness.ask(self._request(latest, other.size))
            except OtherSize as again:
                raise WitnessUnavailable(str(again)) from again
        return _own_line(witness.key, latest.note, lines)

    def _request(self, latest: LogCheckpoint, old_size: int) -> bytes:
        is_trivial = old_size in {0, latest.size}
        proof = [] if is_trivial else consistency_proof(old_size, latest.size, self.tiles.nodes(latest.size))
        return AddCheckpoint(old_size, tuple(proof), latest.note).to_bytes()

    def _is_paused(self, witness: AskedWitness) -> bool:
        return self.clock() < self.paused_until.get(str(witness.key), 0.0)


def _own_line(key: VerifierKey, note: bytes, lines: str) -> Cosignature:
    """The witness's line among those it answered; others' are none of its business. Raises `NoteInvalid`."""
    answered = parse_note(note + lines.encode())
    for signature in answered.signatures:
        if (signature.name, signature.key_id) == (key.name, key.key_id):
            alone = Note(answered.text, (signature,))
            at = instant(cosignature_times(alone, [key])[key])
            return Cosignature(str(key), signature.line(), at)
    raise NoteInvalid("its answer holds no cosignature of its own")
