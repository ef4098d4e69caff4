"""Check 9: the order of times, and the earliest one that can be proven.

A record claims when something happened; the platform's clock says so. The checkpoint's time-stamp, the block, and the
cosignatures of a quorum of witnesses prove that it existed by then. Clocks of different makers may differ by
`TOLERANCE`, no more. A development chain's clock is anybody's and proves nothing, so it isn't compared.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from ledger.verifier.chain import Anchor
from ledger.verifier.layout import MANIFEST_TOKEN
from ledger.verifier.log import Witnessing
from ledger.verifier.records import ProvenRecord
from ledger.verifier.timestamp import Timestamp
from ledger.verifier.verdict import Contradiction, Passed, Statement

TOLERANCE = timedelta(minutes=5)


def check_times(
    records: Sequence[ProvenRecord],
    signed_at: Sequence[datetime],
    timestamps: dict[str, Timestamp],
    anchor: Anchor,
    witnessing: Witnessing,
) -> Passed[datetime]:
    """Signatures and records come before the log's time-stamp, block and cosignatures, and those before the package.

    `signed_at` are the proven times of the signatures in the PDFs. Returns the earliest provable time: all records
    existed by then.
    """
    recorded = [datetime.fromisoformat(proven.record.at) for proven in records]
    stamps = [timestamp.at for name, timestamp in timestamps.items() if name != MANIFEST_TOKEN]
    logged, packaged = min(stamps), timestamps[MANIFEST_TOKEN].at
    block_time = datetime.fromtimestamp(anchor.block.time, UTC)
    log_stamp = Statement("日志时间戳", "the log's time-stamp")
    package_stamp = Statement("证据包时间戳", "the package's time-stamp")
    block = Statement("区块时间", "the block")
    latest_record = (Statement("最晚的记录", "the latest record"), max(recorded))
    _require_order(latest_record, (log_stamp, logged))
    if signed_at:
        _require_order((Statement("最晚的签名", "the latest signature"), max(signed_at)), (log_stamp, logged))
    _require_order((log_stamp, max(stamps)), (package_stamp, packaged))
    earliest = logged
    if not anchor.chain.is_development:
        _require_order(latest_record, (block, block_time))
        _require_order((block, block_time), (package_stamp, packaged))
        earliest = min(logged, block_time)
    for name, at in witnessing.times.items():
        witness = Statement(f"见证人 {name} 的副署", f"the cosignature of {name}")
        _require_order(latest_record, (witness, at))
        _require_order((witness, at), (package_stamp, packaged))
    witnessed = witnessing.quorum_at
    if witnessed is not None:
        earliest = min(earliest, witnessed)
    return Passed(
        earliest,
        f"时间先后一致；可证明最迟于 {earliest.isoformat()}（UTC）已存在。",
        f"The order of times holds; all of it provably existed by {earliest.isoformat()} (UTC).",
        {
            "records_from": min(recorded).isoformat(),
            "records_to": max(recorded).isoformat(),
            "log_time_stamp": logged.isoformat(),
            "block_time": block_time.isoformat(),
            "witnessed": witnessed.isoformat() if witnessed else None,
            "package_time_stamp": packaged.isoformat(),
            "earliest_provable": earliest.isoformat(),
        },
    )


def _require_order(first: tuple[Statement, datetime], second: tuple[Statement, datetime]) -> None:
    (first_name, first_at), (second_name, second_at) = first, second
    if first_at > second_at + TOLERANCE:
        raise Contradiction(
            f"{first_name.zh}（{first_at.isoformat()}）晚于{second_name.zh}（{second_at.isoformat()}）。",
            f"The time of {first_name.en}, {first_at.isoformat()}, is after {second_name.en}, {second_at.isoformat()}.",
        )
