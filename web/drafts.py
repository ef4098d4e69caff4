"""Reads the form of a new contract into what signing and performance understand (pure).

Repeated fields (`obligation_title`, `obligation_due_on` …) belong together by their position; a row without a title
and a date is an empty one and is left out. The contract is the first document, the others are its annexes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from starlette.datastructures import FormData

from core.money import Money
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.policy import ObligationKind, PartyRole
from signing.plan import FieldKind, NewEnvelope, NewField, NewRecipient
from signing.policy import RecipientRole
from web.errors import FormIncomplete

SIDES = (PartyRole.PURCHASER, PartyRole.SUPPLIER)
OBLIGATION_FIELDS = ("title", "kind", "debtor", "due_on", "amount")
FEWEST_ROWS = 3
BOTH_AT_ONCE = "both"


# Left, top, width and height in per cent of the page: side by side, as Chinese contracts usually are signed, with
# room for a round seal below each signature.
USUAL_BOXES = {PartyRole.PURCHASER: (10.0, 40.0, 36.0, 10.0), PartyRole.SUPPLIER: (54.0, 40.0, 36.0, 10.0)}
USUAL_SEALS = {PartyRole.PURCHASER: (17.0, 52.0, 20.0, 14.1), PartyRole.SUPPLIER: (61.0, 52.0, 20.0, 14.1)}
# The top and the height of the seal across the pages' edges: one above the other, so that both parties' fit.
CROSS_PAGE = {PartyRole.PURCHASER: (0.30, 0.14), PartyRole.SUPPLIER: (0.55, 0.14)}
_SLICE_WIDTH = 0.04


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it was typed, to be read and, if something is wrong, to be shown again.

    `document_ids` and `pages` (their numbers of pages) are those of the contract and its annexes.
    """

    form: FormData
    document_ids: Sequence[UUID]
    pages: Sequence[int]

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def is_set(self, name: str) -> bool:
        return self.text(name) == "yes"

    @property
    def is_test(self) -> bool:
        return self.is_set("is_test")

    def rows(self) -> list[dict[str, str]]:
        """The obligation rows as typed, the empty ones left out."""
        columns = [self.form.getlist(f"obligation_{name}") for name in OBLIGATION_FIELDS]
        typed = [[str(cell).strip() for cell in cells] for cells in zip(*columns, strict=False)]
        rows = [dict(zip(OBLIGATION_FIELDS, cells, strict=True)) for cells in typed]
        return [row for row in rows if row["title"] or row["due_on"] or row["amount"]]

    def envelope(self, now: datetime) -> NewEnvelope:
        """Raises `FormIncomplete`; `SigningService.create_envelope` checks the rest."""
        days = self._whole("expires_in_days")
        return NewEnvelope(
            document_ids=self.document_ids,
            title=self._required("title"),
            recipients=self._recipients(),
            fields=[field for side in SIDES for field in self._fields(side)],
            expires_at=now + timedelta(days=min(days, 10_000)) if days is not None else None,
            contract_class=self._required("class_code"),
            is_test=self.is_test,
            may_delegate=self.is_set("may_delegate"),
            remind_every_days=self._whole("remind_every_days"),
        )

    def elements(self, envelope_id: UUID) -> ContractElements:
        """Raises `FormIncomplete` or `InvalidAmount`; `PerformanceService.enter_contract` checks the rest."""
        return ContractElements(
            title=self._required("title"),
            number=self.text("number") or None,
            class_code=self._required("class_code"),
            summary=self.text("summary"),
            amount=_money(self.text("amount")),
            parties=tuple(self._party(side) for side in SIDES),
            obligations=tuple(self._obligation(row) for row in self.rows()),
            envelope_id=envelope_id,
        )

    def _required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise FormIncomplete(fields=name)
        return value

    def _recipients(self) -> list[NewRecipient]:
        """In turns: an approver, then each side's signer and after them its seal; or both sides at once."""
        first = self.text("first_signer") or PartyRole.PURCHASER
        sides = sorted(SIDES, key=lambda side: side != first)
        signers = [[self._person(side, side, RecipientRole.SIGNER)] for side in sides]
        seals = [
            [self._person(f"{side}_seal", side, RecipientRole.SEAL)] if self._seals(side) else [] for side in sides
        ]
        if first == BOTH_AT_ONCE:
            turns = [[*signers[0], *signers[1]], [*seals[0], *seals[1]]]
        else:
            turns = [signers[0], seals[0], signers[1], seals[1]]
        if self.text("approver_name") or self.text("approver_phone"):
            turns = [[self._person("approver", self._approving_side(), RecipientRole.APPROVER)], *turns]
        made = [turn for turn in turns if turn]
        return [replace(recipient, order=order) for order, turn in enumerate(made, 1) for recipient in turn]

    def _approving_side(self) -> PartyRole:
        chosen = self.text("approver_side")
        return PartyRole(chosen) if chosen in SIDES else PartyRole.PURCHASER

    def _seals(self, side: PartyRole) -> bool:
        return self.is_set(f"{side}_has_seal")

    def _person(self, key: str, side: PartyRole, role: RecipientRole) -> NewRecipient:
        """The signer's own fields are named after their side; whoever seals is the signer unless somebody is named."""
        name, phone, email = f"{key}_name", f"{key}_phone", ""
        if role is RecipientRole.SIGNER:
            name, email = f"{side}_signer", f"{side}_email"
        elif role is RecipientRole.SEAL and not self.text(name) and not self.text(phone):
            name, phone = f"{side}_signer", f"{side}_phone"
        return NewRecipient(
            key=key,
            name=self._required(name),
            phone=self._required(phone),
            email=(self.text(email) or None) if email else None,
            organisation_name=self._required(f"{side}_name"),
            uscc=self._required(f"{side}_uscc").upper(),
            role=role,
        )

    def _fields(self, side: PartyRole) -> Iterator[NewField]:
        yield self._box(f"{side}_signature", side, FieldKind.SIGNATURE, f"{side}_box")
        if self.is_set("sign_annexes"):
            signature = self._box(f"{side}_signature", side, FieldKind.SIGNATURE, f"{side}_box")
            yield from self._on_annexes(signature)
        if self._seals(side):
            yield self._box(f"{side}_seal", f"{side}_seal", FieldKind.SEAL, f"{side}_seal_box")
            yield from self._across(side)

    def _box(self, name: str, key: str, kind: FieldKind, form: str) -> NewField:
        numbers = [self._number(f"{form}_{part}") for part in ("x", "y", "width", "height")]
        x, y, width, height = (number / 100 for number in numbers)
        page = int(self._number(f"{form}_page"))
        return NewField(name, key, kind, page, x, y, width, height)

    def _on_annexes(self, signature: NewField) -> Iterator[NewField]:
        """The signature again, at the same place of every annex's last page."""
        for position, pages in enumerate(self.pages[1:], 2):
            yield NewField(
                f"{signature.name}_{position}",
                signature.recipient_key,
                signature.kind,
                pages,
                signature.x,
                signature.y,
                signature.width,
                signature.height,
                document=position,
            )

    def _across(self, side: PartyRole) -> Iterator[NewField]:
        """The cross-page seal 骑缝章 of every document that has an edge to seal: at least two pages."""
        if not self.is_set(f"{side}_cross_page"):
            return
        top, height = CROSS_PAGE[side]
        for position, pages in enumerate(self.pages, 1):
            if pages > 1:
                name = f"{side}_cross_page_{position}"
                kind = FieldKind.CROSS_PAGE_SEAL
                yield NewField(name, f"{side}_seal", kind, 1, 0, top, _SLICE_WIDTH, height, document=position)

    def _number(self, name: str) -> float:
        try:
            number = float(self.text(name))
            int(number)
        except (ValueError, OverflowError) as error:
            raise FormIncomplete(fields=name) from error
        return number

    def _whole(self, name: str) -> int | None:
        """A whole number, or None if nothing is typed. Raises `FormIncomplete`."""
        if not self.text(name):
            return None
        if not (self.text(name).isdecimal() and len(self.text(name)) <= 6):
            raise FormIncomplete(fields=name)
        return int(self.text(name))

    def _party(self, side: PartyRole) -> PartyElement:
        contact = ContactElement(
            name=self.text(f"{side}_contact") or self._required(f"{side}_signer"),
            phone=self.text(f"{side}_contact_phone") or self._required(f"{side}_phone"),
            email=self.text(f"{side}_email") or None,
        )
        uscc = self._required(f"{side}_uscc").upper()
        return PartyElement(side, self._required(f"{side}_name"), uscc, (contact,))

    @staticmethod
    def _obligation(row: dict[str, str]) -> ObligationElement:
        try:
            kind, debtor = ObligationKind(row["kind"]), PartyRole(row["debtor"])
            due_on = date.fromisoformat(row["due_on"])
        except ValueError as error:
            raise FormIncomplete(fields=row["title"] or "obligation") from error
        if not row["title"]:
            raise FormIncomplete(fields="obligation_title")
        return ObligationElement(kind, row["title"], debtor, due_on, _money(row["amount"]))


def shown_rows(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The typed rows and enough empty ones to go on."""
    empty = dict.fromkeys(OBLIGATION_FIELDS, "")
    return [*rows, *(empty for _ in range(max(1, FEWEST_ROWS - len(rows))))]


def _money(text: str) -> Money | None:
    """People write `480,000.00`; the separators don't change what they mean."""
    plain = text.replace(",", "").replace("，", "").lstrip("¥￥")
    return Money.parse(plain) if plain else None
