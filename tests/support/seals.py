"""An organisation that keeps seals: its people by their duty, a service over a real database, and the way to a use."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from PIL import Image, ImageDraw

from accounts import repository as accounts
from accounts.models import Membership, Organisation, Person
from accounts.policy import Actor, OrganisationKind, Role, scopes_of
from accounts.service import AccountService
from core import ids
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger import repository as evidence
from ledger.record import StoredFile, describe_file, parse_record
from signing.models import Document, Envelope, Recipient
from signing.pki.policy import RevocationReason
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.ports import SignerIdentity
from signing.seals.adapters.trial_pictures import TrialPictures
from signing.seals.apply_for_seal import NewSeal
from signing.seals.authorise_user import NewAuthorisation
from signing.seals.policy import SealKind
from signing.seals.ports import SealCertificates
from signing.seals.service import SealService
from signing.seals.use_seal import UsableSeal, note_use, seals_for, take_for_use
from tests.support.clock import FixedClock
from tests.support.signing import ORIGIN, uscc

STAFF: dict[str, tuple[Role, ...]] = {
    "manager": (Role.CONTRACT_MANAGER,),
    "administrator": (Role.SEAL_ADMINISTRATOR,),
    "deputy": (Role.SEAL_ADMINISTRATOR,),
    "user": (Role.SIGNER,),
    "colleague": (Role.SIGNER,),
    "auditor": (Role.AUDITOR,),
}


def seal_png() -> bytes:
    """A red ring, as somebody would scan it."""
    image = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((5, 5, 115, 115), outline=(200, 0, 0, 255), width=6)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class CountingAuthority:
    """Implements `SealCertificates`; an authority elsewhere, which remembers what it was asked for."""

    issued: list[SignerIdentity] = field(default_factory=list)
    revoked: list[tuple[UUID, RevocationReason]] = field(default_factory=list)

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        self.issued.append(identity)
        return uow.new_id()

    def renew_seal_certificate(self, uow: UnitOfWork, certificate_id: UUID) -> UUID:
        return certificate_id

    def revoke_in(self, uow: UnitOfWork, certificate_id: UUID, reason: RevocationReason) -> None:
        self.revoked.append((certificate_id, reason))


@dataclass
class SealHouse:
    """`people` by the names of `STAFF`; `stranger` is another organisation with a seal administrator of its own."""

    service: SealService
    unit_of_work: UnitOfWorkFactory
    objects: Objects
    clock: FixedClock
    organisation: Organisation
    stranger: Organisation
    people: dict[str, Person] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        unit_of_work: UnitOfWorkFactory,
        objects: Objects,
        clock: FixedClock,
        *,
        certificates: SealCertificates,
    ) -> "SealHouse":
        register = AccountService(unit_of_work).register_organisation
        own, other = (
            register(name=name, uscc=uscc(number), kind=OrganisationKind.ENTERPRISE, region="yulin")
            for number, name in ((500, "榆林市示例印务有限公司"), (501, "无关公司"))
        )
        service = SealService(
            unit_of_work=unit_of_work,
            objects=objects,
            certificates=certificates,
            pictures=TrialPictures(),
            software="dingyue tests",
        )
        house = cls(service, unit_of_work, objects, clock, own, other)
        for number, (name, roles) in enumerate(STAFF.items(), start=1):
            house.hire(name, roles, phone=f"1390000050{number}")
        return house

    def hire(self, name: str, roles: tuple[Role, ...], *, phone: str, organisation: Organisation | None = None) -> None:
        """Written as `register_person` does, but for the password: nobody signs in here, and hashing one is slow."""
        with self.unit_of_work() as uow:
            person = Person(
                id=uow.new_id(),
                name=f"员工 {name}",
                email=f"{name}@seals.example",
                phone=phone,
                password_hash="",
                created_at=uow.now,
            )
            uow.session.add(person)
            uow.session.flush()
            uow.session.add(
                Membership(
                    id=uow.new_id(),
                    person_id=person.id,
                    organisation_id=(organisation or self.organisation).id,
                    roles=[str(role) for role in roles],
                    created_at=uow.now,
                )
            )
        self.people[name] = person

    def give_roles(self, name: str, *roles: Role) -> None:
        """Changes somebody's roles; without any they leave the organisation in all but name."""
        with self.unit_of_work() as uow:
            membership = accounts.membership(uow.session, self.people[name].id, self.organisation.id)
            assert membership is not None
            membership.roles = [str(role) for role in roles]

    def actor(self, name: str, organisation: Organisation | None = None) -> Actor:
        """The person as they sign in now."""
        employer = organisation or self.organisation
        with self.unit_of_work() as uow:
            membership = accounts.membership(uow.session, self.people[name].id, employer.id)
        assert membership is not None
        scopes = scopes_of(membership.roles)
        return Actor(employer.id, OrganisationKind.ENTERPRISE, "yulin", self.people[name].id, scopes)

    def program(self) -> Actor:
        """An API token with all that seals ask for."""
        scopes = scopes_of([Role.SEAL_ADMINISTRATOR, Role.CONTRACT_MANAGER])
        return Actor(self.organisation.id, OrganisationKind.ENTERPRISE, "yulin", None, scopes)

    def document(self, organisation: Organisation | None = None) -> UUID:
        """A document of the organisation, as signing stores it."""
        data = b"%PDF-1.7 a resolution of the board"
        file = describe_file("决议.pdf", "application/pdf", data)
        with self.unit_of_work() as uow:
            document = Document(
                id=uow.new_id(),
                organisation_id=(organisation or self.organisation).id,
                created_by=None,
                name=file.name,
                size=file.size,
                sha256=file.sha256,
                sm3=file.sm3,
                object_key=self.objects.put(data),
                pages=1,
                created_at=uow.now,
            )
            uow.session.add(document)
        return document.id

    def apply(self, who: str = "manager", **changes: Any) -> UUID:
        given = {"name": "合同专用章", "kind": SealKind.CONTRACT, "reason": "签订采购合同使用", **changes}
        return self.service.apply_for_seal(self.actor(who), NewSeal(**given))

    def active_seal(self, **changes: Any) -> UUID:
        seal_id = self.apply(**changes)
        self.service.approve_seal(self.actor("administrator"), seal_id)
        return seal_id

    def authorise(self, seal_id: UUID, who: str = "user", by: str = "administrator", **changes: Any) -> UUID:
        given = {
            "person_id": self.people[who].id,
            "purpose": "签订办公设备采购合同",
            "valid_until": self.clock.now() + timedelta(days=30),
            **changes,
        }
        return self.service.authorise_user(self.actor(by), seal_id, NewAuthorisation(**given))

    def state(self, seal_id: UUID) -> str:
        return self.service.seal(self.actor("auditor"), seal_id).state

    def usable(self, who: str = "user", contract_class: str | None = None) -> list[UUID]:
        """Which seals are offered to the person."""
        with self.unit_of_work() as uow:
            offered = seals_for(
                uow.session,
                organisation_id=self.organisation.id,
                phone=self.people[who].phone,
                contract_class=contract_class,
                now=uow.now,
            )
        return [usable.seal_id for usable in offered]

    def take(self, seal_id: UUID, who: str = "user", contract_class: str | None = None) -> UsableSeal:
        with self.unit_of_work() as uow:
            return take_for_use(
                uow,
                seal_id=seal_id,
                organisation_id=self.organisation.id,
                phone=self.people[who].phone,
                contract_class=contract_class,
            )

    def note(
        self, usable: UsableSeal, recipient: tuple[UUID, UUID] | None = None, purpose: str = "办公设备采购合同"
    ) -> UUID:
        """What the finish of a signature does; `recipient` is (envelope, recipient), a new one if left out."""
        envelope_id, recipient_id = recipient or self.recipient()
        file = describe_file("合同.pdf", "application/pdf", b"%PDF-1.7 sealed")
        with self.unit_of_work() as uow:
            return note_use(
                uow,
                usable=usable,
                envelope_id=envelope_id,
                recipient_id=recipient_id,
                purpose=purpose,
                files=[StoredFile(file, self.objects.put(b"%PDF-1.7 sealed"))],
                origin=ORIGIN,
            )

    def use(self, seal_id: UUID, who: str = "user") -> UUID:
        return self.note(self.take(seal_id, who))

    def recipient(self) -> tuple[UUID, UUID]:
        """An envelope in progress, and the recipient in it who is to seal."""
        with self.unit_of_work() as uow:
            envelope = Envelope(
                id=uow.new_id(),
                organisation_id=self.organisation.id,
                title="办公设备采购合同",
                state=EnvelopeState.IN_PROGRESS,
                language="zh",
                custom={},
                revision=1,
                expires_at=uow.now + timedelta(days=30),
                created_at=uow.now,
            )
            uow.session.add(envelope)
            uow.session.flush()
            recipient = Recipient(
                id=uow.new_id(),
                envelope_id=envelope.id,
                key="seal",
                role=RecipientRole.SEAL,
                order=1,
                state=RecipientState.AUTHENTICATED,
                name="员工",
                phone=self.people["user"].phone,
                organisation_name=self.organisation.name,
                uscc=self.organisation.uscc,
                organisation_id=self.organisation.id,
                language="zh",
            )
            uow.session.add(recipient)
        return envelope.id, recipient.id

    def records(self, seal_id: UUID, who: str = "auditor") -> list[dict[str, Any]]:
        """The seal's chain of evidence: each record's type and facts, and the names of its files."""
        with self.unit_of_work() as uow:
            found = evidence.records_of_subject(
                uow.session, self.actor(who), ids.public(ids.SEAL, seal_id), after=-1, limit=100
            )
        parsed = [parse_record(each.record) for each in found]
        return [
            {"type": record.type, "facts": record.facts, "files": [file.name for file in record.files]}
            for record in parsed
        ]
