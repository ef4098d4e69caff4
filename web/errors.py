"""What can go wrong with pages themselves; everything else comes from the packages below."""

from core.errors import InvalidInput, NotAllowed, NotFound


class PageNotFound(NotFound):
    code = "page_not_found"
    zh = "没有这个页面。地址可能写错了，或者页面已经移走。请从首页重新进入。"
    en = "There is no such page. The address may be mistyped or old. Start again from the home page."


class CrossSiteRequest(NotAllowed):
    code = "cross_site_request"
    zh = "这次提交不是从本站页面发出的，已被拒绝，未作任何更改。请在本站页面上重新操作。"
    en = "This form wasn't sent from a page of this site and was refused; nothing was changed. Use the page itself."


class FormIncomplete(InvalidInput):
    code = "form_incomplete"
    zh = "表单没有填写完整或格式不对：{fields}。未作任何更改，请补全后重新提交。"
    en = "The form is incomplete or malformed: {fields}. Nothing was changed; mend it and send it again."


class NotConfirmed(InvalidInput):
    code = "not_confirmed"
    zh = "您没有勾选确认。未作任何更改，请勾选后重新提交。"
    en = "You didn't tick the box to confirm. Nothing was changed; tick it and send it again."


class SignatureMissing(InvalidInput):
    code = "signature_missing"
    zh = "您选择了手写或上传签名，但没有图样。未作签署，请书写或选择图片，或改用系统字体。"
    en = "You chose to draw or upload your signature, but there is none. Nothing was signed; draw it or type it."


class UnstorableText(InvalidInput):
    code = "unstorable_text"
    zh = "提交的内容含有无法保存的字符（如空字符）。未作任何更改，请删除后重试。"
    en = "What was sent holds characters that can't be stored (such as NUL). Nothing was changed; remove them."
