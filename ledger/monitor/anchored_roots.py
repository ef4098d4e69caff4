"""Step 6: what is anchored is the log's root at that size, under the note that the log showed.

The anchored root is compared with what the verified checkpoint's tree holds at the anchored size, by a consistency
proof: the log needs to have published no checkpoint of that size while somebody looked. The anchored note hash is
SHA-256 of the checkpoint as the log signed it; witnesses' lines may have been added since.
"""

import hashlib
from dataclasses import asdict

from ledger.merkle import NodeReader
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.extension import Extension, TilesContradictCheckpoint, prove_extension
from ledger.monitor.follow_log import verified_checkpoint
from ledger.monitor.http_log import LogReader
from ledger.monitor.misbehaviour import Misbehaviour
from ledger.monitor.round import LOG, Round
from ledger.monitor.state import AnchorSeen, ChainProgress
from ledger.note import Checkpoint, Note, parse_note
from ledger.verifier.trust import TrustedChain


def compare_anchors(log: LogReader, chain: TrustedChain, progress: ChainProgress, round_: Round) -> None:
    """Settles the pending anchors within the verified checkpoint; the others wait. Raises `LogUnavailable`."""
    checkpoint, seen = verified_checkpoint(round_)
    within = [anchor for anchor in progress.pending if anchor.size <= checkpoint.size]
    if not within or seen is None:
        return
    round_.settled(LOG, AlarmCode.TILES_CONTRADICT)
    node = log.nodes(checkpoint.size)
    for anchor in within:
        extension = _extension(anchor, checkpoint, node, round_)
        if extension is None:
            return
        if extension.older_root == _bytes(anchor.root):
            _check_note(anchor, chain, round_)
            progress.confirmed_size = anchor.size
        else:
            _report(anchor, chain, extension, seen.note, round_)
        progress.pending.remove(anchor)
    round_.save()


def report_anchors_ahead(chain: TrustedChain, progress: ChainProgress, round_: Round) -> None:
    """Alarms if more is anchored than the log shows; asked once the log was read after the chain."""
    scope = str(chain.chain_id)
    round_.settled(scope, AlarmCode.ANCHOR_AHEAD)
    last = round_.archive.last()
    shown = last.size if last else 0
    if progress.anchored_size > shown:
        round_.alarm(AlarmCode.ANCHOR_AHEAD, scope, chain=chain.name, size=progress.anchored_size, served=shown)


def _extension(anchor: AnchorSeen, checkpoint: Checkpoint, node: NodeReader, round_: Round) -> Extension | None:
    try:
        return prove_extension(anchor.size, checkpoint, node)
    except TilesContradictCheckpoint as error:
        round_.alarm(AlarmCode.TILES_CONTRADICT, LOG, size=checkpoint.size, reason=str(error))
        return None


def _check_note(anchor: AnchorSeen, chain: TrustedChain, round_: Round) -> None:
    """Against the notes of that size that were seen, if any were."""
    notes = [seen.note for seen in round_.archive.of_size(anchor.size)]
    digests = {hashlib.sha256(form).digest() for note in notes for form in (note, _as_signed_by_log(note))}
    if notes and _bytes(anchor.note_hash) not in digests:
        round_.alarm(
            AlarmCode.ANCHOR_OF_ANOTHER_NOTE,
            str(chain.chain_id),
            str(anchor.size),
            notes=tuple(notes),
            chain=chain.name,
            size=anchor.size,
            note_hash=anchor.note_hash,
            tx_hash=anchor.tx_hash,
        )


def _as_signed_by_log(data: bytes) -> bytes:
    """The note with the lines of its origin's keys alone: a cosignature's value is longer than a signature's."""
    note = parse_note(data)
    origin = note.text.partition("\n")[0]
    own = tuple(line for line in note.signatures if line.name == origin and len(line.value) == 64)
    return Note(note.text, own).to_bytes() if own else data


def _report(anchor: AnchorSeen, chain: TrustedChain, extension: Extension, note: bytes, round_: Round) -> None:
    stated = asdict(anchor) | {
        "root": anchor.root.removeprefix("0x"),
        "chain_id": chain.chain_id,
        "contract": "0x" + chain.contract.hex(),
    }
    shown = Misbehaviour(round_.state.origin, note, anchor.size, extension.older_root, extension.proof, anchor=stated)
    round_.alarm(
        AlarmCode.ANCHOR_CONTRADICTS_LOG,
        str(chain.chain_id),
        str(anchor.size),
        proof=shown.to_bytes(),
        notes=(note,),
        chain=chain.name,
        size=anchor.size,
        roots=[extension.older_root.hex(), stated["root"]],
        tx_hash=anchor.tx_hash,
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
