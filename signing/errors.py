"""What can go wrong between uploading a document and its last signature."""

from core.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    TooManyRequests,
)


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
    zh = "签署流程里没有签署方。请至少添加一位角色为 signer 或 seal 的参与方。"
    en = "The envelope has nobody who signs. Add at least one recipient whose role is signer or seal."


class PhoneShared(InvalidInput):
    code = "phone_shared_by_parties"
    zh = "手机号 {phone} 被用于不同单位的签署方：一人不能代表两方签署。请核对手机号。"
    en = "The phone {phone} is given for parties of different organisations; nobody signs for two sides. Check it."


class TooManyReplacements(Conflict):
    code = "too_many_replacements"
    zh = "这一位置的签署人已更换 {most} 次，不能再更换。请作废后重新发起。"
    en = "The signer in this place was replaced {most} times and can't be replaced again. Void it and begin again."


class RecipientDuplicate(InvalidInput):
    code = "recipient_duplicate"
    zh = "参与方标识 {key} 重复。请为每位参与方使用不同的标识。"
    en = "The recipient key {key} is used twice. Give every recipient a key of its own."


class SignatureFieldMissing(InvalidInput):
    code = "signature_field_missing"
    zh = "签署方 {key} 没有签署位置。请为其至少放置一个 signature（用印方为 seal 或 cross_page_seal）域。"
    en = "{key} has nowhere to sign. Place at least one signature field (for a seal: seal or cross_page_seal) for them."


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


class FieldDocumentUnknown(InvalidInput):
    code = "field_document_unknown"
    zh = "域 {field} 指定了第 {document} 份文件，而签署流程只有 {documents} 份。请改正。"
    en = "The field {field} names document {document}, but the envelope has {documents}. Mend it."


class FieldKindNotForRole(InvalidInput):
    code = "field_kind_not_for_role"
    zh = (
        "域 {field}（{kind}）不适用于角色 {role}：signature、initials 属于 signer，"
        "seal、cross_page_seal 属于 seal。请改正。"
    )
    en = (
        "The field {field} ({kind}) doesn't fit the role {role}: signature and initials belong to a signer, "
        "seal and cross_page_seal to a seal."
    )


class AnchorNotFound(InvalidInput):
    code = "anchor_not_found"
    zh = "域 {field} 的定位文字“{text}”在文件中出现 {count} 次，找不到所指的那一处。请核对文字与次序，或改用坐标。"
    en = (
        "The anchor text “{text}” of the field {field} occurs {count} times in the document, and not where it was "
        "asked for. Check the text and the occurrence, or use coordinates."
    )


class TooManyAnchors(InvalidInput):
    code = "too_many_anchors"
    zh = "一份文件中用于定位的不同文字超过 {most} 个。请改用坐标或减少定位文字。"
    en = "More than {most} different anchor texts are given for one document. Use coordinates, or fewer texts."


class DocumentsInvalid(InvalidInput):
    code = "documents_invalid"
    zh = "签署流程应含 1 至 {most} 份互不相同的文件。请检查 document_ids。"
    en = "An envelope has 1 to {most} different documents. Check `document_ids`."


