"""Use cases of accounts: register organisations and people, sign in, issue and revoke tokens, authenticate."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from accounts import repository
from accounts.errors import (
    AlreadyRegistered,
    InvalidPhone,
    OrganisationNotFound,
    PasswordTooShort,
    PersonNotFound,
    TokenInvalid,
    TokenNotFound,
    TooManySignIns,
    WrongCredentials,
)
from accounts.models import AccessToken, Membership, Organisation, Person, SignInAttempt
from accounts.policy import Actor, OrganisationKind, Role, Scope, check_uscc, scopes_of
from core.secrets import hash_token, new_token
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory

SESSION_LIFETIME = timedelta(hours=12)
TOKEN_LIFETIME = timedelta(days=365)
SIGN_IN_WINDOW = timedelta(minutes=15)
SIGN_IN_ATTEMPTS = 10
SHORTEST_PASSWORD = 10
_PHONE = re.compile(r"1[0-9]{10}|\+[0-9]{8,15}")

_hasher = PasswordHasher()


@cache
def _unknown_person_hash() -> str:
    """Verified when the e-mail is unknown, so that the answer takes as long as for a known one. Made at the first
    sign-in: it takes 64 MB for a moment, which programs that nobody signs in to are spared."""
    return _hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A fresh token; `secret` is shown once and kept nowhere."""

    token: AccessToken
    secret: str


def check_phone(text: str) -> str:
    """Returns the phone number, or raises `InvalidPhone`."""
    if not _PHONE.fullmatch(text):
        raise InvalidPhone
    return text


