"""What can go wrong with organisation seals."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound


class SealNotFound(NotFound):
    code = "seal_not_found"
    zh = "找不到该印章。请检查编号。"
    en = "There is no such seal. Check the id."


class SealAuthorisationNotFound(NotFound):
    code = "seal_authorisation_not_found"
    zh = "找不到该用印授权。请检查编号。"
    en = "There is no such authorisation of this seal. Check the id."


class SealUserNotFound(NotFound):
    code = "seal_user_not_found"
    zh = "本单位没有该人员，不能授权其用印。请检查编号。"
    en = "Your organisation has no such person, so they can't be authorised. Check the id."


class SealNameTaken(Conflict):
    code = "seal_name_taken"
    zh = "本单位已有名为“{name}”的印章（或其申请）。请换一个名称，或先处理已有的那一枚。"
    en = "Your organisation already has a seal named {name}, or an application for it. Use another name, or settle it."


class SealStateConflict(Conflict):
    code = "seal_state_conflict"
    zh = "印章当前状态为 {state}，不能执行此操作。请刷新后查看。"
    en = "The seal is {state}, in which this can't be done. Reload and look again."


class SealNotUsable(Conflict):
    code = "seal_not_usable"
    zh = "印章当前状态为 {state}，不能使用。请联系印章管理员，或改用其他印章。"
    en = "The seal is {state} and can't be used. Ask the seal administrator, or use another seal."


class SealSuspended(Conflict):
    code = "seal_suspended"
    zh = "印章已被停用，暂不能使用，本次用印未生效。请联系印章管理员。"
    en = "The seal is suspended; nothing was sealed. Ask the seal administrator."


class SealCertificateUnusable(Conflict):
    code = "seal_certificate_unusable"
    zh = "印章的证书已过期、尚未生效或已被吊销，本次用印未生效。请重新申请印章。"
    en = "The seal's certificate is expired, not yet valid or revoked; nothing was sealed. Apply for a new seal."


class SealPersonRequired(NotAllowed):
    code = "seal_person_required"
    zh = "印章的申请、审批与授权只能由本人登录办理，不能使用 API 令牌；未作任何更改。"
    en = "Seals are applied for, decided on and authorised by a person who signed in, not by a token; nothing was done."


class SealApplicantRole(NotAllowed):
    code = "seal_applicant_role"
    zh = "只有合同管理员或印章管理员可以申请印章。请联系本单位管理员。"
    en = "Only a contract manager or a seal administrator applies for a seal. Ask your organisation's administrator."


class SealAdministratorRole(NotAllowed):
    code = "seal_administrator_role"
    zh = "只有本单位的印章管理员可以办理此事。请联系印章管理员。"
    en = "Only a seal administrator of the organisation may do this. Ask one."


class SealSelfApproval(NotAllowed):
    code = "seal_self_approval"
    zh = "不能审批自己提出的印章申请。请由另一位印章管理员审批。"
    en = "Nobody decides on their own application. Another seal administrator must."


class SealNotApplicant(NotAllowed):
    code = "seal_not_applicant"
    zh = "只有申请人本人可以撤回申请；印章管理员可以驳回。"
    en = "Only the applicant withdraws an application; a seal administrator may refuse it."


class SealDutiesConflict(NotAllowed):
    """`person` is who holds two duties, `duty` and `other` are two of administrator, user, auditor."""

    code = "seal_duties_conflict"
    zh = "同一枚印章的管理员、使用人与审计人必须是不同的人：该人员已是 {other}，不能再作 {duty}。请换人办理。"
    en = (
        "Administrator, user and auditor of a seal must be different people: this person is the {other} and can't be "
        "the {duty} too. Let somebody else do it."
    )


class SealAuthorisationMissing(NotAllowed):
    code = "seal_authorisation_missing"
    zh = "您没有使用该印章的授权，本次用印未生效。请联系本单位印章管理员授权。"
    en = "You aren't authorised to use this seal; nothing was sealed. Ask your organisation's seal administrator."


class SealAuthorisationRevoked(NotAllowed):
    code = "seal_authorisation_revoked"
    zh = "您使用该印章的授权已被撤销，本次用印未生效。请联系本单位印章管理员。"
    en = "Your authorisation to use this seal was revoked; nothing was sealed. Ask the seal administrator."


class SealAuthorisationEnded(Conflict):
    code = "seal_authorisation_ended"
    zh = "该用印授权此前已被撤销，无需再次撤销。请刷新后查看。"
    en = "This authorisation was revoked before; there is nothing left to take back. Reload and look again."


class SealAuthorisationExpired(NotAllowed):
    code = "seal_authorisation_expired"
    zh = "您使用该印章的授权已于 {valid_until} 到期，本次用印未生效。请申请新的授权。"
    en = "Your authorisation to use this seal ended at {valid_until}; nothing was sealed. Ask for a new one."


class SealAuthorisationNotYetValid(NotAllowed):
    code = "seal_authorisation_not_yet_valid"
    zh = "您使用该印章的授权自 {valid_from} 起生效，本次用印未生效。请届时再试。"
    en = "Your authorisation to use this seal begins at {valid_from}; nothing was sealed. Try again then."


class SealAuthorisationExhausted(NotAllowed):
    code = "seal_authorisation_exhausted"
    zh = "您使用该印章的授权限用 {max_uses} 次，已用完，本次用印未生效。请申请新的授权。"
    en = "Your authorisation allows {max_uses} uses of this seal and all are used; nothing was sealed. Ask for another."


class SealContractClassNotAuthorised(NotAllowed):
    code = "seal_contract_class_not_authorised"
    zh = "您使用该印章的授权不包括此类合同，本次用印未生效。请联系印章管理员。"
    en = "Your authorisation doesn't cover contracts of this class; nothing was sealed. Ask the seal administrator."


class SealPeriodInvalid(InvalidInput):
    code = "seal_period_invalid"
    zh = "授权期限不合要求：截止须晚于起始，也须晚于现在，且不超过 {days} 天。请修改。"
    en = "The period won't do: it must end after it begins and after now, and last at most {days} days. Mend it."


class SealUsesInvalid(InvalidInput):
    code = "seal_uses_invalid"
    zh = "用印次数上限应为 1 至 {most}，或留空不限次数。请修改。"
    en = "The number of uses must be 1 to {most}, or be left out for no limit. Mend it."


class SealContractClassesInvalid(InvalidInput):
    code = "seal_contract_classes_invalid"
    zh = "合同类别应为至多 {most} 个互不相同的代码；留空表示所有类别。请修改。"
    en = "Contract classes are at most {most} different codes; leave them out for all classes. Mend it."


class SealDocumentsInvalid(InvalidInput):
    code = "seal_documents_invalid"
    zh = "证明材料至多 {most} 份，且互不相同。请检查 document_ids。"
    en = "An application has at most {most} different documents. Check `document_ids`."


class SealDocumentNotFound(NotFound):
    code = "seal_document_not_found"
    zh = "找不到所列的证明材料。请使用本单位已上传的文件。"
    en = "One of the documents isn't there. Name documents your organisation uploaded."
