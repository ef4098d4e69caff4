"""Pure decisions about templates: what one may say, and the envelope that comes of it. No I/O.

A recipient of a template is a role: some of what is known of the person and their organisation may be fixed, the rest
is filled in at each use. Title and metadata may hold placeholders, `{{supplier.organisation_name}}` for what is known
of a recipient and `{{amount}}` for a value of the sender's own. Phones and e-mails have no placeholders: a title is
shown to everybody.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from signing.errors import RecipientDuplicate
from signing.plan import (
    DEFAULT_LIFETIME,
    LONGEST_LIFETIME,
    NewEnvelope,
    NewField,
    NewRecipient,
    check_phones,
    check_text,
)
from signing.policy import ACTING, RecipientRole
from signing.templates.errors import (
    TemplateLifetimeInvalid,
    TemplatePlaceholderInvalid,
    TemplateRecipientFixed,
    TemplateRecipientMissing,
    TemplateRecipientUnknown,
    TemplateValueMissing,
    TemplateValueUnknown,
)

LONGEST_NAME = 100
LONGEST_LABEL = 40
LONGEST_VALUE = 200
SHOWABLE = ("name", "organisation_name", "uscc")
FILLABLE = (*SHOWABLE[:1], "phone", "email", *SHOWABLE[1:])
"""What is known of a recipient, in the order people write it down."""

OPTIONAL = frozenset({"email"})
RESERVED = frozenset({"external_id", "外部编号"})
"""A bulk send's own columns, which no value can be named after."""

