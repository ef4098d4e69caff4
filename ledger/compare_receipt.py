"""Use case: somebody's receipt against the log as it is now.

The stored checkpoint and tiles are read, and verified like a stranger's (`ledger.receipt_check`).
"""

from ledger.errors import ReceiptUnreadable
from ledger.note import VerifierKey
from ledger.receipt_check import check_receipt
from ledger.receipt_file import read_receipt
from ledger.receipt_verdict import ReceiptVerdict
from ledger.service import LedgerService
from ledger.tiles import TileStore
from ledger.verifier.verdict import Unusable


def compare_receipt(ledger: LedgerService, data: bytes) -> ReceiptVerdict:
    """The verdict on a package, a checkpoint or a tlog-proof. Nothing is kept.

    Raises `ReceiptUnreadable`, `LogEmpty`, `LogCorrupted` if a tile is missing, `ObjectStoreUnavailable`.
    """
    try:
        receipt = read_receipt(data)
    except Unusable as unusable:
        statement = unusable.statement
        raise ReceiptUnreadable(reason_zh=statement.zh, reason_en=statement.en) from unusable
    keys = [VerifierKey.parse(vkey) for vkey in ledger.vkeys()]
    return check_receipt(receipt, ledger.checkpoint(), TileStore(ledger.objects).nodes, keys, ledger.origin)
