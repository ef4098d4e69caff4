"""What can go wrong with a sheet, or with a cell of it. The codes are older than this package, and stay."""

from core.errors import InvalidInput, TooLarge


class SheetTooLarge(TooLarge):
    code = "bulk_file_too_large"
    zh = "表格超过 {most_megabytes} MB，未被接收。请拆分后分批上传。"
    en = "The sheet is over {most_megabytes} MB and was not taken. Split it."


class SheetUnreadable(InvalidInput):
    code = "bulk_file_unreadable"
    zh = "无法读取该表格：应为 CSV（UTF-8 或 GBK 编码）或 XLSX 文件；旧版 .xls、加密或损坏的文件请另存为 XLSX 后重试。"
    en = "The sheet can't be read: CSV (UTF-8 or GBK) or XLSX is. Save an old .xls, locked or broken file as XLSX anew."


class SheetTooComplex(InvalidInput):
    code = "bulk_file_too_complex"
    zh = "该表格展开后过大或读取耗时过长，未被接收。请只保留数据，另存为 CSV 后重试。"
    en = "The sheet unpacks to too much, or takes too long to read. Keep nothing but the data and save it as CSV."


class SheetTooManyRows(InvalidInput):
    code = "bulk_too_many_rows"
    zh = "表格超过 {most} 行（或含有大量空行），未被接收。请拆分，或删去多余的空行。"
    en = "The sheet has more than {most} rows, or a great many empty ones. Split it, or delete empty rows."


class SheetTooManyColumns(InvalidInput):
    code = "bulk_too_many_columns"
    zh = "表格超过 {most} 列，未被接收。请使用下载的表格模板。"
    en = "The sheet has more than {most} columns. Use the template you can download."


class SheetEmpty(InvalidInput):
    code = "bulk_file_empty"
    zh = "表格中没有数据行。请在表头之下每行填写一份合同。"
    en = "The sheet has no rows. Write one contract a row below the head."


class SheetHeadInvalid(InvalidInput):
    """`missing`, `unknown` and `repeated` are heads, joined with `, `."""

    code = "bulk_columns_invalid"
    zh = "表头与模板不符。缺少：{missing}；多余：{unknown}；重复：{repeated}。请下载表格模板对照修改。"
    en = (
        "The head doesn't fit the template. Missing: {missing}; unknown: {unknown}; repeated: {repeated}. Compare it "
        "with the template you can download."
    )


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
