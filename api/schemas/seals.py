"""Organisation seals as the API takes and shows them."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core import ids
from core.errors import InvalidInput
from signing.pki.policy import RevocationReason
from signing.seals.apply_for_seal import NewSeal
from signing.seals.authorise_user import NewAuthorisation
from signing.seals.models import Seal
from signing.seals.policy import (
    LONGEST_CLASS,
    LONGEST_NAME,
    LONGEST_REASON,
    MOST_CLASSES,
    MOST_DOCUMENTS,
    MOST_USES,
    AuthorisationState,
    SealKind,
    SealState,
)
from signing.seals.read_seals import AuthorisationView, UseView

LONGEST_PICTURE = 2 * 1024 * 1024
"""Characters of base64; the picture itself is checked for what it is."""

Id = Annotated[str, Field(max_length=100)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON, examples=["签订采购合同使用"])]
Cause = Literal["key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"]


class PictureNotBase64(InvalidInput):
    code = "seal_picture_not_base64"
    zh = "印章图片不是 base64 编码（RFC 4648 §4，不含换行）；未作任何更改。请重新编码后提交。"
    en = "The seal's picture isn't base64 (RFC 4648 §4, no line breaks); nothing was changed. Encode it again."


class SealInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=LONGEST_NAME, examples=["合同专用章"])]
    kind: SealKind
    reason: Reason
    document_ids: Annotated[
        list[Id], Field(max_length=MOST_DOCUMENTS, description="What the application rests on; documents of yours")
    ] = []
    picture: Annotated[
        str | None,
        Field(max_length=LONGEST_PICTURE, description="PNG in base64; a round trial seal is drawn if you leave it out"),
    ] = None

    def to_application(self) -> NewSeal:
        """Raises `InvalidId` or `PictureNotBase64`."""
        return NewSeal(
            name=self.name,
            kind=self.kind,
            reason=self.reason,
            document_ids=[ids.parse(ids.DOCUMENT, each) for each in self.document_ids],
            picture=_decoded(self.picture) if self.picture is not None else None,
        )


class SealReason(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=LONGEST_REASON, examples=["印章保管人休假"])]


class SealRevocation(BaseModel):
    """`cause` is what the certificate is revoked for (RFC 5280 §5.3.1)."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=LONGEST_REASON, examples=["单位更名，启用新章"])]
    cause: Cause

    def revocation_reason(self) -> RevocationReason:
        return RevocationReason(self.cause)


class AuthorisationInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    person_id: Annotated[Id, Field(description="A member of your organisation", examples=[f"per_{'0' * 32}"])]
    purpose: Reason
    contract_classes: Annotated[
        list[Annotated[str, Field(max_length=LONGEST_CLASS, examples=["government_procurement"])]],
        Field(max_length=MOST_CLASSES, description="Only for contracts of these classes; all if you leave it out"),
    ] = []
    valid_from: Annotated[AwareDatetime | None, Field(description="Now, if you leave it out")] = None
    valid_until: AwareDatetime
    max_uses: Annotated[int | None, Field(ge=1, le=MOST_USES, description="As often as need be, if left out")] = None

    def to_authorisation(self) -> NewAuthorisation:
        """Raises `InvalidId`."""
        return NewAuthorisation(
            person_id=ids.parse(ids.PERSON, self.person_id),
            purpose=self.purpose,
            contract_classes=self.contract_classes,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            max_uses=self.max_uses,
        )


