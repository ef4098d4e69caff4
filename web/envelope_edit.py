"""Reads the form that mends a draft: who acts, under which title. Documents and boxes stay where they are (pure)."""

from core import ids
from signing.models import Recipient
from signing.plan import FieldKind, NewEnvelope, NewField, NewRecipient
from signing.policy import RecipientRole, RecipientState
from signing.read_envelopes import EnvelopeView
from web.signing_form import SigningForm


def edited(view: EnvelopeView, form: SigningForm) -> NewEnvelope:
    """The whole plan of the draft, with what was typed in place of what was there.

    Whoever was replaced before the envelope was taken back is left out: their successor has their boxes.
    """
    envelope = view.envelope
    acting = [each for each in view.recipients if each.state != RecipientState.REPLACED]
    keys = {each.id: each.key for each in acting}
    return NewEnvelope(
        document_ids=[file.uploaded.id for file in view.documents],
        title=form.line("title"),
        recipients=[_recipient(each, form) for each in acting],
        fields=[
            NewField(
                name=field.name,
                recipient_key=keys[field.recipient_id],
                kind=FieldKind(field.kind),
                page=field.page,
                x=field.x,
                y=field.y,
                width=field.width,
                height=field.height,
                is_required=field.is_required,
                document=field.document,
            )
            for field in view.fields
        ],
        expires_at=envelope.expires_at,
        external_id=envelope.external_id,
        language=envelope.language,
        metadata=envelope.custom,
        contract_class=envelope.contract_class,
        is_test=envelope.is_test,
        may_delegate=envelope.may_delegate,
        remind_every_days=envelope.remind_every_days,
    )


def _recipient(each: Recipient, form: SigningForm) -> NewRecipient:
    name = ids.public(ids.RECIPIENT, each.id)
    return NewRecipient(
        key=each.key,
        name=form.line(f"{name}_name"),
        phone=form.text(f"{name}_phone"),
        email=form.text(f"{name}_email") or None,
        organisation_name=each.organisation_name,
        uscc=each.uscc,
        role=RecipientRole(each.role),
        order=each.order,
        language=each.language,
    )
