"""What can go wrong with accounts."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound, TooManyRequests


class InvalidUSCC(InvalidInput):
    code = "invalid_uscc"
    zh = "统一社会信用代码 {given} 不正确：{reason_zh}。请对照营业执照或法人证书核对。"
    en = "The unified social credit code {given} is wrong: {reason_en}. Check it against the certificate."


class InvalidPhone(InvalidInput):
    code = "invalid_phone"
    zh = "手机号格式不对。请填写 11 位大陆手机号，或以 + 开头的国际号码。"
    en = "The phone number is malformed. Write 11 digits of a mainland mobile, or a number that starts with +."


class WrongCredentials(NotAuthenticated):
    code = "wrong_credentials"
    zh = "邮箱或密码不正确。请检查后重试。"
    en = "The e-mail or the password is wrong. Check both and try again."


class TokenInvalid(NotAuthenticated):
    code = "token_invalid"
    zh = "未登录，或登录凭证无效、已过期、已撤销。请重新登录或更换令牌。"
    en = "You aren't signed in, or the token is unknown, expired or revoked. Sign in again or use another token."


class TooManySignIns(TooManyRequests):
    code = "too_many_sign_ins"
    zh = "登录失败次数过多，账号已暂时锁定。请在 {retry_after_seconds} 秒后再试。"
    en = "Too many failed sign-ins; the account is locked for now. Try again in {retry_after_seconds} seconds."


class ScopeMissing(NotAllowed):
    code = "scope_missing"
    zh = "您没有进行此操作的权限（需要 {scope}）。请联系本单位管理员授权。"
    en = "You may not do this (it needs {scope}). Ask your organisation's administrator."


class OrganisationNotFound(NotFound):
    code = "organisation_not_found"
    zh = "找不到该单位。请检查编号或统一社会信用代码。"
    en = "There is no such organisation. Check its id or credit code."


class PersonNotFound(NotFound):
    code = "person_not_found"
    zh = "找不到该人员。请检查编号。"
    en = "There is no such person. Check the id."


class AlreadyRegistered(Conflict):
    code = "already_registered"
    zh = "{what} 已被登记。请直接使用已有账号，或换一个。"
    en = "{what} is registered already. Use the existing account or another one."


class PasswordTooShort(InvalidInput):
    code = "password_too_short"
    zh = "密码太短，至少需要 {length} 个字符。请换一个更长的密码。"
    en = "The password is too short; it needs at least {length} characters. Choose a longer one."


class TokenNotFound(NotFound):
    code = "token_not_found"
    zh = "找不到该令牌。请检查编号。"
    en = "There is no such token. Check the id."
