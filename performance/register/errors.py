"""What can go wrong in the register's own work: units, filings, duplicates, corrections, signed files, uploads."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound

# Units


class UnitNotFound(NotFound):
    code = "unit_not_found"
    zh = "找不到统一社会信用代码为 {uscc} 的单位。请核对代码，或先为该单位开户。"
    en = "There is no organisation with the credit code {uscc}. Check the code, or open an account for it first."


class UnitRelationNotFound(NotFound):
    code = "unit_relation_not_found"
    zh = "找不到该隶属关系。请检查编号。"
    en = "There is no such relation between units. Check the id."


class UnitRelationNotYours(NotAllowed):
    code = "unit_relation_not_yours"
    zh = "隶属关系只能由下属单位的管理员或双方所在地区的监管部门登记，以免他人借此查看其合同。请由其办理。"
    en = (
        "Only the subordinate's own administrator, or the regulator of both units' region, may say who is above it:"
        " whoever is above reads its contracts. Let one of them act."
    )


class UnitRelationTaken(Conflict):
    code = "unit_relation_taken"
    zh = "该隶属关系已经登记。无需重复登记。"
    en = "That relation is on record already. There is nothing to do."


class UnitRelationCircular(Conflict):
    code = "unit_relation_circular"
    zh = "该关系会使单位成为自己的上级。请核对上下级，必要时先终止原有关系。"
    en = "That would make a unit its own superior. Check which is above; end the old relation first if it has changed."


class UnitRelationInFuture(InvalidInput):
    code = "unit_relation_in_future"
    zh = "隶属关系的起始日期 {from_on} 晚于今天 {today}。请填写今天或以前的日期。"
    en = "The relation is to begin on {from_on}, after today, {today}. Give today or an earlier day."


class UnitRelationEnded(Conflict):
    code = "unit_relation_ended"
    zh = "该隶属关系已于 {until_on} 终止，不能再次终止。"
    en = "That relation ended on {until_on} already."


class UnitNotSubordinate(NotAllowed):
    code = "unit_not_subordinate"
    zh = "代码 {uscc} 不是本单位或本单位的下属单位，不能代其申报。请核对代码，或先登记隶属关系。"
    en = (
        "{uscc} is neither your unit nor one below it, so you can't report for it. Check the code, or have the relation"
        " entered first."
    )


class UnitAmbiguous(InvalidInput):
    code = "unit_ambiguous"
    zh = "合同双方都是本单位的下属单位，无法判断由谁申报。请填写申报单位代码。"
    en = "Both parties are units below yours, so it isn't clear whose contract it is. Name the reporting unit's code."


# Filing and duplicates


class LateReasonMissing(InvalidInput):
    code = "late_reason_missing"
    zh = "本合同应于 {due_on} 前报送（{basis}），已逾 {days_late} 个工作日。请填写迟报原因后再提交。"
    en = "The contract was to be filed by {due_on} ({basis}): it is {days_late} working days late. Say why."


class ContractLooksDuplicate(Conflict):
    code = "contract_looks_duplicate"
    zh = "双方、金额、签订日期与合同 {numbers} 完全相同，可能重复录入。请核对；确为不同合同的，请确认后再次提交。"
    en = (
        "Parties, amount and signing date are those of {numbers}: perhaps it is entered twice. Compare them; if it is"
        " another contract, acknowledge that and send it again."
    )


# Search


class SearchRangeInvalid(InvalidInput):
    code = "search_range_invalid"
    zh = "查询范围的起点 {start} 大于终点 {end}。请调换或更正。"
    en = "The range begins with {start}, after its end {end}. Swap or correct them."


# Corrections and signed files


class CorrectionEmpty(InvalidInput):
    code = "correction_empty"
    zh = "没有任何字段与登记内容不同，未作更改。请填写更正后的内容。"
    en = "No field differs from the register, so nothing was changed. Give what is to be corrected."


class FieldNotCorrectable(Conflict):
    code = "field_not_correctable"
    zh = "字段 {field} 来自已签署的文件，不能更正。内容确有变化的，请双方签订补充协议。"
    en = "The field {field} comes from the signed file and can't be corrected. If it has changed, sign an amendment."


class ContractNotRegistered(Conflict):
    code = "contract_not_registered"
    zh = "合同尚未登记（{state}）。请在登记之后办理。"
    en = "The contract isn't registered ({state}). Do this once it is."


class CorrectionNotYours(NotAllowed):
    code = "correction_not_yours"
    zh = "只有登记该合同的单位或其上级单位可以更正或补充登记内容。请由其办理。"
    en = "Only the unit that registered the contract, or one above it, may correct or add to it. Let it act."


# Uploads


class UploadNotFound(NotFound):
    code = "contract_upload_not_found"
    zh = "找不到该批量上传。请检查编号。"
    en = "There is no such upload. Check the id."


class UploadRowsNotChoosable(Conflict):
    code = "contract_upload_rows_not_choosable"
    zh = "第 {rows} 行不能登记：不存在、未通过校验，或有提示尚未确认。未登记任何内容，请刷新后重新选择。"
    en = "Row {rows} can't be registered: not there, not valid, or with an open warning. Choose again."


class UploadNothingToRegister(Conflict):
    code = "contract_upload_nothing_to_register"
    zh = "没有可登记的行，未作任何更改。请查看各行的问题，更正后重新上传。"
    en = "There is no row to register; nothing was changed. Look at what is wrong with the rows and upload them anew."


class CellNotADate(InvalidInput):
    code = "cell_not_a_date"
    zh = "“{given}”不是可识别的日期。请写成 2026-03-01 或 2026年3月1日。"
    en = "{given} can't be read as a date. Write 2026-03-01."


class CellNotAnAmount(InvalidInput):
    code = "cell_not_an_amount"
    zh = "“{given}”不是可识别的金额。请填写以元为单位的数字，如 300000.00；也可写 30万元 或 叁拾万元整。"
    en = "{given} can't be read as an amount. Write yuan in figures, such as 300000.00."


class CellNotAChoice(InvalidInput):
    code = "cell_not_a_choice"
    zh = "“{given}”不在可选范围内。可填：{known}。"
    en = "{given} isn't one of the choices. Choose from: {known}."


class CellTextTooLong(InvalidInput):
    code = "cell_text_too_long"
    zh = "内容超过本列上限 {longest} 个字符。请缩短。"
    en = "The text is longer than this column's {longest} characters. Shorten it."


class MilestoneIncomplete(InvalidInput):
    code = "milestone_incomplete"
    zh = "第 {position} 个履约节点缺少类型、内容、义务方或到期日。请补全，或整组留空。"
    en = "Milestone {position} lacks its kind, title, debtor or due date. Complete it, or leave all of it empty."


class RowNumberRepeated(InvalidInput):
    code = "row_number_repeated"
    zh = "合同编号与本表第 {other} 行相同。请更正，或删去重复的一行。"
    en = "The contract number is that of row {other}, too. Correct it, or delete one of the rows."


class RowLooksDuplicate(InvalidInput):
    """A warning: the row can be registered once it is acknowledged."""

    code = "row_looks_duplicate"
    zh = "双方、金额、签订日期与本表第 {other} 行完全相同，可能重复。请核对；确为不同合同的，登记时请确认。"
    en = "Parties, amount and signing date are those of row {other}: perhaps the same contract. Acknowledge it if not."
