"""Everything the rules and the draft need to know of a text, read once. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from performance.policy import PartyRole
from performance.review.extraction import amounts as money
from performance.review.extraction import dates, schedule
from performance.review.extraction.amounts import Amount, ContractAmount, Pair
from performance.review.extraction.dates import DayMention, Period
from performance.review.extraction.parties import Party, parties
from performance.review.extraction.schedule import Milestone
from performance.review.text import ContractText, Passage


class ContractKind(StrEnum):
    """What decides which terms a contract needs. `supply`: bulk over months (coal, power, chemicals)."""

    GOODS = "goods"
    WORKS = "works"
    SUPPLY = "supply"
    LEASE = "lease"
    SERVICE = "service"
    LABOUR = "labour"


_KINDS: tuple[tuple[ContractKind, str], ...] = (
    (ContractKind.LABOUR, "劳动|用工|聘用"),
    (ContractKind.LEASE, "租赁|承租|出租"),
    (ContractKind.WORKS, "施工|装修|装饰|建设工程|建筑工程|改造工程"),
    (ContractKind.SUPPLY, "煤|中长期|长期供|长期购|大宗|甲醇长"),
    (ContractKind.SERVICE, "服务|咨询|委托|托管|勘察|设计|监理|培训|运维|开发|合作|物业"),
    (ContractKind.GOODS, "采购|买卖|购销|供货|定[做作]|订货|供应"),
)
_TITLE = re.compile(r"[^:。;,|]{2,60}(?:合同|协议)书?(?:\([^()]{1,8}\))?")
_TITLE_LINES = 6
_NUMBER = re.compile(
    r"(?:合同|协议|项目|采购|招标)?(?:编号|合同号|项目号|文号) ?:? ?"
    r"([A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff()〔〕\[\]/._-]{2,39})"
)
_ASIDE = re.compile("试用期|原合同")
_PUBLIC = re.compile(
    r"局|政府|委员会|办公室|办事处|中心$|医院|保健院|中学|小学|学校|大学|图书馆|检察院|法院|支队|大队|街道|合作社联合社"
)


@dataclass(frozen=True)
class Reading:
    """A text with all that is found in it. The parts are found when they are first asked for."""

    text: ContractText

    @cached_property
    def title(self) -> Passage | None:
        for line in self.text.lines[:_TITLE_LINES]:
            if _TITLE.fullmatch(line.text):
                return line
        return None

    @cached_property
    def kind(self) -> ContractKind:
        """By the title; goods if it says nothing."""
        title = self.title.text if self.title else self.text.body[:200]
        return next((kind for kind, words in _KINDS if re.search(words, title)), ContractKind.GOODS)

    @cached_property
    def number(self) -> Passage | None:
        """The contract's own number, near its head."""
        for line in self.text.lines[:_TITLE_LINES]:
            match = _NUMBER.match(line.text)
            if match:
                return Passage(match[1], line.start + match.start(1))
        return None

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        return parties(self.text)

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        return money.amounts(self.text.body)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        return money.pairs(self.text.body, self.amounts)

    @cached_property
    def amount(self) -> ContractAmount | None:
        return money.contract_amount(self.text, self.amounts, self.pairs)

    @cached_property
    def days(self) -> tuple[DayMention, ...]:
        return dates.days(self.text.body)

    @cached_property
    def signed(self) -> tuple[DayMention, int] | None:
        return dates.signed_on(self.text, self.days)

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        return dates.periods(self.text.body, self.days)

    @cached_property
    def term(self) -> Period | None:
        """From when to when it is performed: the first period that can be and isn't about something else."""
        for period in self.periods:
            if period.is_possible and not _ASIDE.search(
                self.text.body[max(0, period.first.start - 10) : period.first.start]
            ):
                return period
        return None

    @cached_property
    def payments(self) -> tuple[Milestone, ...]:
        if self.kind is ContractKind.LABOUR:
            return ()  # Wages are no instalments.
        return schedule.payments(self.text, self.amounts, self.days)

    @cached_property
    def deliveries(self) -> tuple[Milestone, ...]:
        works = self.term if self.kind is ContractKind.WORKS else None
        return schedule.deliveries(self.text, self.days, works)

    @property
    def is_public(self) -> bool:
        """Whether the purchaser is a government body or a public institution, by its code or its name."""
        purchaser = next((party for party in self.parties if party.role is PartyRole.PURCHASER), None)
        if purchaser is None or "公司" in purchaser.name.text:
            return False
        has_code = purchaser.code is not None and purchaser.code.text.startswith("1")
        return has_code or bool(_PUBLIC.search(purchaser.name.text))