class SealOutput(BaseModel):
    """`decided_*`: approval, refusal or withdrawal; `changed_*`: the last suspension, resumption or revocation.

    `picture_generated`: nobody sent a picture, a trial one was drawn.
    """

    id: Annotated[str, Field(examples=["sea_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    name: str
    kind: SealKind
    state: SealState
    reason: str
    document_ids: list[str]
    picture_sha256: str
    picture_generated: bool
    certificate_id: str | None
    applied_by: str
    applied_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    changed_by: str | None
    changed_at: datetime | None
    change_reason: str | None


class SealList(BaseModel):
    items: list[SealOutput]
    next_cursor: str | None


class AuthorisationOutput(BaseModel):
    """An empty `contract_classes` means all classes; `uses` is how often it was used so far."""

    id: Annotated[str, Field(examples=["sau_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    person_id: str
    person_name: str
    purpose: str
    contract_classes: list[str]
    valid_from: datetime
    valid_until: datetime
    max_uses: int | None
    uses: int
    state: AuthorisationState
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None
    revocation_reason: str | None


class AuthorisationList(BaseModel):
    items: list[AuthorisationOutput]
    next_cursor: str | None


class SealedFile(BaseModel):
    name: str
    sha256: str


class UseOutput(BaseModel):
    """`files` are the PDFs as sealed; `evidence_id` names the record that proves the use."""

    id: Annotated[str, Field(examples=["sus_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    used_at: datetime
    person_id: str
    person_name: str
    authorization_id: str
    envelope_id: str
    recipient_id: str
    certificate_id: str
    purpose: str
    contract_class: str | None
    files: list[SealedFile]
    address: str
    user_agent: str
    evidence_id: str


class UseList(BaseModel):
    items: list[UseOutput]
    next_cursor: str | None


def seal_output(seal: Seal) -> SealOutput:
    return SealOutput(
        id=ids.public(ids.SEAL, seal.id),
        name=seal.name,
        kind=SealKind(seal.kind),
        state=SealState(seal.state),
        reason=seal.reason,
        document_ids=seal.document_ids,
        picture_sha256=seal.picture_sha256,
        picture_generated=seal.is_picture_generated,
        certificate_id=ids.public(ids.CERTIFICATE, seal.certificate_id) if seal.certificate_id else None,
        applied_by=ids.public(ids.PERSON, seal.applied_by),
        applied_at=seal.applied_at,
        decided_by=ids.public(ids.PERSON, seal.decided_by) if seal.decided_by else None,
        decided_at=seal.decided_at,
        decision_reason=seal.decision_reason,
        changed_by=ids.public(ids.PERSON, seal.changed_by) if seal.changed_by else None,
        changed_at=seal.changed_at,
        change_reason=seal.change_reason,
    )


def authorisation_output(view: AuthorisationView) -> AuthorisationOutput:
    granted = view.authorisation
    return AuthorisationOutput(
        id=ids.public(ids.SEAL_AUTHORISATION, granted.id),
        person_id=ids.public(ids.PERSON, granted.person_id),
        person_name=view.person_name,
        purpose=granted.purpose,
        contract_classes=granted.contract_classes,
        valid_from=granted.valid_from,
        valid_until=granted.valid_until,
        max_uses=granted.max_uses,
        uses=view.uses,
        state=view.state,
        granted_by=ids.public(ids.PERSON, granted.granted_by),
        granted_at=granted.granted_at,
        revoked_by=ids.public(ids.PERSON, granted.revoked_by) if granted.revoked_by else None,
        revoked_at=granted.revoked_at,
        revocation_reason=granted.revocation_reason,
    )


def use_output(view: UseView) -> UseOutput:
    use = view.use
    return UseOutput(
        id=ids.public(ids.SEAL_USE, use.id),
        used_at=use.used_at,
        person_id=ids.public(ids.PERSON, use.person_id),
        person_name=view.person_name,
        authorization_id=ids.public(ids.SEAL_AUTHORISATION, use.authorisation_id),
        envelope_id=ids.public(ids.ENVELOPE, use.envelope_id),
        recipient_id=ids.public(ids.RECIPIENT, use.recipient_id),
        certificate_id=ids.public(ids.CERTIFICATE, use.certificate_id),
        purpose=use.purpose,
        contract_class=use.contract_class,
        files=[SealedFile(name=file["name"], sha256=file["sha256"]) for file in use.files],
        address=use.address,
        user_agent=use.user_agent,
        evidence_id=ids.public(ids.EVIDENCE, use.evidence_id),
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureNotBase64 from error
