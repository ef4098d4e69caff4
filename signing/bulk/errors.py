"""What can go wrong with bulk sends: with the file, with a row, with what is asked of it."""

from core.errors import Conflict, InvalidInput, NotFound


class BulkSendNotFound(NotFound):
    code = "bulk_send_not_found"
    zh = "找不到该批量发送。请检查编号。"
    en = "There is no such bulk send. Check the id."


class BulkRowsNotConfirmable(Conflict):
    code = "bulk_rows_not_confirmable"
    zh = "第 {rows} 行不能发送：不存在、未通过校验或已处理。未发送任何内容，请刷新后重新选择。"
    en = "Row {rows} can't be sent: not there, not valid, or dealt with already. Nothing was sent; choose again."


class BulkNothingToDo(Conflict):
    code = "bulk_nothing_to_do"
    zh = "没有可处理的行，未作任何更改。请刷新后查看各行状态。"
    en = "There is no row to do this with; nothing was changed. Look at the rows again."


class BulkSendCancelled(Conflict):
    code = "bulk_send_cancelled"
    zh = "该批量发送已取消。请重新上传表格。"
    en = "The bulk send was cancelled. Upload the sheet anew."


class RowExternalIdRepeated(InvalidInput):
    code = "bulk_external_id_repeated"
    zh = "外部编号与第 {other} 行相同。请使用不同的编号。"
    en = "The external id is that of row {other}, too. Use different ones."


class RowDuplicate(InvalidInput):
    """A warning: the row is valid."""

    code = "bulk_row_duplicate"
    zh = "各参与方手机号与第 {other} 行完全相同，可能重复。如确需各发一份可忽略，否则请不要选择此行。"
    en = "All phones are those of row {other}: perhaps the same contract twice. Leave it out unless both are meant."


class RowGivenUp(Conflict):
    code = "bulk_row_given_up"
    zh = "系统多次尝试发送此行均未成功（{cause}）。请稍后重试失败的行，仍有问题请联系管理员。"
    en = "Sending this row failed several times ({cause}). Retry the failed rows later, then tell the operator."


class RowEnvelopeEnded(Conflict):
    code = "bulk_row_envelope_ended"
    zh = "此行的签署流程在发出之前已结束（{state}）。如需发送，请重试该行，系统会另建一份。"
    en = "The envelope of this row ended ({state}) before it was sent. Retry the row to make another."
