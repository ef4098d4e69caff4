"""What can go wrong with contracts, obligations, supervision and termination."""

from core.errors import Conflict, DingyueError, InvalidInput, NotAllowed, NotFound


class ContractNotFound(NotFound):
    code = "contract_not_found"
    zh = "找不到该合同。请检查编号。"
    en = "There is no such contract. Check the id."


class ObligationNotFound(NotFound):
    code = "obligation_not_found"
    zh = "找不到该履约节点。请检查编号。"
    en = "There is no such obligation. Check the id."


class FulfilmentNotFound(NotFound):
    code = "fulfilment_not_found"
    zh = "找不到该履行申报。请检查编号。"
    en = "There is no such fulfilment claim. Check the id."


class SupervisionNotFound(NotFound):
    code = "supervision_not_found"
    zh = "找不到该督查记录。请检查编号。"
    en = "There is no such supervision case. Check the id."


class TerminationNotFound(NotFound):
    code = "termination_not_found"
    zh = "找不到该终止库记录。请检查编号。"
    en = "There is no such termination case. Check the id."


class ExemptionNotFound(NotFound):
    code = "exemption_not_found"
    zh = "找不到该免责申请。请检查编号。"
    en = "There is no such exemption request. Check the id."


class VariationNotFound(NotFound):
    code = "variation_not_found"
    zh = "找不到该变更提议。请检查编号。"
    en = "There is no such variation. Check the id."


class EvidenceDocumentNotFound(NotFound):
    code = "evidence_document_not_found"
    zh = "找不到所引用的证据文件 {document_id}。请先以本单位身份上传。"
    en = "The document {document_id} isn't there. Upload it first, in your organisation's name."


class RegionUnknown(InvalidInput):
    code = "region_unknown"
    zh = "没有地区“{region}”的监管规则。可用地区：{known}。"
    en = "There is no profile of rules for the region {region}. Known: {known}."


class ClassUnknown(InvalidInput):
    code = "contract_class_unknown"
    zh = "地区 {region} 没有合同类别“{class_code}”。可用类别：{known}。"
    en = "The region {region} has no contract class {class_code}. Known: {known}."


class FormUnknown(InvalidInput):
    code = "contract_form_unknown"
    zh = "不认识的合同形式“{form}”。可用形式：{known}。"
    en = "There is no contract form {form}. Known: {known}."


class PartiesIncomplete(InvalidInput):
    code = "parties_incomplete"
    zh = "合同须恰有一个采购方（purchaser）和一个供应方（supplier），且二者代码不同。请补充签订主体。"
    en = "A contract has exactly one purchaser and one supplier, two different bodies. Mend the parties."


class ContactMissing(InvalidInput):
    code = "contact_missing"
    zh = "“{party}”没有预留联系人，履约提醒无法送达。请至少填写一名联系人。"
    en = "{party} left no contact, so reminders could reach nobody. Name at least one."


class ObligationMissing(InvalidInput):
    code = "obligation_missing"
    zh = "合同没有履约节点，到期后无从跟踪。请至少填写一个（如交付、付款、验收）。"
    en = "The contract has no obligation to follow. Enter at least one (delivery, payment, acceptance …)."


class DueBeforeSigning(InvalidInput):
    code = "due_before_signing"
    zh = "“{title}”的到期日 {due_on} 早于签订日期 {signed_on}。请核对两个日期。"
    en = "{title} is due on {due_on}, before the signing on {signed_on}. Check both dates."


class SignedInFuture(InvalidInput):
    code = "signed_in_future"
    zh = "签订日期 {signed_on} 晚于今天 {today}。尚未签订的合同请先存为草稿。"
    en = "The signing date {signed_on} is after today, {today}. Enter an unsigned contract as a draft."


class AmountNegative(InvalidInput):
    code = "amount_negative"
    zh = "“{title}”的金额 {amount} 不能为负。请更正。"
    en = "The amount of {title}, {amount}, is negative. Correct it."


class SilencePeriodInvalid(InvalidInput):
    code = "silence_period_invalid"
    zh = "默示确认期限须为 1–{longest} 日。合同未约定的，请留空。"
    en = "Silence confirms after 1 to {longest} days. Leave it out if the contract doesn't say so."


class SignedOnWithEnvelope(InvalidInput):
    code = "signed_on_with_envelope"
    zh = "在线签署的合同以签署完成之日为签订日期，不能另填。请去掉 signed_on 或 envelope_id。"
    en = "A contract signed here is dated by its completion. Leave out signed_on or envelope_id."


