"""The consent a recipient gives before they act, word for word; its digest goes into the evidence (电子签名法 §3, §14).

A text never changes under its version: a new wording is a new version. The digest is SHA-256 over the canonical JSON
(RFC 8785) of everything they were shown, so that what was consented to can be shown again to the letter.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import rfc8785

from signing.errors import ConsentVersionUnknown
from signing.policy import RecipientRole

CURRENT_VERSION = "2026-11-25"

_ZH = (
    "本人 {name} 代表 {organisation}（统一社会信用代码 {uscc}）确认：已完整阅读《{title}》共 {count} 份文件"
    "（{documents}），{act_zh}；同意使用本人手机接收的一次性验证码确认本人身份与意愿，"
    "并将全过程记录为电子证据存证。"
)
_EN = (
    "I, {name}, acting for {organisation} (unified social credit code {uscc}), confirm: I have read “{title}” in full, "
    "{count} document(s) ({documents}), and {act_en}; I agree that the one-time code sent to my phone confirms who I "
    "am and what I want, and that all of it is recorded as electronic evidence."
)
_ACT_ZH = {
    RecipientRole.SIGNER: (
        "同意以电子签名方式签署，知悉电子签名与手写签名、盖章具有同等法律效力，由平台以颁发给本人的数字证书完成签名"
    ),
    RecipientRole.SEAL: (
        "经本单位授权，确认合同类别为“{contract_class}”，同意在上述文件加盖本单位电子印章，知悉电子印章与实物印章具有同等法律效力，"
        "由平台以颁发给本单位该印章的数字证书完成签名"
    ),
    RecipientRole.APPROVER: "同意其内容并批准继续签署；本人的批准不构成签名",
}
_ACT_EN = {
    RecipientRole.SIGNER: (
        "agree to sign electronically; I know that an electronic signature has the same legal effect as a handwritten "
        "signature or a seal; the platform signs with the digital certificate issued to me"
    ),
    RecipientRole.SEAL: (
        "am authorised by my organisation to apply its electronic seal to these documents, the class of the contract "
        "being “{contract_class}”; I know that an electronic seal has the "
        "same legal effect as a physical seal; the platform signs with the digital certificate issued for that seal"
    ),
    RecipientRole.APPROVER: (
        "approve their content, so that they may be signed by others; my approval is not a signature"
    ),
}


@dataclass(frozen=True, slots=True)
class Consent:
    """The text as one recipient sees it. `sha256` is lower-case hex."""

    version: str
    zh: str
    en: str
    sha256: str


def consent_text(
    *,
    role: RecipientRole,
    name: str,
    organisation: str,
    uscc: str,
    title: str,
    documents: Sequence[tuple[str, str]],
    contract_class: str | None = None,
) -> Consent:
    """The current text for this recipient; `documents` are names and SHA-256 digests of the files as uploaded.

    Those who don't act (viewers, cc) consent to nothing; they are shown the signers' wording. Who applies a seal
    confirms the `contract_class`, because seals are authorised by it.
    """
    shown = {
        "name": name,
        "organisation": organisation,
        "uscc": uscc,
        "title": title,
        "count": len(documents),
        "documents": "; ".join(f"{file_name} SHA-256 {sha256}" for file_name, sha256 in documents),
        "act_zh": _act(_ACT_ZH, role).format(contract_class=contract_class or "未注明"),
        "act_en": _act(_ACT_EN, role).format(contract_class=contract_class or "not stated"),
    }
    zh, en = _ZH.format_map(shown), _EN.format_map(shown)
    digest = hashlib.sha256(rfc8785.dumps({"version": CURRENT_VERSION, "zh": zh, "en": en})).hexdigest()
    return Consent(CURRENT_VERSION, zh, en, digest)


def _act(wording: Mapping[RecipientRole, str], role: RecipientRole) -> str:
    return wording.get(role, wording[RecipientRole.SIGNER])


def check_version(given: str) -> None:
    """Raises `ConsentVersionUnknown` unless the recipient saw the current text."""
    if given != CURRENT_VERSION:
        raise ConsentVersionUnknown(given=given[:40], current=CURRENT_VERSION)
