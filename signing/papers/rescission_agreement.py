"""合同解除协议: the agreement by which all who signed a contract rescind it (民法典 §562).

A pure function from facts to a PDF and the boxes in it: the same facts give the same bytes. Boxes are laid out with the
text, so that they never overlap each other or a line of it, on as many pages as the parties need.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from core.clock import CHINA
from ledger.package.drawing import local_time
from ledger.verifier.verdict import Statement
from signing.papers import layout
from signing.papers import rescission_wording as wording
from signing.plan import FieldKind
from signing.policy import RecipientRole

_GAP = 6 * mm
_CARD = (layout.WIDTH - _GAP) / 2
_BOX_SIZES = {
    FieldKind.SIGNATURE: (70 * mm, 20 * mm),
    FieldKind.SEAL: (42 * mm, 42 * mm),
    FieldKind.DATE: (36 * mm, 6 * mm),
}


@dataclass(frozen=True, slots=True)
class RescissionParty:
    """Somebody who signed the contract, and must sign that it is rescinded. `role` is signer or seal."""

    key: str
    name: str
    organisation_name: str
    uscc: str
    role: RecipientRole


@dataclass(frozen=True, slots=True)
class RescissionFacts:
    """What the agreement says. `envelope` is the contract's public id, `documents` are names and SHA-256 digests of
    its files as completed, `date` is the day in China on which the agreement is drawn up, `YYYY-MM-DD`."""

    title: str
    envelope: str
    completed_at: datetime
    documents: Sequence[tuple[str, str]]
    parties: Sequence[RescissionParty]
    reason: str
    date: str


@dataclass(frozen=True, slots=True)
class RescissionBox:
    """Parts of the visible page, 0 to 1, from its top left corner; pages count from 1."""

    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class RescissionAgreement:
    """The PDF, and by each party's key the boxes it signs in: one for signature or seal, and one for the date."""

    data: bytes
    boxes: Mapping[str, Sequence[RescissionBox]]


class _Box(Flowable):  # type: ignore[misc]
    """An empty box that remembers where it was drawn."""

    def __init__(self, kind: FieldKind, boxes: list[RescissionBox]) -> None:
        super().__init__()
        self._kind, self._boxes = kind, boxes
        self.width, self.height = _BOX_SIZES[kind]

    def wrap(self, _available_width: float, _available_height: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        self.canv.saveState()
        self.canv.setStrokeColor(layout.RULE)
        self.canv.setLineWidth(0.5)
        self.canv.rect(0, 0, self.width, self.height)
        self.canv.restoreState()
        x, y = self.canv.absolutePosition(0, 0)
        self._boxes.append(
            RescissionBox(
                kind=self._kind,
                page=self.canv.getPageNumber(),
                x=x / layout.PAGE_WIDTH,
                y=1 - (y + self.height) / layout.PAGE_HEIGHT,
                width=self.width / layout.PAGE_WIDTH,
                height=self.height / layout.PAGE_HEIGHT,
            )
        )


def rescission_agreement(facts: RescissionFacts) -> RescissionAgreement:
    boxes: dict[str, list[RescissionBox]] = defaultdict(list)
    story = [
        *layout.title(wording.TITLE),
        _summary(facts),
        Spacer(1, 4 * mm),
        *layout.clause(wording.PREAMBLE),
        *layout.heading(wording.PARTIES),
        _parties(facts),
        *_articles(facts),
        *layout.heading(wording.SIGNATURES, room=80 * mm),
        *_signature_cards(facts, boxes),
        Spacer(1, 2 * mm),
        *layout.note(wording.ORIGIN),
    ]
    made_at = datetime.combine(datetime.fromisoformat(facts.date), time(), CHINA)
    data = layout.draw(story, layout.Furniture(wording.TITLE, facts.envelope, made_at))
    return RescissionAgreement(data, dict(boxes))


def _summary(facts: RescissionFacts) -> Flowable:
    return layout.fact_table(
        [
            (wording.CONTRACT_TITLE, facts.title),
            (wording.CONTRACT_NUMBER, facts.envelope),
            (wording.CONTRACT_COMPLETED, local_time(facts.completed_at)),
            (wording.AGREEMENT_DATE, facts.date),
        ]
    )


def _parties(facts: RescissionFacts) -> Flowable:
    rows: list[list[Statement | str]] = [
        [
            str(number),
            party.organisation_name,
            party.uscc,
            party.name,
            wording.BY_SEAL if party.role is RecipientRole.SEAL else wording.BY_SIGNATURE,
        ]
        for number, party in enumerate(facts.parties, 1)
    ]
    head = [wording.NUMBER, wording.ORGANISATION, wording.USCC, wording.PERSON, wording.CAPACITY]
    return layout.grid(head, rows, [0.08, 0.34, 0.24, 0.17, 0.17])


def _articles(facts: RescissionFacts) -> list[Flowable]:
    parts: list[Flowable] = []
    for place, (name, text) in enumerate(wording.ARTICLES):
        parts += [*layout.heading(name), *layout.clause(text)]
        if place == wording.DOCUMENTS_ARTICLE:
            rows = [[str(number), name, sha256] for number, (name, sha256) in enumerate(facts.documents, 1)]
            head = [wording.NUMBER, wording.FILE_NAME, Statement("SHA-256 摘要", "SHA-256 digest")]
            parts.append(layout.grid(head, rows, [0.07, 0.31, 0.62]))
        if place == wording.REASON_ARTICLE:
            parts.append(layout.quoted(facts.reason))
    return parts


def _signature_cards(facts: RescissionFacts, boxes: dict[str, list[RescissionBox]]) -> list[Flowable]:
    """Two beside each other; a row is never torn apart by the end of a page."""
    cards = [_card(number, party, boxes[party.key]) for number, party in enumerate(facts.parties, 1)]
    rows = [cards[start : start + 2] for start in range(0, len(cards), 2)]
    return [part for row in rows for part in (_card_row(row), Spacer(1, 4 * mm))]


def _card_row(cards: list[list[Flowable]]) -> Flowable:
    edges = [("BOX", (2 * column, 0), (2 * column, 0), 0.6, layout.INK) for column in range(len(cards))]
    cells: list[list[Flowable] | str] = [cards[0], "", cards[1] if len(cards) > 1 else ""]
    return Table(
        [cells],
        colWidths=[_CARD, _GAP, _CARD],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            *edges,
            ("LEFTPADDING", (0, 0), (-1, -1), 6),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ],
    )


def _card(number: int, party: RescissionParty, boxes: list[RescissionBox]) -> list[Flowable]:
    is_seal = party.role is RecipientRole.SEAL
    label = Statement(wording.PARTY.zh.format(number=number), wording.PARTY.en.format(number=number))
    person = wording.SEAL_PERSON if is_seal else wording.PERSON
    return [
        layout.plain(f"{label.zh}  {label.en}", 7.5, is_muted=True),
        layout.plain(party.organisation_name, 10, bold=True),
        layout.plain(party.uscc, 8, is_muted=True),
        Spacer(1, 2 * mm),
        layout.plain(f"{person.zh} {person.en}：{party.name}", 8.5),
        Spacer(1, 2 * mm),
        _labelled(wording.SEAL_BOX if is_seal else wording.SIGNATURE_BOX),
        _Box(FieldKind.SEAL if is_seal else FieldKind.SIGNATURE, boxes),
        Spacer(1, 2 * mm),
        _labelled(wording.DATE_BOX),
        _Box(FieldKind.DATE, boxes),
    ]


def _labelled(label: Statement) -> Flowable:
    return layout.plain(f"{label.zh} {label.en}", 7.5, is_muted=True)