class NotAParty(NotAllowed):
    code = "not_a_party"
    zh = "只有合同{role}可以进行此操作。请由对应单位办理。"
    en = "Only the {role} of the contract may do this. Let that organisation act."


class RegulatorRequired(NotAllowed):
    code = "regulator_required"
    zh = "只有本地区的监管部门可以进行此操作。"
    en = "Only the regulator of the region may do this."


class SamePersonApproves(NotAllowed):
    code = "same_person_approves"
    zh = "申请人不能审批自己的申请，且审批须由自然人作出。请由另一名监管人员办理。"
    en = "Nobody approves their own request, and a person must decide. Let another official do it."


class ContractNumberTaken(Conflict):
    code = "contract_number_taken"
    zh = "本单位已有编号为 {number} 的合同。请检查是否重复录入。"
    en = "Your organisation has a contract numbered {number} already. Check that it isn't entered twice."


class EnvelopeTaken(Conflict):
    code = "envelope_taken"
    zh = "该签署信封已对应另一份登记合同。请检查编号。"
    en = "That envelope belongs to another registered contract. Check the id."


class EnvelopeNotOpen(Conflict):
    code = "envelope_not_open"
    zh = "该签署信封已结束（{state}），不能再与草稿关联。请新建信封。"
    en = "That envelope has ended ({state}) and can't be attached to a draft. Make a new one."


class EnvelopeBindsNobody(Conflict):
    code = "envelope_binds_nobody"
    zh = "该签署信封是测试信封，签完也不产生合同，因此不能与草稿关联。请用正式信封签署。"
    en = "That envelope is a test: no contract comes of it, so no draft waits for it. Use one that binds."


class ContractStateForbids(Conflict):
    code = "contract_state_forbids"
    zh = "合同目前处于“{state}”状态，不能进行此操作。"
    en = "The contract is {state}; that can't be done now."


class PublishedAlready(Conflict):
    code = "published_already"
    zh = "该合同已于 {published_on} 公开，不能再次登记。"
    en = "The contract was published on {published_on} already."


class PublishedInFuture(InvalidInput):
    code = "published_on_invalid"
    zh = "公开日期 {published_on} 须在签订日期 {signed_on} 与今天 {today} 之间。请核对。"
    en = "The day of publication, {published_on}, lies between the signing on {signed_on} and today, {today}. Check it."


class ObligationStateForbids(Conflict):
    code = "obligation_state_forbids"
    zh = "履约节点目前处于“{state}”状态，不能进行“{change}”。请先查看该节点的履历。"
    en = "The obligation is {state}; {change} isn't possible now. Look at its history first."


class ClaimPending(Conflict):
    code = "claim_pending"
    zh = "已有一份履行申报等待对方确认。请等待确认，或由对方先提出异议。"
    en = "A claim is waiting for the other side already. Wait until it is confirmed or disputed."


class ClaimAnswered(Conflict):
    code = "claim_answered"
    zh = "该履行申报已被答复（{state}），不能再次答复。"
    en = "The claim was answered already ({state})."


class FulfilledInFuture(InvalidInput):
    code = "fulfilled_in_future"
    zh = "履行日期 {fulfilled_on} 晚于今天 {today}。请在实际履行之后申报。"
    en = "The fulfilment is dated {fulfilled_on}, after today, {today}. Claim it once it is done."


class PartInvalid(InvalidInput):
    code = "part_invalid"
    zh = "该节点按 {measure}（{unit}）计量，部分履行只能填写一项、且为正的同单位数值。请更正，或不填以申报全部。"
    en = (
        "This obligation is measured by {measure} ({unit}): a part is one positive figure of that kind. Correct it, or"
        " leave it out to claim the whole rest."
    )


class OverFulfilled(Conflict):
    code = "over_fulfilled"
    zh = "本次申报 {part}，加上已确认的 {met}，超过应履行的 {owed}。确属超额的，请以 exceeds_owed 明示后重报。"
    en = (
        "{part} more than the {met} confirmed so far makes more than the {owed} owed. If that is so, say it with"
        " exceeds_owed and claim again."
    )


class AmendedBelowMet(Conflict):
    code = "amended_below_met"
    zh = "对方已确认履行 {met}，变更后的 {owed} 不得更少。请更正变更内容。"
    en = "{met} is confirmed as done; an amendment can't lower what is owed to {owed}. Correct the amendment."


class SupervisionClosed(Conflict):
    code = "supervision_closed"
    zh = "该督查已结束（{outcome}），不能再追加记录。"
    en = "The supervision has ended ({outcome}); no step can be added."


