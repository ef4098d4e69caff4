"""What can go wrong with messages."""

from core.errors import NotAllowed, NotFound


class MessageNotFound(NotFound):
    code = "message_not_found"
    zh = "找不到该消息。请检查编号。"
    en = "There is no such message. Check the id."


class RemindersNotFound(NotFound):
    code = "reminders_not_found"
    zh = "找不到该合同的提醒。请检查合同编号。"
    en = "There are no reminders of such a contract. Check the contract's id."


class CallbackRefused(NotAllowed):
    code = "callback_refused"
    zh = "回执的签名不正确，或本系统没有启用该通道，已忽略。请检查通道的密钥与回调地址配置。"
    en = (
        "The callback's signature is wrong, or this channel is not in use; it was ignored. "
        "Check the channel's key and callback address."
    )
