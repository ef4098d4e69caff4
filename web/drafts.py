"""Reads the form of a new contract into what signing and performance understand (pure).

Repeated fields (`obligation_title`, `obligation_due_on` …) belong together by their position; a row without a title
and a date is an empty one and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from starlette.datastructures import FormData

from core.money import Money
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.policy import ObligationKind, PartyRole
from signing.plan import FieldKind, NewEnvelope, NewField, NewRecipient
from web.errors import FormIncomplete

SIDES = (PartyRole.PURCHASER, PartyRole.SUPPLIER)
OBLIGATION_FIELDS = ("title", "kind", "debtor", "due_on", "amount")
FEWEST_ROWS = 3


# Left, top, width and height in per cent of the page: side by side, as Chinese contracts usually are signed.
USUAL_BOXES = {PartyRole.PURCHASER: (10.0, 40.0, 36.0, 10.0), PartyRole.SUPPLIER: (54.0, 40.0, 36.0, 10.0)}


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it was typed, to be read and, if something is wrong, to be shown again."""

    form: FormData
    document_id: UUID

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def rows(self) -> list[dict[str, str]]:
        """The obligation rows as typed, the empty ones left out."""
        columns = [self.form.getlist(f"obligation_{name}") for name in OBLIGATION_FIELDS]
        typed = [[str(cell).strip() for cell in cells] for cells in zip(*columns, strict=False)]
        rows = [dict(zip(OBLIGATION_FIELDS, cells, strict=True)) for cells in typed]
        return [row for row in rows if row["title"] or row["due_on"] or row["amount"]]

    def envelope(self) -> NewEnvelope:
        """Raises `FormIncomplete`; `SigningService.create_envelope` checks the rest."""
        first = self.text("first_signer") or PartyRole.PURCHASER
        return NewEnvelope(
            document_ids=[self.document_id],
            title=self._required("title"),
            recipients=[self._recipient(side, order=1 if side == first else 2) for side in SIDES],
            fields=[self._signature(side) for side in SIDES],
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

    def _recipient(self, side: PartyRole, order: int) -> NewRecipient:
        return NewRecipient(
            key=side,
            name=self._required(f"{side}_signer"),
            phone=self._required(f"{side}_phone"),
            email=self.text(f"{side}_email") or None,
            organisation_name=self._required(f"{side}_name"),
            uscc=self._required(f"{side}_uscc").upper(),
            order=order,
        )

    def _signature(self, side: PartyRole) -> NewField:
        numbers = [self._number(f"{side}_box_{name}") for name in ("x", "y", "width", "height")]
        x, y, width, height = (number / 100 for number in numbers)
        page = int(self._number(f"{side}_box_page"))
        return NewField(f"{side}_signature", side, FieldKind.SIGNATURE, page, x, y, width, height)

    def _number(self, name: str) -> float:
        try:
            return float(self.text(name))
        except ValueError as error:
            raise FormIncomplete(fields=name) from error

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