class ReminderIntervalInvalid(InvalidInput):
    code = "reminder_interval_invalid"
    zh = "自动提醒间隔应为 1 至 {most} 天。请修改，或留空不自动提醒。"
    en = "Automatic reminders come every 1 to {most} days. Mend it, or leave it out."


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
    zh = "{what} 不合要求：不能为空，至多 {longest} 个字符，不含换行和不可见字符；标识和域名称只用字母、数字、- 和 _。"
    en = (
        "{what} won't do: it must not be empty, has at most {longest} characters and no control or invisible ones; "
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
    zh = (
        "域 {field} 的内容不合要求。文本至多 {longest} 个字符，不换行，不含看不见的字符；"
        "勾选框填写 true 或 false。请修改。"
    )
    en = (
        "The value of the field {field} won't do. Text has at most {longest} characters, no line break and nothing "
        "invisible; a checkbox takes true or false. Mend it."
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


class CodeLocked(TooManyRequests):
    code = "signing_code_locked"
    zh = "验证码错误次数过多，为安全起见暂停验证。请在 {retry_after_seconds} 秒后再试，或请发起方核对手机号。"
    en = (
        "Wrong codes were entered too often, so no more are taken for now. Try again in {retry_after_seconds} "
        "seconds, or have the sender check the phone."
    )


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


class AlreadySignedBySomebody(Conflict):
    code = "already_signed_by_somebody"
    zh = "已有签署方签署，文件不能再更正。如需修改，请作废后重新发起。"
    en = "Somebody has signed already, so the envelope can't be corrected any more. Void it and send a new one."


class EnvelopeExpired(Conflict):
    code = "envelope_expired"
    zh = "此签署流程已过截止时间，不能再签署。请联系发起方重新发起。"
    en = "This envelope is past its expiry and can't be signed any more. Ask the sender for a new one."


class EnvelopeStateConflict(Conflict):
    code = "envelope_state_conflict"
    zh = "签署流程当前状态为 {state}，不能执行此操作。请刷新后查看。"
    en = "The envelope is {state}, in which this can't be done. Reload and look again."


class EnvelopeChanged(PreconditionFailed):
    code = "envelope_changed"
    zh = "草稿在您读取之后已被修改（现为版本 {version}），本次未保存。请重新读取后再改。"
    en = "The draft was changed since you read it (it is at version {version} now); nothing was saved. Read it again."


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


class SealChoiceMissing(InvalidInput):
    code = "seal_choice_missing"
    zh = "本单位当前有 {count} 枚您可使用的印章，请指明使用哪一枚（seal_id）；没有时请联系本单位印章管理员授权。"
    en = (
        "There are {count} seals you may use for this. Name one (`seal_id`); if there is none, ask your organisation's "
        "seal administrator for an authorisation."
    )


class CertificateOfSomebodyElse(InvalidInput):
    code = "certificate_of_somebody_else"
    zh = "证书持有人不是签署人 {name}，未作签署。请使用颁发给本人的证书。"
    en = "The certificate doesn't name the signer, {name}; nothing was signed. Use the one issued to them."


class RemoteNotFound(NotFound):
    code = "remote_signature_not_found"
    zh = "找不到该远程签名。请重新准备。"
    en = "There is no such remote signature. Prepare it again."


class RemoteOver(Conflict):
    code = "remote_signature_over"
    zh = "该远程签名已超时或已使用，未作签署。请重新准备。"
    en = "This remote signature is past its time or was used already; nothing was signed. Prepare it again."


class RemoteOutdated(Conflict):
    code = "remote_signature_outdated"
    zh = "准备之后文件又有了新的签署，该远程签名已失效，未作签署。请重新准备。"
    en = "The document got another signature since this was prepared; nothing was signed. Prepare it again."


class RemoteIncomplete(InvalidInput):
    code = "remote_signature_incomplete"
    zh = "应为每份文件各提交一个签名，共 {expected} 个。请补齐后重试。"
    en = "There must be one signature for each document, {expected} in all. Complete them and try again."


class DelegationNotAllowed(NotAllowed):
    code = "delegation_not_allowed"
    zh = "发起方未允许转交他人签署。如需更换签署人，请联系发起方。"
    en = "The sender doesn't let recipients name somebody else. Ask the sender to replace you."


class ReplacementSamePerson(InvalidInput):
    code = "replacement_same_person"
    zh = "新的签署人与原签署人是同一手机号。请填写另一位签署人。"
    en = "The new recipient has the same phone as the one to replace. Name somebody else."


class RecipientNotFound(NotFound):
    code = "recipient_not_found"
    zh = "签署流程中没有该参与方。请检查编号。"
    en = "The envelope has no such recipient. Check the id."


class ExtensionInvalid(InvalidInput):
    code = "extension_invalid"
    zh = "新的截止时间须晚于现有截止时间 {current}。请重新选择。"
    en = "The new expiry must be later than the present one, {current}. Choose another."


class RescissionFixed(Conflict):
    code = "rescission_fixed"
    zh = "解除协议由平台出具，须由原合同全部签署方签署：不能修改内容，也只能更换本单位的签署人。请作废后重新发起。"
    en = (
        "A rescission is written by the platform and signed by all who signed the contract: it can't be changed, and "
        "you may replace only your own signer. Void it and begin again."
    )


class NotRescindable(Conflict):
    code = "not_rescindable"
    zh = "只能对已完成、尚未解除且没有正在进行的解约的签署流程发起解约。"
    en = "Only a completed envelope that isn't rescinded, and has no rescission under way, can be rescinded."


class ReportNotReady(Conflict):
    code = "completion_report_not_ready"
    zh = "签署完成报告尚未生成（仅在签署完成后提供）。请稍后再试。"
    en = "The completion report isn't there yet; it is made once the envelope is completed. Try again later."
