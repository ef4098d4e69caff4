"""What can go wrong with a real-name check. None of them repeats an identity number."""

from core.errors import Conflict, InvalidInput, NotAllowed, TooManyRequests, Unavailable


class IdentityNumberInvalid(InvalidInput):
    code = "identity_number_invalid"
    zh = "身份证号码不正确（应为 18 位，校验位须相符），未提交核验。请核对后重填。"
    en = "The identity number won't do (18 characters with a right check character); nothing was sent. Check it."


class IdentityNumberRequired(InvalidInput):
    code = "identity_number_required"
    zh = "实名核验需要您本人的身份证号码，尚未核验。请填写；号码只用于本次核验，平台不保存。"
    en = "The real-name check needs your identity number. Enter it; it is used for this check and not kept here."


class IdentityCheckRequired(NotAllowed):
    code = "identity_check_required"
    zh = "签署前须通过实名核验，未作签署。请先完成实名核验。"
    en = "A real-name check must succeed before you act; nothing was signed. Make the check first."


class IdentityMismatched(NotAllowed):
    code = "identity_mismatched"
    zh = (
        "实名核验未通过：姓名与手机号{with_number_zh}在登记机构的记录不一致，未作签署。请核对所填内容；"
        "姓名或手机号有误的，请发起方更正后重新发送。"
    )
    en = (
        "The real-name check failed: the register doesn't know this name with this phone{with_number_en}; nothing was "
        "signed. Check what you entered; if the name or phone is wrong, ask the sender to correct it and send again."
    )


class IdentityUnanswered(Unavailable):
    code = "identity_unanswered"
    zh = "实名核验机构未给出结果，未作签署。请稍后再试；同一次核验会继续，不会重复计算。"
    en = "The real-name check got no answer; nothing was signed. Try again in a while: the same check goes on."


class IdentityNotChecked(Conflict):
    code = "identity_not_checked_here"
    zh = "本次签署不进行实名核验，无需此步骤。请直接签署。"
    en = "No real-name check is made for this envelope, so there is nothing to do here. Go on and sign."


class TooManyIdentityChecks(TooManyRequests):
    code = "too_many_identity_checks"
    zh = "实名核验次数过多，为安全起见暂停核验。请在 {retry_after_seconds} 秒后再试，或请发起方核对姓名和手机号。"
    en = (
        "The real-name check was tried too often. Try again in {retry_after_seconds} seconds, or have the sender "
        "check your name and phone."
    )
