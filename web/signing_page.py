"""What the signing page shows: which of its stages, what is to be filled in, and where on which page (pure)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from signing.models import Field
from signing.plan import FieldKind
from signing.policy import ACTING, READABLE, EnvelopeState, RecipientRole, RecipientState
from signing.read_envelopes import SeatView

_STAGE_OF_ENVELOPE = {
    EnvelopeState.COMPLETED: "complete",
    EnvelopeState.DECLINED: "declined",
    EnvelopeState.EXPIRED: "expired",
    EnvelopeState.VOIDED: "voided",
}

STAGE_TONES = {
    "done": "good",
    "complete": "good",
    "declined": "bad",
    "expired": "warn",
    "voided": "warn",
    "ended": "warn",
    "waiting": "",
    "reading": "",
}


def stage(view: SeatView, now: datetime) -> str:
    """Which of the pages a recipient sees: `sign`, or one of `STAGE_TONES`."""
    state = EnvelopeState(view.envelope.state)
    if state in _STAGE_OF_ENVELOPE:
        return _STAGE_OF_ENVELOPE[state]
    if state not in READABLE:
        return "ended"
    if view.recipient.role not in ACTING:
        return "reading"
    if view.recipient.state == RecipientState.COMPLETED:
        return "done"
    if now >= view.envelope.expires_at:
        return "expired"
    return "sign" if view.is_on_turn else "waiting"


@dataclass(frozen=True, slots=True)
class Place:
    document: int
    page: int


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to fill in. `id` names its element on the page; a signature shows at several places."""

    id: str
    kind: FieldKind
    name: str
    is_required: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A box to highlight, in parts of the page from its top left corner; `task` is what it leads to, if anything."""

    kind: FieldKind
    x: float
    y: float
    width: float
    height: float
    task: str | None


_TYPED = (FieldKind.TEXT, FieldKind.CHECKBOX)
_TASK_OF_KIND = {
    FieldKind.SIGNATURE: "task-signature",
    FieldKind.INITIALS: "task-initials",
    FieldKind.SEAL: "task-seal",
    FieldKind.CROSS_PAGE_SEAL: "task-seal",
}


def task_of(field: Field) -> str | None:
    """The task that fills a field; None for dates, which the platform writes."""
    kind = FieldKind(field.kind)
    return f"task-{field.name}" if kind in _TYPED else _TASK_OF_KIND.get(kind)


def tasks(view: SeatView) -> list[Task]:
    """In the order of the documents; signature, initials and seal last, once each."""
    fields = sorted(view.fields, key=lambda field: (field.document, field.page, field.y, field.x))
    typed = [field for field in fields if FieldKind(field.kind) in _TYPED]
    found = [_task(f"task-{field.name}", [field]) for field in typed]
    for kind, group in (
        (FieldKind.SIGNATURE, {FieldKind.SIGNATURE}),
        (FieldKind.INITIALS, {FieldKind.INITIALS}),
        (FieldKind.SEAL, {FieldKind.SEAL, FieldKind.CROSS_PAGE_SEAL}),
    ):
        same = [field for field in fields if FieldKind(field.kind) in group]
        if same:
            found.append(_task(_TASK_OF_KIND[kind], same, kind))
    return found


def _task(identifier: str, fields: list[Field], kind: FieldKind | None = None) -> Task:
    places = dict.fromkeys(Place(field.document, field.page) for field in fields)
    is_required = any(field.is_required for field in fields)
    return Task(identifier, kind or FieldKind(fields[0].kind), fields[0].name, is_required, tuple(places))


def marks(fields: Iterable[Field], document: int, page: int) -> Iterator[Mark]:
    """The recipient's boxes on one page. A cross-page seal is at the right edge of every page from its first on."""
    for field in fields:
        kind = FieldKind(field.kind)
        is_across = kind is FieldKind.CROSS_PAGE_SEAL and field.page <= page
        if field.document == document and (field.page == page or is_across):
            x = 1 - field.width if kind is FieldKind.CROSS_PAGE_SEAL else field.x
            yield Mark(kind, x, field.y, field.width, field.height, task_of(field))


def wording(role: str) -> str:
    """The role whose words the page uses; a cc reads, as a viewer does."""
    return RecipientRole.VIEWER if role == RecipientRole.CC else role
