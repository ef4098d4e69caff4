"""The consent a signer gives, word for word; its digest goes into the evidence (电子签名法 §3, §14).

A text never changes under its version: a new wording is a new version. The digest is SHA-256 over the canonical JSON
(RFC 8785) of everything the signer was shown, so that what was consented to can be shown again to the letter.
"""

import hashlib
from dataclasses import dataclass

import rfc8785

from signing.errors import ConsentVersionUnknown

CURRENT_VERSION = "2026-11"

_ZH = (
    "本人 {name} 代表 {organisation}（统一社会信用代码 {uscc}）确认：已完整阅读《{title}》"
    "（文件 SHA-256 摘要 {sha256}），同意以电子签名方式签署；知悉电子签名与手写签名、盖章具有同等法律效力；"
    "同意使用本人手机接收的一次性验证码确认本人身份与签署意愿，由平台以颁发给本人的数字证书完成签名，"
    "并将签署过程记录为电子证据存证。"
)
_EN = (
    "I, {name}, acting for {organisation} (unified social credit code {uscc}), confirm: I have read “{title}” in full "
    "(SHA-256 of the file {sha256}) and agree to sign it electronically; I know that an electronic signature has the "
    "same legal effect as a handwritten signature or a seal; I agree that the one-time code sent to my phone confirms "
    "who I am and what I want, that the platform signs with the digital certificate issued to me, and that the "
    "signing is recorded as electronic evidence."
)


@dataclass(frozen=True, slots=True)
class Consent:
    """The text as one signer sees it. `sha256` is lower-case hex."""

    version: str
    zh: str
    en: str
    sha256: str


def consent_text(*, name: str, organisation: str, uscc: str, title: str, sha256: str) -> Consent:
    """The current text for this signer and this document (`sha256` of the file as uploaded)."""
    shown = {"name": name, "organisation": organisation, "uscc": uscc, "title": title, "sha256": sha256}
    zh, en = _ZH.format_map(shown), _EN.format_map(shown)
    digest = hashlib.sha256(rfc8785.dumps({"version": CURRENT_VERSION, "zh": zh, "en": en})).hexdigest()
    return Consent(CURRENT_VERSION, zh, en, digest)


def check_version(given: str) -> None:
    """Raises `ConsentVersionUnknown` unless the signer saw the current text."""
    if given != CURRENT_VERSION:
        raise ConsentVersionUnknown(given=given[:40], current=CURRENT_VERSION)
