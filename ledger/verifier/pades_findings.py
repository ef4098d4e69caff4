"""What can be wrong with a signed PDF: a stable code for each kind of it, what it makes of the verdict, and how it is
told to people.

One table, read by the page, the command line, the API and the evidence package's verifier. The names of attacks are
those of the literature: universal forgery, incremental saving and signature wrapping (Mladenov et al., CCS 2019),
shadow attacks (Mainka et al., NDSS 2021), attacks on certified documents (Rohlmann et al., S&P 2021).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Outcome = Literal["authentic", "altered", "unrecognised", "unsigned", "malformed"]


class Finding(StrEnum):
    """Codes never change their meaning. Of several, the one that stands first here is told first."""

    BYTE_RANGE_MISSING = "byte_range_missing"
    CONTENTS_MISSING = "contents_missing"
    BYTE_RANGE_CHANGED = "byte_range_changed"
    SIGNATURE_WRAPPED = "signature_wrapped"
    SIGNATURE_SWAPPED = "signature_swapped"
    SIGNATURE_REMOVED = "signature_removed"
    TIMESTAMP_INVALID = "timestamp_invalid"
    SIGNATURE_INVALID = "signature_invalid"
    CONTENTS_PADDED = "contents_padded"
    DIGEST_MISMATCH = "digest_mismatch"
    CONTENTS_NOT_CANONICAL = "contents_not_canonical"
    PREFIXED_DATA = "prefixed_data"
    APPENDED_DATA = "appended_data"
    PAGE_ADDED = "page_added"
    PAGE_REMOVED = "page_removed"
    SHADOW_CONTENT = "shadow_content"
    OVERLAY_ADDED = "overlay_added"
    FIELD_CHANGED = "field_changed"
    APPEARANCE_CHANGED = "appearance_changed"
    VALIDATION_DATA_CHANGED = "validation_data_changed"
    SIGNED_AFTER_SEAL = "signed_after_seal"
    CONTENT_CHANGED_INCREMENTALLY = "content_changed_incrementally"
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_UNSUITABLE = "certificate_unsuitable"
    CERTIFICATE_INVALID = "certificate_invalid"
    UNTRUSTED_ROOT = "untrusted_root"
    TIMESTAMP_UNTRUSTED = "timestamp_untrusted"
    TIME_MISSING = "time_missing"
    WEAK_ALGORITHM = "weak_algorithm"
    UNSUPPORTED_SIGNATURE = "unsupported_signature"
    ENCRYPTED = "encrypted"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    TOO_COMPLEX = "too_complex"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a finding makes of the whole file, and a sentence about it; `{field}` is the signature's name."""

    outcome: Outcome
    zh: str
    en: str


