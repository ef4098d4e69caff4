"""What can go wrong with bulk sends: with the file, with a row, with what is asked of it."""

from core.errors import Conflict, InvalidInput, NotFound, TooLarge


class BulkSendNotFound(NotFound):
    code = "bulk_send_not_found"
    zh = "找不到该批量发送。请检查编号。"
    en = "There is no such bulk send. Check the id."


class BulkFileTooLarge(TooLarge):
    code = "bulk_file_too_large"
    zh = "表格超过 {most_megabytes} MB，未被接收。请拆分后分批上传。"
    en = "The sheet is over {most_megabytes} MB and was not taken. Split it."


class BulkFileUnreadable(InvalidInput):
    code = "bulk_file_unreadable"
    zh = "无法读取该表格：应为 CSV（UTF-8 或 GBK 编码）或 XLSX 文件；旧版 .xls、加密或损坏的文件请另存为 XLSX 后重试。"
    en = "The sheet can't be read: CSV (UTF-8 or GBK) or XLSX is. Save an old .xls, locked or broken file as XLSX anew."


class BulkFileTooComplex(InvalidInput):
    code = "bulk_file_too_complex"
    zh = "该表格展开后过大或读取耗时过长，未被接收。请只保留数据，另存为 CSV 后重试。"
    en = "The sheet unpacks to too much, or takes too long to read. Keep nothing but the data and save it as CSV."


class BulkTooManyRows(InvalidInput):
    code = "bulk_too_many_rows"
    zh = "表格超过 {most} 行（或含有大量空行），未被接收。请拆分，或删去多余的空行。"
    en = "The sheet has more than {most} rows, or a great many empty ones. Split it, or delete empty rows."


class BulkTooManyColumns(InvalidInput):
    code = "bulk_too_many_columns"
    zh = "表格超过 {most} 列，未被接收。请使用本模板的列模板。"
    en = "The sheet has more than {most} columns. Use the column template of this template."


class BulkFileEmpty(InvalidInput):
    code = "bulk_file_empty"
    zh = "表格中没有数据行。请在表头之下每行填写一份合同。"
    en = "The sheet has no rows. Write one contract a row below the head."


class BulkColumnsInvalid(InvalidInput):
    """`missing`, `unknown` and `repeated` are heads, joined with `, `."""

    code = "bulk_columns_invalid"
    zh = "表头与模板不符。缺少：{missing}；多余：{unknown}；重复：{repeated}。请下载本模板的列模板对照修改。"
    en = (
        "The head doesn't fit the template. Missing: {missing}; unknown: {unknown}; repeated: {repeated}. Compare it "
        "with the column template."
    )


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


class CellMissing(InvalidInput):
    code = "bulk_cell_missing"
    zh = "此列必填，单元格为空。请填写。"
    en = "This column must be filled, and the cell is empty. Fill it."


class CellFormula(InvalidInput):
    code = "bulk_cell_formula"
    zh = "单元格是公式，其结果无法确认。请粘贴为数值。"
    en = "The cell holds a formula, whose result can't be relied on. Paste it as a value."


class CellMerged(InvalidInput):
    code = "bulk_cell_merged"
    zh = "单元格被合并，无法确定本行内容。请取消合并并逐行填写。"
    en = "The cell is merged with others, so this row's content isn't clear. Unmerge it and fill each row."


class CellErrorValue(InvalidInput):
    code = "bulk_cell_error_value"
    zh = "单元格是错误值（如 #N/A）。请改正。"
    en = "The cell holds an error value such as #N/A. Mend it."


class CellRounded(InvalidInput):
    code = "bulk_cell_rounded"
    zh = "单元格是超过 15 位的数字，表格软件会丢失末位。请将该列设为文本格式后重新填写。"
    en = "The cell is a number of more than 15 digits, which spreadsheets round. Make the column text; write it anew."


class CellTooLong(InvalidInput):
    code = "bulk_cell_too_long"
    zh = "内容超过 {longest} 个字符。请缩短。"
    en = "The text is longer than {longest} characters. Shorten it."


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
