"""What can go wrong with evidence."""

from core.errors import Conflict, DingyueError, InvalidInput, NotFound, Unavailable


class EvidenceNotFound(NotFound):
    code = "evidence_not_found"
    zh = "找不到该存证。请检查编号。"
    en = "There is no such evidence. Check the id."


class EvidenceNotAnchored(Conflict):
    code = "evidence_not_anchored"
    zh = "存证已写入日志，区块链锚定尚未最终确认，暂不能出具证据包。请稍后重试。"
    en = "The evidence is logged but its anchor is not final yet, so there is no package. Try again shortly."


class TimestampUnavailable(Unavailable):
    code = "timestamp_unavailable"
    zh = "时间戳服务暂时没有应答，操作未完成，不会使用虚假时间。系统将自动重试。"
    en = "The time-stamp authority doesn't answer; nothing was faked. It will be tried again."


class ChainUnavailable(Unavailable):
    code = "chain_unavailable"
    zh = "区块链节点暂时没有应答，锚定将推迟，其他业务不受影响。"
    en = "The chain doesn't answer; anchoring waits, everything else goes on."


class CheckpointNotFound(NotFound):
    code = "checkpoint_not_found"
    zh = "日志没有大小为 {size} 的检查点。请使用日志已公布的检查点。"
    en = "The log has no checkpoint of size {size}. Use one that the log has published."


class LogEmpty(NotFound):
    code = "log_empty"
    zh = "日志还没有任何条目，因此没有检查点。请在第一份存证写入日志后重试。"
    en = "The log has no entry yet, and so no checkpoint. Try again once something is logged."


class TileNotFound(NotFound):
    code = "tile_not_found"
    zh = "日志没有这个分片，或地址不符合 tlog-tiles 规范。请按检查点的大小计算地址。"
    en = "The log has no such tile, or the path isn't a tlog-tiles path. Derive it from a checkpoint's size."


class EvidenceNotLogged(Conflict):
    code = "evidence_not_logged"
    zh = "存证尚未写入大小为 {size} 的检查点，请稍后重试。"
    en = "The evidence is not in the checkpoint of size {size} yet. Try again shortly."


class LogKeyMissing(Unavailable):
    code = "log_key_missing"
    zh = "日志 {origin} 没有签名密钥。请管理员先完成初始化，并核对日志名称的设置。"
    en = "The log {origin} has no signing key. The operator must run the set-up and check the log's name."


class LogCorrupted(DingyueError):
    code = "log_corrupted"
    zh = "日志校验未通过（{what}），已停止签发检查点，没有签署任何内容。请管理员立即检查存储。"
    en = "The log failed its checks ({what}). Nothing was signed. The operator must examine the store at once."


class InvalidEvidenceCursor(InvalidInput):
    code = "invalid_evidence_cursor"
    zh = "翻页标记无法识别。请使用上一页返回的 next_cursor。"
    en = "The cursor can't be read. Use the `next_cursor` of the page before."