class DemandMissing(Conflict):
    code = "demand_missing"
    zh = "公示催告前须先向当事人发出催告。请先记录一次催告（demand）。"
    en = "A public demand follows a demand to the party. Record a demand first."


class StepInFuture(InvalidInput):
    code = "step_in_future"
    zh = "督查日期 {held_on} 晚于今天 {today}。请在实际进行之后记录。"
    en = "The step is dated {held_on}, after today, {today}. Record it once it has happened."


class DisputeUnresolved(Conflict):
    code = "dispute_unresolved"
    zh = "争议尚未依法解决，不能记录违约。请先取得和解、调解、仲裁或判决的结果文书。"
    en = "No breach is recorded before the dispute is lawfully resolved. Obtain the award or judgment first."


class DisputeResolved(Conflict):
    code = "dispute_resolved"
    zh = "该终止库记录已有结果（{state}），不能再次记录。"
    en = "The case has its outcome already ({state})."


class OutcomeIncomplete(InvalidInput):
    code = "outcome_incomplete"
    zh = "记录违约须同时提供违约方、结果文书、案号和作出机构。请补充。"
    en = "A breach needs the party at fault, the document, its number and who issued it. Add what is missing."


class OutcomeContradictory(InvalidInput):
    code = "outcome_contradictory"
    zh = "结果为无过错时不能填写违约方。请二者选一。"
    en = "With no fault there is no party at fault. Choose one of the two."


class OutcomeInFuture(InvalidInput):
    code = "outcome_in_future"
    zh = "结果作出日期 {decided_on} 晚于今天 {today}。请在文书生效后记录。"
    en = "The outcome is dated {decided_on}, after today, {today}. Record it once it has been given."


class MediationWalledOff(Conflict):
    code = "mediation_walled_off"
    zh = "调解中的让步不得写入信用记录。调解结案请记为无过错；违约须以仲裁、判决或和解书认定。"
    en = "What is conceded in mediation never reaches a credit record. Record a mediated case as no fault."


class GroundTooLate(Conflict):
    code = "ground_too_late"
    zh = "该事由发生于 {occurred_on}，晚于到期日 {due_on}。迟延履行后发生的，不免除责任（民法典第五百九十条）。"
    en = "It happened on {occurred_on}, after the due date {due_on}: it doesn't excuse (Civil Code §590)."


class GroundInFuture(InvalidInput):
    code = "ground_in_future"
    zh = "事由日期 {occurred_on} 晚于今天 {today}。请填写实际发生的日期。"
    en = "The ground is dated {occurred_on}, after today, {today}. Give the day it happened."


class EvidenceMissing(InvalidInput):
    code = "evidence_missing"
    zh = "此操作须附证据文件。请先上传，再填写文件编号。"
    en = "This needs evidence. Upload the document first, then name its id."


class ExemptionPending(Conflict):
    code = "exemption_pending"
    zh = "已有一份免责申请等待审批。请等待结果。"
    en = "An exemption request is waiting already. Wait for its answer."


class ExemptionAnswered(Conflict):
    code = "exemption_answered"
    zh = "该免责申请已有结论（{state}）。"
    en = "The exemption request was answered already ({state})."


class VariationPending(Conflict):
    code = "variation_pending"
    zh = "已有一份变更提议等待对方答复。请等待答复。"
    en = "A variation is waiting for the other side already. Wait for the answer."


class VariationAnswered(Conflict):
    code = "variation_answered"
    zh = "该变更提议已有结论（{state}）。"
    en = "The variation was answered already ({state})."


class NewDueDatePassed(InvalidInput):
    code = "new_due_date_passed"
    zh = "新的到期日 {due_on} 已过（今天 {today}）。请约定今天或以后的日期。"
    en = "The new due date {due_on} has passed (today is {today}). Agree on today or later."


class ListCursorInvalid(InvalidInput):
    code = "list_cursor_invalid"
    zh = "翻页游标无效。请使用上一页返回的 next_cursor。"
    en = "The cursor is malformed. Use the next_cursor of the previous page."


class ProfileInvalid(DingyueError):
    code = "profile_invalid"
    zh = "地区规则文件 {file} 无效：{reason}。请由管理员更正后重启。"
    en = "The region profile {file} is invalid: {reason}. The operator must mend it and restart."


class MediationConfidential(InvalidInput):
    code = "mediation_confidential"
    zh = "调解材料记载当事人的让步，不得存入登记系统。请去掉附件，只登记调解结果。"
    en = "Papers of a mediation tell what was conceded and aren't kept here. Leave them out; record only the outcome."
