"""Follows a log from the last checkpoint seen to the newest.

1. the newest checkpoint is signed by a trusted key, or by one that such a key named its successor
2. it extends the last one seen, by a consistency proof made from the log's hash tiles
3. the entries behind those known lead to its root, bundle by bundle: nothing is read twice, little is remembered

A checkpoint is in the state before its tiles are asked for, and in the archive before its entries are read. So a
monitor that is killed anywhere still holds the log to everything it has signed in front of it.
"""

from core.clock import rfc3339
from ledger.merkle import EMPTY_ROOT
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.archive import SeenCheckpoint
from ledger.monitor.extension import TilesContradictCheckpoint, prove_extension
from ledger.monitor.frontier import Frontier
from ledger.monitor.http_log import LogReader, LogUnavailable
from ledger.monitor.misbehaviour import Misbehaviour
from ledger.monitor.round import LOG, Round
from ledger.note import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from ledger.rotation_statement import later_keys
from ledger.tiles import TILE_WIDTH
from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Statement

_BUNDLES_BETWEEN_SAVES = 64


class LogFollower:
    """The steps of one pass. Each may raise `LogUnavailable`."""

    def __init__(self, log: LogReader, trust: Trust, round_: Round) -> None:
        self._log = log
        self._trust = trust
        self._round = round_
        self._state = round_.state

    def step(self) -> None:
        """Steps 1 to 3, for as far as they hold."""
        note = self._log.checkpoint()
        checkpoint = self._believed(note)
        if self._state.unproven is not None and not self._admit_unproven(self._state.unproven, note, checkpoint):
            return
        if checkpoint is not None and self._admit(note, checkpoint):
            self._read_entries()

    def _admit_unproven(self, unproven: bytes, note: bytes, checkpoint: Checkpoint | None) -> bool:
        """Step 2 for what an earlier pass saw and couldn't prove: the newest checkpoint must fit it first."""
        parsed = parse_checkpoint(parse_note(unproven).text)
        seen = SeenCheckpoint(parsed.size, parsed.root, rfc3339(self._round.now), unproven)
        if checkpoint is not None:
            if checkpoint.size < seen.size:
                self._report_shrunk(seen, note, checkpoint)
                return False
            if checkpoint.size == seen.size and checkpoint.root != seen.root:
                self._report_split(seen, note, checkpoint)
                return False
            if checkpoint.size > seen.size and not self._extends(note, checkpoint, seen):
                return False
        return self._admit(unproven, parsed)

    def _believed(self, note: bytes) -> Checkpoint | None:
        """Step 1; None, with an alarm, for what no trusted key signed."""
        try:
            parse_checkpoint(parse_note(note).text)
        except NoteInvalid as error:
            raise LogUnavailable(f"checkpoint: {error}") from error
        self._round.settled(LOG, AlarmCode.CHECKPOINT_UNTRUSTED)
        try:
            return open_checkpoint(note, self._trust.log_keys, self._trust.origin)
        except NoteInvalid as error:
            reason = str(error)
        successors = self._successors()
        try:
            checkpoint = open_checkpoint(note, successors, self._trust.origin)
        except NoteInvalid:
            self._round.alarm(AlarmCode.CHECKPOINT_UNTRUSTED, LOG, notes=(note,), reason=reason)
            return None
        self._round.notices.append(
            Statement(
                "检查点由受信密钥指定的后继密钥签署。请另行取得新的信任文件。",
                "The checkpoint is signed by a key that a trusted one named its successor. Get the trust file anew.",
            )
        )
        return checkpoint

    def _successors(self) -> list[VerifierKey]:
        """The keys to which trusted keys passed their trust on, if the log tells of any."""
        try:
            statements = self._log.successions()
        except LogUnavailable:
            return []
        found: list[VerifierKey] = []
        for key in self._trust.log_keys:
            try:
                found += later_keys(key, statements)
            except NoteInvalid:
                continue
        return found

    def _admit(self, note: bytes, checkpoint: Checkpoint) -> bool:
        """Step 2: whether the checkpoint fits everything seen before; then it is in the archive."""
        last = self._round.archive.last()
        self._round.settled(LOG, AlarmCode.LOG_SHRANK)
        if last is not None and checkpoint.size <= last.size:
            return self._admit_no_larger(note, checkpoint, last)
        self._state.unproven = note
        self._round.save()
        if last is not None and not self._extends(note, checkpoint, last):
            return False
        self._round.archive.append(checkpoint, note, self._round.now)
        self._state.unproven = None
        self._round.save()
        return True

    def _admit_no_larger(self, note: bytes, checkpoint: Checkpoint, last: SeenCheckpoint) -> bool:
        alike = self._round.archive.of_size(checkpoint.size)
        other = next((seen for seen in alike if seen.root != checkpoint.root), None)
        if other is not None:
            self._report_split(other, note, checkpoint)
            return False
        if checkpoint.size < last.size:
            self._report_shrunk(last, note, checkpoint)
            return False
        if all(seen.note != note for seen in alike):  # The same tree with more signatures.
            self._round.archive.append(checkpoint, note, self._round.now)
        return True

    def _report_shrunk(self, seen: SeenCheckpoint, note: bytes, checkpoint: Checkpoint) -> None:
        self._round.alarm(AlarmCode.LOG_SHRANK, LOG, notes=(seen.note, note), size=seen.size, served=checkpoint.size)

    def _report_split(self, seen: SeenCheckpoint, note: bytes, checkpoint: Checkpoint) -> None:
        shown = Misbehaviour(self._trust.origin, note, seen.size, checkpoint.root, (), older=seen.note)
        self._round.alarm(
            AlarmCode.LOG_SPLIT_VIEW,
            LOG,
            str(seen.size),
            proof=shown.to_bytes(),
            notes=(seen.note, note),
            size=seen.size,
            roots=[seen.root.hex(), checkpoint.root.hex()],
        )

    def _extends(self, note: bytes, checkpoint: Checkpoint, last: SeenCheckpoint) -> bool:
        self._round.settled(LOG, AlarmCode.TILES_CONTRADICT)
        try:
            extension = prove_extension(last.size, checkpoint, self._log.nodes(checkpoint.size))
        except TilesContradictCheckpoint as error:
            self._round.alarm(
                AlarmCode.TILES_CONTRADICT, LOG, notes=(last.note, note), size=checkpoint.size, reason=str(error)
            )
            return False
        if extension.older_root == last.root:
            return True
        shown = Misbehaviour(
            self._trust.origin, note, last.size, extension.older_root, extension.proof, older=last.note
        )
        if self._state.unproven == note:
            self._state.unproven = None
        self._round.alarm(
            AlarmCode.LOG_REWRITTEN,
            LOG,
            str(last.size),
            proof=shown.to_bytes(),
            notes=(last.note, note),
            size=last.size,
            newer=checkpoint.size,
            roots=[last.root.hex(), extension.older_root.hex()],
        )
        return False

    def _read_entries(self) -> None:
        """Step 3, through every checkpoint of the archive that the entries weren't led to yet."""
        self._round.settled(LOG, AlarmCode.ENTRIES_CONTRADICT)
        for seen in self._round.archive.from_size(self._state.verified.size + 1):
            start = self._state.reading if self._state.reading.size <= seen.size else self._state.verified
            frontier = self._read_to(seen.size, start)
            if frontier.root() != seen.root:
                # Not every entry read so far can be right; which one isn't is not to be told from here.
                self._state.reading = self._state.verified
                self._round.alarm(AlarmCode.ENTRIES_CONTRADICT, LOG, notes=(seen.note,), size=seen.size)
                return
            self._state.verified = self._state.reading = frontier
            self._round.save()

    def _read_to(self, size: int, frontier: Frontier) -> Frontier:
        bundles = 0
        while frontier.size < size:
            known = frontier.size % TILE_WIDTH
            leaf_hashes = self._log.leaf_hashes(frontier.size // TILE_WIDTH, size)
            frontier = frontier.extended(leaf_hashes[known:])
            bundles += 1
            if bundles % _BUNDLES_BETWEEN_SAVES == 0:
                self._state.reading = frontier
                self._round.save()
        return frontier


def verified_checkpoint(round_: Round) -> tuple[Checkpoint, SeenCheckpoint | None]:
    """The newest checkpoint that the entries lead to, and when and how it was seen; the empty tree at first."""
    size = round_.state.verified.size
    if size == 0:
        return Checkpoint(round_.state.origin, 0, EMPTY_ROOT), None
    seen = round_.archive.of_size(size)[0]
    return Checkpoint(round_.state.origin, size, seen.root), seen
