"""What can go wrong with evidence."""

from core.errors import Conflict, DingyueError, InvalidInput, NotAllowed, NotFound, Unavailable


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


class EvidenceErased(NotFound):
    code = "evidence_erased"
    zh = "该存证的内容已依法删除，日志中只留下无法还原的摘要。请查看该事项的 evidence.erased 记录。"
    en = "The evidence was erased by law; the log keeps a digest nobody can open. See its `evidence.erased` record."


class InvalidEvidenceQuery(InvalidInput):
    code = "invalid_evidence_query"
    zh = "查询条件应为 subject，或者 sha256、sm3 摘要，二者择一；未作任何更改。请修改后重试。"
    en = "Ask either by `subject` or by digest (`sha256`, `sm3`), not by both or none. Mend it and try again."


class StatedFactsInvalid(InvalidInput):
    code = "stated_facts_invalid"
    zh = "facts 不能存证：{reason_zh}；未作任何更改。请修改后重试。"
    en = "These `facts` can't be notarised: {reason_en}; nothing was changed. Mend them and try again."


class BatchRefused(InvalidInput):
    code = "evidence_batch_refused"
    zh = "整批 {count} 项均未存证：一批应为 1 至 {most} 项，且每项都须合格，见 facts.items。请修改后重新提交整批。"
    en = "None of the {count} items was notarised: a batch has 1 to {most}, all of them right. See `facts.items`."


class NotarisationKeyReused(InvalidInput):
    code = "notarisation_key_reused"
    zh = "这个 Idempotency-Key 已用于内容不同的存证请求，本次未存证。请换一个新的键。"
    en = "This Idempotency-Key was used to notarise something else; nothing was notarised. Use a new key."


class ReceiptNotReady(Conflict):
    code = "receipt_not_ready"
    zh = "存证已受理，日志尚未签发包含它的检查点，暂无回执。请在 {retry_after_seconds} 秒后重试。"
    en = "The evidence is kept, but no signed checkpoint holds it yet. Ask again in {retry_after_seconds} seconds."


class EvidenceHeld(Conflict):
    code = "evidence_held"
    zh = "该存证受证据保全，不得删除：{holds}。解除保全后方可删除；未作任何更改。"
    en = "The evidence is under a legal hold and can't be erased: {holds}. Release it first; nothing was changed."


class EvidenceNotErasable(Conflict):
    code = "evidence_not_erasable"
    zh = "{type} 记录用于证明删除或保全本身，不含个人信息，不能删除。"
    en = "A record of {type} proves an erasure or a hold itself and holds no personal data; it stays."


class HoldNotFound(NotFound):
    code = "hold_not_found"
    zh = "找不到该证据保全。请检查编号。"
    en = "There is no such hold. Check the id."


class HoldNeedsPerson(NotAllowed):
    code = "hold_needs_person"
    zh = "解除证据保全须由本单位人员登录办理，不能使用接口令牌；未作任何更改。"
    en = "Only a person who has signed in may release a hold, never a program; nothing was changed."


class HoldNeedsAnotherPerson(NotAllowed):
    code = "hold_needs_another_person"
    zh = "设置证据保全的人不能自行解除，须由另一人办理；未作任何更改。"
    en = "Whoever placed a hold can't release it; somebody else must. Nothing was changed."


class HoldAlreadyReleased(Conflict):
    code = "hold_already_released"
    zh = "该证据保全已经解除。"
    en = "The hold was released already."


class ErasureNeedsOwner(Conflict):
    code = "erasure_needs_owner"
    zh = "删除存证须以数据表所有者身份连接。请设置 DINGYUE_DATABASE__OWNER_URL 后重试；未作任何更改。"
    en = "Erasing takes the owner of the tables. Set DINGYUE_DATABASE__OWNER_URL and try again; nothing was changed."


class ReceiptUnreadable(InvalidInput):
    code = "receipt_unreadable"
    zh = "无法核对这份收据：{reason_zh}"
    en = "This receipt can't be checked: {reason_en}"
