"""What can go wrong between uploading a document and its last signature."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, TooManyRequests


class DocumentNotFound(NotFound):
    code = "document_not_found"
    zh = "找不到该文件。请检查编号。"
    en = "There is no such document. Check the id."


class EnvelopeNotFound(NotFound):
    code = "envelope_not_found"
    zh = "找不到该签署流程。请检查编号。"
    en = "There is no such envelope. Check the id."


class SignerMissing(InvalidInput):
    code = "signer_missing"
    zh = "签署流程里没有签署人。请至少添加一位角色为 signer 的参与方。"
    en = "The envelope has no signer. Add at least one recipient whose role is signer."


class RecipientDuplicate(InvalidInput):
    code = "recipient_duplicate"
    zh = "参与方标识 {key} 重复。请为每位参与方使用不同的标识。"
    en = "The recipient key {key} is used twice. Give every recipient a key of its own."


class SignatureFieldMissing(InvalidInput):
    code = "signature_field_missing"
    zh = "签署人 {key} 没有签名位置。请为其至少放置一个 signature 域。"
    en = "The signer {key} has nowhere to sign. Place at least one signature field for them."


class FieldRecipientUnknown(InvalidInput):
    code = "field_recipient_unknown"
    zh = "域 {field} 指定的参与方 {key} 不存在。请使用 recipients 中的标识。"
    en = "The field {field} names a recipient {key} that isn't there. Use a key from `recipients`."


class FieldRecipientNotSigner(InvalidInput):
    code = "field_recipient_not_signer"
    zh = "域 {field} 分配给了不签署的参与方 {key}。请改为签署人，或删除该域。"
    en = "The field {field} belongs to {key}, who doesn't sign. Give it to a signer, or remove it."


class FieldOutsidePage(InvalidInput):
    code = "field_outside_page"
    zh = "域 {field} 超出页面：文件共 {pages} 页，坐标与宽高须在页面之内（左上角为原点，0 至 1）。请调整位置。"
    en = (
        "The field {field} lies outside: the document has {pages} pages, and the box must fit into the page "
        "(origin top left, 0 to 1). Move it."
    )


class FieldDuplicate(InvalidInput):
    code = "field_duplicate"
    zh = "域名称 {field} 重复。请为每个域使用不同的名称。"
    en = "The field name {field} is used twice. Give every field a name of its own."


class FieldsOverlap(InvalidInput):
    code = "fields_overlap"
    zh = "第 {page} 页的域 {field} 与 {other} 重叠，签名会互相遮挡。请分开放置。"
    en = "On page {page} the field {field} overlaps {other}; one would hide the other. Move them apart."


class TextInvalid(InvalidInput):
    code = "text_invalid"
    zh = "{what} 不合要求：不能为空，至多 {longest} 个字符，不含换行等控制字符；标识和域名称只用字母、数字、- 和 _。"
    en = (
        "{what} won't do: it must not be empty, has at most {longest} characters and no control characters; "
        "keys and field names use letters, digits, - and _ only."
    )


class EmailInvalid(InvalidInput):
    code = "recipient_email_invalid"
    zh = "参与方的邮箱格式不对。请检查，或留空。"
    en = "A recipient's e-mail is malformed. Check it, or leave it out."


class ExternalIdTaken(Conflict):
    code = "external_id_taken"
    zh = "外部编号 {external_id} 已用于本单位的另一个签署流程。请换一个，或查询已有的流程。"
    en = "The external id {external_id} already belongs to another envelope of yours. Use another, or look that one up."


class ExpiryInvalid(InvalidInput):
    code = "expiry_invalid"
    zh = "截止时间 {given} 不可用：须晚于现在，且不超过 {days} 天。请重新选择。"
    en = "The expiry {given} won't do: it must be in the future and at most {days} days away. Choose another."


class FieldValueMissing(InvalidInput):
    code = "field_value_missing"
    zh = "必填域 {field} 未填写。请填写后再签署。"
    en = "The required field {field} is empty. Fill it in, then sign."


class FieldValueInvalid(InvalidInput):
    code = "field_value_invalid"
    zh = "域 {field} 的内容不合要求。文本至多 {longest} 个字符且不换行；勾选框填写 true 或 false。请修改。"
    en = (
        "The value of the field {field} won't do. Text has at most {longest} characters and no line break; "
        "a checkbox takes true or false. Mend it."
    )


class FieldNotYours(InvalidInput):
    code = "field_not_yours"
    zh = "域 {field} 不由您填写，或不存在。请只填写分配给您的域。"
    en = "The field {field} isn't yours to fill, or doesn't exist. Fill only your own fields."


class ConsentMissing(InvalidInput):
    code = "consent_missing"
    zh = "您尚未同意以电子方式签署，未作签署。请阅读并勾选同意后再签署。"
    en = "You haven't consented to sign electronically, so nothing was signed. Read the text and consent first."


class ConsentVersionUnknown(InvalidInput):
    code = "consent_version_unknown"
    zh = "同意书版本 {given} 不是当前版本 {current}，未作签署。请重新阅读当前版本后再签署。"
    en = "The consent version {given} isn't the current one, {current}; nothing was signed. Read the current text."


class LinkInvalid(NotAuthenticated):
    code = "link_invalid"
    zh = "签署链接无效：可能不完整，或已被新的链接取代。请使用最近收到的链接，或请发起方重新发送。"
    en = (
        "The signing link doesn't work: it is incomplete or was replaced. "
        "Use the latest one you received, or ask the sender to send it again."
    )


class SigningSessionInvalid(NotAuthenticated):
    code = "signing_session_invalid"
    zh = "签署会话无效或已过期。请从签署链接重新进入。"
    en = "The signing session is unknown or over. Enter again through your signing link."


class CodeRequired(NotAllowed):
    code = "signing_code_required"
    zh = "签署前需要验证您手机收到的一次性验证码（或验证已过期），未作签署。请获取并填写验证码。"
    en = "Signing needs the one-time code sent to your phone (or it has lapsed); nothing was signed. Get a code first."


class CodeWrong(NotAllowed):
    code = "signing_code_wrong"
    zh = "验证码不正确，还可尝试 {attempts_left} 次。请核对短信。"
    en = "The code is wrong; {attempts_left} attempts are left. Check the message again."


class CodeNotUsable(Conflict):
    code = "signing_code_not_usable"
    zh = "没有可用的验证码：可能已过期、已使用或错误次数过多。请重新获取。"
    en = "There is no usable code: it expired, was used, or was mistyped too often. Request a new one."


class TooManyCodes(TooManyRequests):
    code = "too_many_signing_codes"
    zh = "获取验证码过于频繁。请在 {retry_after_seconds} 秒后再试。"
    en = "Codes were requested too often. Try again in {retry_after_seconds} seconds."


class NotASigner(NotAllowed):
    code = "not_a_signer"
    zh = "您是此文件的查阅方，无需签署。"
    en = "You may read this document; there is nothing for you to sign."


class NotYourTurn(Conflict):
    code = "not_your_turn"
    zh = "尚未轮到您签署。轮到时系统会通知您。"
    en = "It isn't your turn to sign yet. You will be told when it is."


class AlreadySigned(Conflict):
    code = "already_signed"
    zh = "您已签署，不能重复签署或再拒绝。"
    en = "You have signed already; you can neither sign again nor decline."


class EnvelopeExpired(Conflict):
    code = "envelope_expired"
    zh = "此签署流程已过截止时间，不能再签署。请联系发起方重新发起。"
    en = "This envelope is past its expiry and can't be signed any more. Ask the sender for a new one."


class EnvelopeStateConflict(Conflict):
    code = "envelope_state_conflict"
    zh = "签署流程当前状态为 {state}，不能执行此操作。请刷新后查看。"
    en = "The envelope is {state}, in which this can't be done. Reload and look again."


class EnvelopeBusy(Conflict):
    code = "envelope_busy"
    zh = "此文件正在处理另一步签署，本次未生效。请在 {retry_after_seconds} 秒后重试。"
    en = "Another step of this envelope is being made; nothing was done. Try again in {retry_after_seconds} seconds."


class TooManyReminders(TooManyRequests):
    code = "too_many_reminders"
    zh = "刚刚已发送过链接。请在 {retry_after_seconds} 秒后再提醒。"
    en = "A link was sent just now. Remind again in {retry_after_seconds} seconds."


class NothingToRemind(Conflict):
    code = "nothing_to_remind"
    zh = "目前没有等待签署的参与方，无需提醒。"
    en = "Nobody is due to sign right now, so there is nobody to remind."


class DocumentUnavailable(Conflict):
    code = "document_unavailable"
    zh = "签署流程已结束（{state}），不再提供文件。请联系发起方。"
    en = "The envelope has ended ({state}) and its document is no longer shown. Ask the sender."
