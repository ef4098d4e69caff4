"""What a public demand 催告公示 says, from the facts of its obligation; pure.

The public reads who is to do what since when, and on whose demand. Everything else is shown only if the officer
names it (`shows`): what isn't named is withheld by itself, so that a secret must never be remembered to be left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from performance.masking import masked_party, masked_text


class ShownField(StrEnum):
    """What may be shown beyond the least."""

    CONTRACT_TITLE = "contract_title"
    CONTRACT_NUMBER = "contract_number"
    OBLIGATION_TITLE = "obligation_title"
    COUNTERPARTY = "counterparty"
    AMOUNT = "amount"


class WithheldReason(StrEnum):
    """国家秘密, 商业秘密, 个人信息, or simply not needed (R16)."""

    STATE_SECRET = "state_secret"  # noqa: S105 - a ground, not a secret
    BUSINESS_SECRET = "business_secret"  # noqa: S105
    PERSONAL_INFORMATION = "personal_information"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class Publication:
    """What the officer decides. `days`: how long; None for the region's own. `because`: why a field is withheld."""

    shows: frozenset[ShownField] = frozenset()
    because: Mapping[ShownField, WithheldReason] = field(default_factory=dict)
    remark: str = ""
    days: int | None = None


@dataclass(frozen=True, slots=True)
class DemandFacts:
    """Of the obligation, in the words of the register. `amount` is `480000.00 CNY`."""

    debtor_name: str
    debtor_uscc: str
    kind_zh: str
    kind_en: str
    due_on: date
    days_late: int
    authority: str
    optional: Mapping[ShownField, str]


def published_content(facts: DemandFacts, publication: Publication) -> dict[str, object]:
    """All that the public reads; JSON."""
    debtor = masked_party(facts.debtor_name, facts.debtor_uscc)
    shown = {
        str(name): masked_text(text)
        for name, text in facts.optional.items()
        if name in publication.shows and name not in publication.because
    }
    due = facts.due_on.isoformat()
    zh = (
        f"{debtor}：你单位应于 {due} 前履行的{facts.kind_zh}义务至今未履行，已逾期 {facts.days_late} 日。"
        f"现予催告公示，请立即履行。履行完成后本公示即行终止，不作为失信信息记录。"
    )
    en = (
        f"{debtor}: your obligation ({facts.kind_en}), due on {due}, is {facts.days_late} days late. "
        f"You are called upon in public to perform it now. Once it is met this notice ends and leaves no mark."
    )
    return {
        "debtor": debtor,
        "authority": facts.authority,
        "due_on": due,
        "days_late": facts.days_late,
        "text_zh": zh,
        "text_en": en,
        "remark": masked_text(publication.remark),
        "shown": shown,
    }


def withheld_fields(facts: DemandFacts, publication: Publication) -> list[dict[str, str]]:
    """Which optional facts are not shown, and why."""
    return [
        {"field": str(name), "because": str(publication.because.get(name, WithheldReason.NOT_NEEDED))}
        for name in facts.optional
        if name not in publication.shows or name in publication.because
    ]