@dataclass(frozen=True, slots=True)
class AccountService:
    """Every method is one use case in a unit of work of its own."""

    unit_of_work: UnitOfWorkFactory

    def register_organisation(self, *, name: str, uscc: str, kind: OrganisationKind, region: str) -> Organisation:
        """Raises `InvalidUSCC`, or `AlreadyRegistered` if the code is taken."""
        check_uscc(uscc)
        with self.unit_of_work() as uow:
            if repository.organisation_by_uscc(uow.session, uscc):
                raise AlreadyRegistered(what=uscc)
            organisation = Organisation(
                id=uow.new_id(), name=name, uscc=uscc, kind=str(kind), region=region, created_at=uow.now
            )
            uow.session.add(organisation)
        return organisation

    def register_person(
        self,
        *,
        name: str,
        email: str,
        phone: str,
        password: str,
        organisation_id: UUID,
        roles: Sequence[Role],
    ) -> Person:
        """A person with a membership. Raises `AlreadyRegistered`, `InvalidPhone`, `PasswordTooShort`."""
        check_phone(phone)
        if len(password) < SHORTEST_PASSWORD:
            raise PasswordTooShort(length=SHORTEST_PASSWORD)
        password_hash = _hasher.hash(password)
        with self.unit_of_work() as uow:
            if repository.person_by_email(uow.session, email):
                raise AlreadyRegistered(what=email)
            if repository.organisation(uow.session, organisation_id) is None:
                raise OrganisationNotFound
            person = Person(
                id=uow.new_id(),
                name=name,
                email=email.lower(),
                phone=phone,
                password_hash=password_hash,
                created_at=uow.now,
            )
            uow.session.add(person)
            uow.session.flush()
            uow.session.add(
                Membership(
                    id=uow.new_id(),
                    person_id=person.id,
                    organisation_id=organisation_id,
                    roles=[str(role) for role in roles],
                    created_at=uow.now,
                )
            )
        return person

    def sign_in(self, *, email: str, password: str, address: str) -> IssuedToken:
        """Starts a session in the person's first organisation.

        Raises `WrongCredentials` (the same for an unknown e-mail and a wrong password), or `TooManySignIns` after
        ten failures within 15 minutes.
        """
        with self.unit_of_work() as uow:
            failed = repository.failed_sign_ins_since(uow.session, email, uow.now - SIGN_IN_WINDOW)
            person = repository.person_by_email(uow.session, email)
        if failed >= SIGN_IN_ATTEMPTS:
            raise TooManySignIns(retry_after_seconds=int(SIGN_IN_WINDOW.total_seconds()))
        unknown = _unknown_person_hash()  # asked for in either case: the first answer must not tell more than others
        is_right = _password_matches(person.password_hash if person else unknown, password)
        with self.unit_of_work() as uow:
            if person is not None and is_right:
                membership = repository.first_membership(uow.session, person.id)
                if membership is not None:
                    return _issue(
                        uow,
                        name="session",
                        organisation_id=membership.organisation_id,
                        person_id=person.id,
                        scopes=[],
                        lifetime=SESSION_LIFETIME,
                    )
            uow.session.add(SignInAttempt(id=uow.new_id(), email=email.lower(), address=address, at=uow.now))
        raise WrongCredentials

    def sign_out(self, secret: str) -> None:
        with self.unit_of_work() as uow:
            token = repository.access_token(uow.session, hash_token(secret))
            if token is not None:
                token.revoked_at = uow.now

    def issue_api_token(self, actor: Actor, *, name: str, scopes: Sequence[Scope]) -> IssuedToken:
        """A token for a program of the actor's organisation, with no more than the actor's own scopes."""
        actor.require(Scope.ACCOUNTS_WRITE)
        for scope in scopes:
            actor.require(scope)
        with self.unit_of_work() as uow:
            return _issue(
                uow,
                name=name,
                organisation_id=actor.organisation_id,
                person_id=None,
                scopes=[str(scope) for scope in scopes],
                lifetime=TOKEN_LIFETIME,
            )

    def revoke_token(self, actor: Actor, token_id: UUID) -> None:
        """Raises `TokenNotFound`; revoking twice is harmless."""
        actor.require(Scope.ACCOUNTS_WRITE)
        with self.unit_of_work() as uow:
            token = repository.access_token_of(uow.session, actor.organisation_id, token_id)
            if token is None:
                raise TokenNotFound
            token.revoked_at = token.revoked_at or uow.now

    def authenticate(self, secret: str) -> Actor:
        """Who shows this token. Raises `TokenInvalid` for an unknown, expired or revoked one."""
        with self.unit_of_work() as uow:
            token = repository.access_token(uow.session, hash_token(secret))
            if token is None or not _is_live(token, uow.now):
                raise TokenInvalid
            organisation = repository.organisation(uow.session, token.organisation_id)
            if organisation is None:
                raise TokenInvalid
            scopes = frozenset(Scope(scope) for scope in token.scopes)
            if token.person_id is not None:
                membership = repository.membership(uow.session, token.person_id, organisation.id)
                if membership is None:
                    raise TokenInvalid
                scopes = scopes_of(membership.roles)
        return Actor(
            organisation_id=organisation.id,
            organisation_kind=OrganisationKind(organisation.kind),
            region=organisation.region,
            person_id=token.person_id,
            scopes=scopes,
        )

    def organisation(self, organisation_id: UUID) -> Organisation:
        """Raises `OrganisationNotFound`."""
        with self.unit_of_work() as uow:
            found = repository.organisation(uow.session, organisation_id)
        if found is None:
            raise OrganisationNotFound
        return found

    def members(self, actor: Actor) -> Sequence[tuple[Person, Membership]]:
        """The people of the actor's own organisation, by name, each with what they are in it."""
        actor.require(Scope.ACCOUNTS_READ)
        with self.unit_of_work() as uow:
            return repository.members(uow.session, actor.organisation_id)

    def person(self, person_id: UUID) -> Person:
        """Raises `PersonNotFound`."""
        with self.unit_of_work() as uow:
            found = uow.session.get(Person, person_id)
        if found is None:
            raise PersonNotFound
        return found


def _issue(
    uow: UnitOfWork,
    *,
    name: str,
    organisation_id: UUID,
    person_id: UUID | None,
    scopes: list[str],
    lifetime: timedelta,
) -> IssuedToken:
    secret = new_token()
    token = AccessToken(
        id=uow.new_id(),
        token_hash=hash_token(secret),
        name=name,
        organisation_id=organisation_id,
        person_id=person_id,
        scopes=scopes,
        created_at=uow.now,
        expires_at=uow.now + lifetime,
        revoked_at=None,
    )
    uow.session.add(token)
    return IssuedToken(token, secret)


def _is_live(token: AccessToken, now: datetime) -> bool:
    return token.revoked_at is None and now < token.expires_at


def _password_matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
