"""What can go wrong with a risk review."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound


class ReviewNotFound(NotFound):
    code = "review_not_found"
    zh = "找不到该审查结果。请检查编号。"
    en = "There is no such review. Check the id."


class ReviewDocumentNotFound(NotFound):
    code = "review_document_not_found"
    zh = "找不到要审查的文件。请检查编号，只能审查本单位上传的文件。"
    en = "There is no such document to review. Check the id; only documents of your own organisation can be reviewed."


class ReviewTextNotRead(InvalidInput):
    code = "review_text_not_read"
    zh = "读取该文件的文字时超出时间或资源限制（{what}），未作审查。请拆分文件或重新导出后再试。"
    en = "Reading the text took more time or memory than allowed ({what}); nothing was reviewed. Split the file."


class ReviewConfirmed(Conflict):
    code = "review_confirmed"
    zh = "该审查的登记草稿已确认过，合同已录入。如需再次录入请重新审查。"
    en = "This review's draft was confirmed already and its contract entered. Review the document again for another."


class ReviewPersonRequired(NotAllowed):
    code = "review_person_required"
    zh = "登记草稿须由人员核对后确认，程序令牌不能代替。请登录后确认。"
    en = "A person has to check and confirm a draft; a program's token can't. Sign in and confirm."


class FindingsUnacknowledged(Conflict):
    code = "review_findings_unacknowledged"
    zh = "还有高风险提示未确认知悉：{keys}。请逐条阅读，在 acknowledged 中列出后再确认。"
    en = "There are findings of high severity nobody acknowledged: {keys}. Read each, and list them in acknowledged."


class PagesUnacknowledged(Conflict):
    code = "review_pages_unacknowledged"
    zh = "第 {pages} 页无法识别文字，未经审查。请人工核对这些页，并在 acknowledged 中列出 unreadable_pages。"
    en = "Pages {pages} can't be read and weren't reviewed. Check them, and list unreadable_pages in acknowledged."
