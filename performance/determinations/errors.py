"""What can go wrong with determinations."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound


class DeterminationNotFound(NotFound):
    code = "determination_not_found"
    zh = "找不到该认定。请检查编号。"
    en = "There is no such determination. Check the id."


class DeterminationStateForbids(Conflict):
    code = "determination_state_forbids"
    zh = "该认定目前处于“{state}”状态，不能进行“{change}”。请按认定程序依次办理。"
    en = "The determination is {state}; {change} isn't possible now. Follow the order of the procedure."


class PublicationBeforeService(Conflict):
    code = "publication_before_service"
    zh = "认定文书尚未送达当事人，不能公示。请先送达。"
    en = "The determination wasn't served yet, so it can't be published. Serve it first."


class PeriodRunning(Conflict):
    code = "determination_period_running"
    zh = "法定期限至 {until} 届满，此前不能进行“{change}”。请在期满后办理。"
    en = "A period runs until {until}; {change} isn't possible before it is over. Come back after it."


class DefencePeriodOver(Conflict):
    code = "defence_period_over"
    zh = "陈述申辩期限已于 {until} 届满。"
    en = "The period for a defence ended on {until}."


class HearingOutstanding(Conflict):
    code = "hearing_outstanding"
    zh = "当事人已要求听证，听证尚未举行，不能提交审核。请先举行听证并记录。"
    en = "A hearing was asked for and not held, so there can be no review. Hold it and record it."


class DrafterCannotDecide(NotAllowed):
    code = "drafter_cannot_decide"
    zh = "认定须由拟稿人以外的人员审核决定。请由其他人员办理。"
    en = "Somebody other than the drafter decides. Let another person act."


class ObligationNotDeterminable(Conflict):
    code = "obligation_not_determinable"
    zh = "该节点目前为“{state}”。争议依法解决并记录违约之前不得认定；督查后履行、免责、无过错的不得认定。"
    en = (
        "The obligation is {state}. Nothing is determined before the dispute is resolved and the breach recorded, "
        "nor of what was met, excused or nobody's fault."
    )


class NoticeIncomplete(InvalidInput):
    code = "determination_notice_incomplete"
    zh = "事先告知须写明事实、理由和依据。请补充完整。"
    en = "A prior notice tells facts, reasons and basis. Complete it."


class DrafterCannotHear(NotAllowed):
    code = "drafter_cannot_hear"
    zh = "听证须由调查拟稿人以外的人员主持。请由其他人员办理。"
    en = "Somebody other than the drafter chairs a hearing. Let another person act."


class AuthorityRequired(NotAllowed):
    code = "determination_authority_required"
    zh = "认定 {determination} 由另一监管部门办理，只有该部门可以进行此操作。"
    en = "Another authority draws up {determination}; only that one may act on it."


class DocumentNotMade(Conflict):
    code = "determination_document_not_made"
    zh = "认定文书正在生成并加盖电子签章，尚不能取得或送达。请稍后重试。"
    en = "The document is being made and sealed; it can't be read or served yet. Try again shortly."


class DocumentWithdrawn(Conflict):
    code = "determination_document_withdrawn"
    zh = "该认定已撤销，认定文书已收回，不再提供。存证记录仍可查询。"
    en = "The determination was revoked and its document withdrawn. The evidence of it can still be read."


class DocumentNotServed(Conflict):
    code = "determination_document_not_served"
    zh = "认定文书尚未送达，送达前仅作出认定的部门可以查阅。请等待送达。"
    en = "The document wasn't served yet; until then only the authority reads it. Wait for its service."