EXPLANATIONS: dict[Finding, Explanation] = {
    Finding.BYTE_RANGE_MISSING: Explanation(
        "altered",
        "签名“{field}”没有说明它覆盖文件的哪些部分（通用伪造），证明不了任何内容。",
        "“{field}” doesn't say which bytes it covers (universal forgery); it proves nothing.",
    ),
    Finding.CONTENTS_MISSING: Explanation(
        "altered",
        "签名“{field}”里没有签名值（通用伪造），证明不了任何内容。",
        "“{field}” holds no signature (universal forgery); it proves nothing.",
    ),
    Finding.BYTE_RANGE_CHANGED: Explanation(
        "altered",
        "签名“{field}”的覆盖范围被改动，有内容不在其保护之内。",
        "“{field}” doesn't fit the file: its byte range was changed and leaves out more than the signature itself.",
    ),
    Finding.SIGNATURE_WRAPPED: Explanation(
        "altered",
        "签名“{field}”所签的内容被搬移，中间塞入了未签名的内容（签名包装攻击）。",
        "“{field}” doesn't fit the file: what it signed was moved apart to make room for something else "
        "(signature wrapping).",
    ),
    Finding.SIGNATURE_REMOVED: Explanation(
        "altered",
        "文件里还留有一个签名，但它已被从表单中移除或替换。",
        "A signature is still in the file, but was taken out of its form or replaced.",
    ),
    Finding.SIGNATURE_SWAPPED: Explanation(
        "altered",
        "多个签名域指向同一个签名，“{field}”显示的并不是它自己的签名。",
        "“{field}” shows the signature of another field.",
    ),
    Finding.DIGEST_MISMATCH: Explanation(
        "altered",
        "签名“{field}”与文件不符：签名后其覆盖的内容被改动。",
        "“{field}” doesn't fit the file: what it covers was changed after signing.",
    ),
    Finding.SIGNATURE_INVALID: Explanation(
        "altered",
        "签名“{field}”本身不成立：签名值、证书或签名属性与所附证书不符。",
        "“{field}” doesn't hold: its signature, certificate or signed attributes don't fit together.",
    ),
    Finding.CONTENTS_PADDED: Explanation(
        "altered",
        "签名“{field}”的签名值后面藏有别的数据。",
        "“{field}” doesn't fit the file: its contents are followed by something else.",
    ),
    Finding.CONTENTS_NOT_CANONICAL: Explanation(
        "unrecognised",
        "签名“{field}”成立，但其编码不是存证包要求的唯一形式。",
        "“{field}” holds, but isn't written in the one form that evidence packages ask for.",
    ),
    Finding.TIMESTAMP_INVALID: Explanation(
        "altered",
        "“{field}”的时间戳不成立：它不是对这个签名盖的，或其签名、证书不成立。",
        "The time-stamp of “{field}” doesn't hold: it is over something else, or its signature or certificate is bad.",
    ),
    Finding.PREFIXED_DATA: Explanation(
        "altered",
        "文件开头在 PDF 之前另有数据，可能藏有另一份文件。",
        "Something stands before the start of the PDF; it may hide another document.",
    ),
    Finding.APPENDED_DATA: Explanation(
        "altered",
        "最后一个签名之后，文件末尾被追加了数据。",
        "Something was added after the end of the signed file.",
    ),
    Finding.PAGE_ADDED: Explanation(
        "altered", "“{field}”签署之后增加了页面。", "Pages were added after “{field}” was made."
    ),
    Finding.PAGE_REMOVED: Explanation(
        "altered", "“{field}”签署之后删除了页面。", "Pages were removed after “{field}” was made."
    ),
    Finding.SHADOW_CONTENT: Explanation(
        "altered",
        "“{field}”签署之后，签署前埋下的内容被切换或替换出来（影子攻击）。",
        "Content that was laid ready in the file was switched or replaced after “{field}” was made (shadow attack).",
    ),
    Finding.OVERLAY_ADDED: Explanation(
        "altered",
        "“{field}”签署之后，页面上叠加了图文、批注或印章。",
        "Something was drawn over a page after “{field}” was made: content, an annotation or a stamp.",
    ),
    Finding.FIELD_CHANGED: Explanation(
        "altered",
        "“{field}”签署之后，表单内容被填写、改动或锁定的内容被改动。",
        "A form field was filled in, changed or exchanged after “{field}” was made.",
    ),
    Finding.APPEARANCE_CHANGED: Explanation(
        "altered",
        "“{field}”签署之后，签名的外观被替换。",
        "The picture of a signature was replaced after “{field}” was made.",
    ),
    Finding.VALIDATION_DATA_CHANGED: Explanation(
        "altered",
        "“{field}”签署之后，文件内的验证资料（证书、吊销信息）被替换或删除。",
        "Validation data (certificates, revocation) was replaced or removed after “{field}” was made.",
    ),
    Finding.SIGNED_AFTER_SEAL: Explanation(
        "altered",
        "合同由平台封存之后又有人签名；封存后只允许增加验证资料和时间戳。",
        "“{field}” was added after the contract was sealed, when only validation data and time-stamps may be added.",
    ),
    Finding.CONTENT_CHANGED_INCREMENTALLY: Explanation(
        "altered",
        "“{field}”签署之后，文件内容被增量修改。",
        "The file was changed after “{field}” was made, by an incremental update.",
    ),
    Finding.CERTIFICATE_REVOKED: Explanation(
        "unrecognised",
        "签名“{field}”的证书在签名时已被吊销。",
        "“{field}” isn't trusted: its certificate was revoked when it was made.",
    ),
    Finding.CERTIFICATE_EXPIRED: Explanation(
        "unrecognised",
        "签名“{field}”的证书在签名时已过期，或无法证明它是在有效期内签的。",
        "“{field}” isn't trusted: its certificate had expired, or nothing proves that it was made before.",
    ),
    Finding.CERTIFICATE_NOT_YET_VALID: Explanation(
        "unrecognised",
        "签名“{field}”的证书在签名时尚未生效。",
        "“{field}” isn't trusted: its certificate wasn't valid yet when it was made.",
    ),
    Finding.CERTIFICATE_UNSUITABLE: Explanation(
        "unrecognised",
        "签名“{field}”的证书不是用于签名的证书。",
        "“{field}” isn't trusted: its certificate isn't meant for signing documents.",
    ),
    Finding.CERTIFICATE_INVALID: Explanation(
        "unrecognised",
        "签名“{field}”的证书链不成立。",
        "“{field}” isn't trusted: the chain of its certificates doesn't hold.",
    ),
    Finding.UNTRUSTED_ROOT: Explanation(
        "unrecognised",
        "签名“{field}”完好，但签发其证书的机构不在信任之列。",
        "“{field}” is intact but isn't trusted: its certificate leads to no trusted root.",
    ),
    Finding.TIMESTAMP_UNTRUSTED: Explanation(
        "unrecognised",
        "“{field}”完好，但其时间戳机构不在信任之列。",
        "“{field}” is intact but isn't trusted: no trusted root stands behind its time-stamp authority.",
    ),
    Finding.TIME_MISSING: Explanation(
        "unrecognised",
        "签名“{field}”没有给出时间，无法判断其证书当时是否有效。",
        "“{field}” isn't trusted: it names no time at which its certificate could be judged.",
    ),
    Finding.WEAK_ALGORITHM: Explanation(
        "unrecognised",
        "签名“{field}”使用了已不安全的算法。",
        "“{field}” isn't trusted: it uses an algorithm that is no longer safe.",
    ),
    Finding.UNSUPPORTED_SIGNATURE: Explanation(
        "unrecognised",
        "签名“{field}”的格式无法识别，不能判断真伪。",
        "“{field}” is a kind of signature that can't be judged here.",
    ),
    Finding.ENCRYPTED: Explanation("malformed", "文件已加密，无法验证。", "The file is encrypted."),
    Finding.TOO_MANY_SIGNATURES: Explanation(
        "malformed", "文件中的签名过多，未予验证。", "The file has too many signatures."
    ),
    Finding.TOO_COMPLEX: Explanation(
        "malformed",
        "文件过于复杂，无法在限定的时间和内存内安全读取。",
        "The file can't be read safely within the limits of time and memory.",
    ),
    Finding.MALFORMED: Explanation(
        "malformed", "无法把这个文件当作带签名的 PDF 读取。", "The file can't be read as a PDF with signatures."
    ),
}

AUTHENTIC = Explanation(
    "authentic",
    "所有签名均有效，签名之后文件未被改动。",
    "Every signature holds, and nothing was changed since.",
)
UNSIGNED = Explanation("unsigned", "文件中没有签名。", "The file carries no signature.")
TIMESTAMPED_ONLY = Explanation(
    "unsigned",
    "文件中没有任何人的签名，只有文件时间戳：它只证明文件当时已存在，任何人都可以加盖。",
    "Nobody signed the file. Its document timestamps only prove that it existed then, and anybody can have one.",
)
"""Intact document timestamps alone, which anybody gets for any file, must never look like somebody's signature."""
