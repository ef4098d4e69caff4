"""R06: who contracts must be the same throughout, under a code that can exist."""

from collections.abc import Iterator

from performance.review.reading import Reading
from performance.review.rule import Case, Hit, Severity

_CHECKSUM = Case(
    "R06.checksum",
    Severity.HIGH,
    "GB 32100-2015",
    "{party}的统一社会信用代码 {code} 有误：{reason_zh}。",
    "The unified social credit code {code} is wrong: {reason_en}.",
    "请对照营业执照或登记证书更正。",
    "Compare it with the business licence and correct it.",
)
_NAME = Case(
    "R06.name_differs",
    Severity.HIGH,
    "民法典第四百七十条、第四百九十条",
    "{label}名称前后不一致：首部为“{head}”，签署处为“{signed}”。",
    "A party is called {head} at the head and {signed} where it signs.",
    "请核对主体并统一名称，与印章一致。",
    "Find out who contracts, and use one name, that of the seal.",
)


def identities(reading: Reading) -> Iterator[Hit]:
    for party in reading.parties:
        code, signed = party.code, party.signed_as
        if code is not None and code.problem is not None:
            zh, en = code.problem
            yield _CHECKSUM.at(
                code.start, code.end, 97, party=party.name.text, code=code.text, reason_zh=zh, reason_en=en
            )
        if signed is not None and signed.text != party.name.text:
            yield _NAME.at(signed.start, signed.end, 92, label=party.label, head=party.name.text, signed=signed.text)
