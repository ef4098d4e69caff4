"""Pure checks of a contract before it enters the register: its elements (R2) and its class (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from accounts.policy import OrganisationKind, check_uscc
from accounts.service import check_phone
from core.clock import check_day
from core.money import Money
from performance.due_dates.errors import DueRuleInvalid
from performance.due_dates.policy import DueRule, Occurrence, Recurrence, check_rule, occurrences
from performance.errors import (
    AmountNegative,
    ContactMissing,
    DueBeforeSigning,
    ObligationMissing,
    PartiesIncomplete,
    SignedInFuture,
    SilencePeriodInvalid,
)
from performance.late_interest.policy import AgreedRate
from performance.policy import ObligationKind, PartyRole

LONGEST_SILENCE = 365


@dataclass(frozen=True, slots=True)
class ContactElement:
    """A contact a party leaves. `phone` as dialled; `language` is `zh` or `en`."""

    name: str
    phone: str
    email: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class PartyElement:
    """A party. Without `kind` its account says, or else the registering authority in its code."""

    role: PartyRole
    name: str
    uscc: str
    contacts: tuple[ContactElement, ...]
    kind: OrganisationKind | None = None


@dataclass(frozen=True, slots=True)
class ObligationElement:
    """What one side owes the other by `due_on` (the whole day, China), or by the day `rule` gives: exactly one of the
    two. The creditor is the other side. A `Recurrence` stands for as many obligations as it has occurrences."""

    kind: ObligationKind
    title: str
    debtor_role: PartyRole
    due_on: date | None
    amount: Money | None = None
    quantity: str | None = None
    rule: DueRule | Recurrence | Occurrence | None = None

    @property
    def named_day(self) -> date | None:
        """The day the contract itself names."""
        return self.rule.counted_to if isinstance(self.rule, Occurrence) else self.due_on


@dataclass(frozen=True, slots=True)
class ContractElements:
    """The elements of a contract (R2): 合同名称, 签订主体, 内容概要, 合同金额, 签订日期, 到期履行日期.

    With `signed_on` it was signed elsewhere; with `envelope_id` it is being signed here; with neither it's a draft.

    `unit_uscc` is the unit whose entry it is, if an officer enters it for one below theirs; `late_reason` is why it is
    filed late; `acknowledges_duplicate`: whoever enters it has seen that another contract looks the same.
    `silence_days`: a claim nobody answers within so many days is confirmed. `late_interest`: the contract's own rate.
    """

    title: str
    class_code: str
    parties: tuple[PartyElement, ...]
    obligations: tuple[ObligationElement, ...]
    summary: str = ""
    amount: Money | None = None
    form: str = "contract"
    number: str | None = None
    region: str | None = None
    signed_on: date | None = None
    performance_due_on: date | None = None
    envelope_id: UUID | None = None
    unit_uscc: str | None = None
    late_reason: str = ""
    acknowledges_duplicate: bool = False
    silence_days: int | None = None
    late_interest: AgreedRate | None = None


def check_elements(elements: ContractElements, today: date) -> None:
    """Checks what the register can't do without.

    An unsigned contract can't be signed before today, so today stands for its signing date.
    Raises `PartiesIncomplete`, `InvalidUSCC`, `ContactMissing`, `InvalidPhone`, `ObligationMissing`, `AmountNegative`,
    `InvalidDay`, `SignedInFuture`, `DueBeforeSigning`, `DueRuleInvalid`, `SilencePeriodInvalid` or `RateInvalid`.
    """
    _check_parties(elements.parties)
    if not elements.obligations:
        raise ObligationMissing
    _check_rules(elements.obligations)
    if elements.silence_days is not None and not 1 <= elements.silence_days <= LONGEST_SILENCE:
        raise SilencePeriodInvalid(longest=LONGEST_SILENCE)
    _check_amounts(elements)
    if elements.signed_on is not None and check_day(elements.signed_on) > today:
        raise SignedInFuture(signed_on=elements.signed_on.isoformat(), today=today.isoformat())
    _check_due_dates(elements, elements.signed_on or today)


def _check_parties(parties: Sequence[PartyElement]) -> None:
    for party in parties:
        check_uscc(party.uscc)
    roles = sorted(party.role for party in parties)
    if roles != [PartyRole.PURCHASER, PartyRole.SUPPLIER] or len({party.uscc for party in parties}) != 2:
        raise PartiesIncomplete
    for party in parties:
        if not party.contacts:
            raise ContactMissing(party=party.name)
        for contact in party.contacts:
            check_phone(contact.phone)


def _check_amounts(elements: ContractElements) -> None:
    amounts = [(elements.title, elements.amount)]
    amounts += [(obligation.title, obligation.amount) for obligation in elements.obligations]
    for title, amount in amounts:
        if amount is not None and amount.minor < 0:
            raise AmountNegative(title=title, amount=str(amount))


def _check_due_dates(elements: ContractElements, signed_on: date) -> None:
    due_dates = [(each.title, each.named_day) for each in elements.obligations if each.named_day is not None]
    if elements.performance_due_on is not None:
        due_dates.append((elements.title, elements.performance_due_on))
    for title, due_on in due_dates:
        if check_day(due_on) < signed_on:
            raise DueBeforeSigning(title=title, due_on=due_on.isoformat(), signed_on=signed_on.isoformat())


def performance_due_on(elements: ContractElements) -> date | None:
    """到期履行日期: as written, or the last day the contract names; None if it names none."""
    named = [each.named_day for each in elements.obligations if each.named_day is not None]
    return elements.performance_due_on or max(named, default=None)


def expand_recurring(elements: ContractElements) -> ContractElements:
    """Every occurrence an obligation of its own, in the place of the recurrence. Raises `RecurrenceInvalid`.

    Rules that wait for another obligation name it by its place as entered; here they get its place as it will be. None
    waits for what recurs: it would not be said for which time. Raises `DueRuleInvalid`.
    """
    place: dict[int, int] = {}
    whole: list[ObligationElement] = []
    for entered, element in enumerate(elements.obligations, start=1):
        rule = element.rule
        if isinstance(rule, Recurrence):
            whole += [
                replace(element, title=f"{element.title[:180]}（{each.counted_to:%Y-%m}）", rule=each)
                for each in occurrences(rule)
            ]
            continue
        if isinstance(rule, DueRule) and rule.after_position is not None:
            after = place.get(rule.after_position)
            if after is None:
                raise DueRuleInvalid(
                    title=element.title,
                    reason_zh="只能以排在前面、不重复的节点起算",
                    reason_en="it can only wait for an obligation before it that doesn't recur",
                )
            element = replace(element, rule=replace(rule, after_position=after))  # noqa: PLW2901 - the same one, placed
        whole.append(element)
        place[entered] = len(whole)
    return replace(elements, obligations=tuple(whole))


def _check_rules(obligations: Sequence[ObligationElement]) -> None:
    for position, each in enumerate(obligations, start=1):
        if (each.due_on is None) == (each.rule is None):
            raise DueRuleInvalid(
                title=each.title,
                reason_zh="到期日与期限规则须且只须填一项",
                reason_en="it has exactly one of a day and a rule",
            )
        if isinstance(each.rule, DueRule):
            check_rule(each.rule, each.title, position, len(obligations))


def creditor_of(debtor: PartyRole) -> PartyRole:
    """The other side."""
    return PartyRole.SUPPLIER if debtor is PartyRole.PURCHASER else PartyRole.PURCHASER


def kind_of_party(uscc: str, account_kind: str | None) -> OrganisationKind:
    """What the account says if it is one of the two kinds a party can be; else what the code says."""
    if account_kind in {OrganisationKind.GOVERNMENT, OrganisationKind.ENTERPRISE}:
        return OrganisationKind(account_kind)
    return kind_of_uscc(uscc)


def kind_of_uscc(uscc: str) -> OrganisationKind:
    """Government bodies and public institutions are registered by 机构编制 (GB 32100-2015, position 1 = 1)."""
    return OrganisationKind.GOVERNMENT if uscc.startswith("1") else OrganisationKind.ENTERPRISE