_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_VALUE_NAME = re.compile(r"\w{1,40}")
_SAMPLE = {
    "name": "示例",
    "phone": "13800000000",
    "organisation_name": "示例单位",
    "uscc": "91610800MA7000000P",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a recipient; None is open."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    organisation_name: str | None = None
    uscc: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRole:
    """A recipient to be. `label` is what people call the role in a sheet's head; `fixed` is the same in every use."""

    key: str
    label: str | None = None
    role: RecipientRole = RecipientRole.SIGNER
    order: int = 1
    language: str = "zh"
    fixed: Known = Known()

    @property
    def open(self) -> tuple[str, ...]:
        """What a use fills in. Whose phone is fixed is one person for good: without an e-mail they have none."""
        closed = OPTIONAL if self.fixed.phone is not None else frozenset()
        return tuple(what for what in FILLABLE if getattr(self.fixed, what) is None and what not in closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatePlan:
    """What a template says. `title` and the values of `metadata` are patterns; the rest is as in `NewEnvelope`."""

    name: str
    document_ids: Sequence[UUID]
    roles: Sequence[TemplateRole]
    fields: Sequence[NewField]
    title: str
    expires_in_days: int = DEFAULT_LIFETIME.days
    language: str = "zh"
    contract_class: str | None = None
    may_delegate: bool = False
    remind_every_days: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def value_names(self) -> tuple[str, ...]:
        """The values a use gives, in the order they occur."""
        names = [name for pattern in self.patterns for name in _placeholders(pattern) if "." not in name]
        return tuple(dict.fromkeys(names))

    @property
    def patterns(self) -> tuple[str, ...]:
        return self.title, *self.metadata.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """One use of a template: what was left open of each recipient, by key, and the values of placeholders."""

    recipients: Mapping[str, Known] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None
    is_test: bool = False


PLAN: TypeAdapter[TemplatePlan] = TypeAdapter(TemplatePlan)
FIELDS: TypeAdapter[list[NewField]] = TypeAdapter(list[NewField])
"""How both are kept as JSON."""


def check_plan(plan: TemplatePlan) -> None:
    """What can be said without its documents; `example` is checked as an envelope for the rest.

    Raises `TextInvalid`, `RecipientDuplicate`, `TemplateLifetimeInvalid`, `TemplatePlaceholderInvalid`.
    """
    check_text("name", plan.name, LONGEST_NAME)
    if not 1 <= plan.expires_in_days <= LONGEST_LIFETIME.days:
        raise TemplateLifetimeInvalid(most=LONGEST_LIFETIME.days)
    _check_names(plan.roles)
    keys = {role.key for role in plan.roles}
    for pattern in plan.patterns:
        for placeholder in _placeholders(pattern):
            key, dot, what = placeholder.rpartition(".")
            is_known = key in keys and what in SHOWABLE if dot else _is_value_name(placeholder)
            if not is_known:
                raise TemplatePlaceholderInvalid(placeholder=placeholder[:60])


def example(plan: TemplatePlan, now: datetime) -> NewEnvelope:
    """An envelope as a use would make it, with everything that is open filled in somehow."""
    recipients = {
        role.key: Known(**{what: _SAMPLE[what] for what in role.open if what not in OPTIONAL}) for role in plan.roles
    }
    values = dict.fromkeys(plan.value_names, "示例")
    return fill(plan, Filling(recipients=recipients, values=values), now)


def fill(plan: TemplatePlan, filling: Filling, now: datetime) -> NewEnvelope:
    """The envelope to be made; its fields may still be anchored.

    Raises `TemplateRecipientUnknown`, `TemplateRecipientFixed`, `TemplateRecipientMissing`, `TemplateValueUnknown`,
    `TemplateValueMissing`, `TextInvalid`.
    """
    keys = {role.key for role in plan.roles}
    for key in filling.recipients:
        if key not in keys:
            raise TemplateRecipientUnknown(key=key[:40])
    recipients = [_recipient(role, filling.recipients.get(role.key, Known())) for role in plan.roles]
    by_placeholder = _values(plan, filling.values)
    for recipient in recipients:
        by_placeholder |= {f"{recipient.key}.{what}": getattr(recipient, what) for what in SHOWABLE}
    return NewEnvelope(
        document_ids=plan.document_ids,
        title=_write(plan.title, by_placeholder),
        recipients=recipients,
        fields=plan.fields,
        expires_at=now + timedelta(days=plan.expires_in_days),
        external_id=filling.external_id,
        language=plan.language,
        metadata={name: _write(pattern, by_placeholder) for name, pattern in plan.metadata.items()},
        contract_class=plan.contract_class,
        is_test=filling.is_test,
        may_delegate=plan.may_delegate,
        remind_every_days=plan.remind_every_days,
    )


def placed(plan: TemplatePlan, fields: Sequence[NewField]) -> TemplatePlan:
    """The plan with its fields at the places found for them."""
    return replace(plan, fields=fields)


def check_filled(new: NewEnvelope) -> None:
    """Whether what was filled in fits where it came to stand, and with what was there. Raises `TextInvalid`,
    `PhoneShared`."""
    check_phones((recipient.phone, recipient.uscc) for recipient in new.recipients if recipient.role in ACTING)
    check_text("title", new.title, 200)
    if new.external_id is not None:
        check_text("external_id", new.external_id, 100)
    for value in new.metadata.values():
        check_text("metadata", value, 500)


def _check_names(roles: Sequence[TemplateRole]) -> None:
    """Every key and every label means one role: both name columns of a sheet."""
    seen: set[str] = set()
    for role in roles:
        if role.label is not None:
            check_text("roles.label", role.label, LONGEST_LABEL)
        for name in {role.key, role.label or role.key}:
            if name in seen:
                raise RecipientDuplicate(key=name)
            seen.add(name)


def _placeholders(pattern: str) -> list[str]:
    """Their names as written, also those that aren't valid; what is left of braces is one, too."""
    rest = _PLACEHOLDER.sub("", pattern)
    stray = ["{{"] if "{{" in rest or "}}" in rest else []
    return [found.strip() for found in _PLACEHOLDER.findall(pattern)] + stray


def _is_value_name(name: str) -> bool:
    return _VALUE_NAME.fullmatch(name) is not None and name not in RESERVED


def _values(plan: TemplatePlan, given: Mapping[str, str]) -> dict[str, str]:
    names = plan.value_names
    for name, value in given.items():
        if name not in names:
            raise TemplateValueUnknown(name=name[:40])
        check_text(f"values.{name}", value, LONGEST_VALUE)
    for name in names:
        if name not in given:
            raise TemplateValueMissing(name=name)
    return dict(given)


def _recipient(role: TemplateRole, given: Known) -> NewRecipient:
    known = {}
    for what in FILLABLE:
        fixed, filled = getattr(role.fixed, what), getattr(given, what)
        if filled is not None and what not in role.open:
            raise TemplateRecipientFixed(key=role.key, what=what)
        known[what] = filled if fixed is None else fixed
        if known[what] is None and what not in OPTIONAL:
            raise TemplateRecipientMissing(key=role.key, what=what)
    return NewRecipient(key=role.key, role=role.role, order=role.order, language=role.language, **known)


def _write(pattern: str, by_placeholder: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: by_placeholder[found[1].strip()], pattern)
