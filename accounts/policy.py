"""Pure decisions about who is who and who may do what.

USCC check digits follow GB 32100-2015 §4.5; scopes follow least privilege: an API token can do what its scopes
name, a person what the roles of their membership name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from accounts.errors import InvalidUSCC, ScopeMissing

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUE = {character: value for value, character in enumerate(USCC_ALPHABET)}
_USCC_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


class OrganisationKind(StrEnum):
    GOVERNMENT = "government"
    ENTERPRISE = "enterprise"
    REGULATOR = "regulator"
    CREDIT_OFFICE = "credit_office"
    THIRD_PARTY = "third_party"


class Role(StrEnum):
    """What a person is in an organisation (requirements.md, Roles)."""

    ADMINISTRATOR = "administrator"
    REPORTING_OFFICER = "reporting_officer"
    CONTRACT_MANAGER = "contract_manager"
    SIGNER = "signer"
    SUPERVISOR = "supervisor"
    CREDIT_OFFICER = "credit_officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    SEAL_ADMINISTRATOR = "seal_administrator"


class Scope(StrEnum):
    """What a request may touch. Reading is implied only where it says so."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    DOCUMENTS_WRITE = "documents:write"
    ENVELOPES_READ = "envelopes:read"
    ENVELOPES_WRITE = "envelopes:write"
    CONTRACTS_READ = "contracts:read"
    CONTRACTS_WRITE = "contracts:write"
    SUPERVISION_WRITE = "supervision:write"
    SEALS_READ = "seals:read"
    SEALS_WRITE = "seals:write"
    WEBHOOKS_WRITE = "webhooks:write"
    CERTIFICATES_WRITE = "certificates:write"
    EVIDENCE_READ = "evidence:read"
    EVIDENCE_WRITE = "evidence:write"
    EVIDENCE_HOLD = "evidence:hold"
    CREDIT_READ = "credit:read"
    CREDIT_WRITE = "credit:write"
    MESSAGES_READ = "messages:read"
    CLOCK_WRITE = "clock:write"


_READ = {
    Scope.ACCOUNTS_READ,
    Scope.ENVELOPES_READ,
    Scope.CONTRACTS_READ,
    Scope.EVIDENCE_READ,
    Scope.CREDIT_READ,
}

ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.ADMINISTRATOR: frozenset(
        {*_READ, Scope.ACCOUNTS_WRITE, Scope.SEALS_READ, Scope.WEBHOOKS_WRITE, Scope.EVIDENCE_HOLD}
    ),
    Role.REPORTING_OFFICER: frozenset({*_READ, Scope.CONTRACTS_WRITE, Scope.DOCUMENTS_WRITE}),
    Role.CONTRACT_MANAGER: frozenset(
        {*_READ, Scope.CONTRACTS_WRITE, Scope.DOCUMENTS_WRITE, Scope.ENVELOPES_WRITE, Scope.EVIDENCE_WRITE}
    ),
    Role.SIGNER: frozenset({Scope.ENVELOPES_READ, Scope.CONTRACTS_READ, Scope.EVIDENCE_READ}),
    Role.SUPERVISOR: frozenset({*_READ, Scope.SUPERVISION_WRITE, Scope.DOCUMENTS_WRITE, Scope.EVIDENCE_HOLD}),
    Role.CREDIT_OFFICER: frozenset({*_READ, Scope.CREDIT_WRITE, Scope.DOCUMENTS_WRITE, Scope.EVIDENCE_HOLD}),
    Role.OPERATOR: frozenset({*_READ, Scope.MESSAGES_READ, Scope.CLOCK_WRITE, Scope.CERTIFICATES_WRITE}),
    Role.AUDITOR: frozenset({*_READ, Scope.SEALS_READ}),
    Role.SEAL_ADMINISTRATOR: frozenset({*_READ, Scope.SEALS_READ, Scope.SEALS_WRITE, Scope.DOCUMENTS_WRITE}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: always on behalf of one organisation; `person_id` is None for a program with an API token."""

    organisation_id: UUID
    organisation_kind: OrganisationKind
    region: str
    person_id: UUID | None
    scopes: frozenset[Scope]

    def require(self, scope: Scope) -> None:
        """Raises `ScopeMissing` unless the actor holds `scope`."""
        if scope not in self.scopes:
            raise ScopeMissing(scope=str(scope))

    @property
    def oversees(self) -> bool:
        """Regulators and the credit office see the contracts of their region, not only their own."""
        return self.organisation_kind in {OrganisationKind.REGULATOR, OrganisationKind.CREDIT_OFFICE}


def scopes_of(roles: Iterable[str]) -> frozenset[Scope]:
    return frozenset().union(*(ROLE_SCOPES[Role(role)] for role in roles))


def masked_phone(phone: str) -> str:
    """`138****0001`, `+86138****0001`: enough to know one's own number by, not enough to call it (PIPL)."""
    return f"{phone[:-8]}****{phone[-4:]}" if len(phone) >= 11 else f"****{phone[-4:]}"


def uscc_check_character(first_17: str) -> str:
    """The 18th character: alphabet[(31 − Σ valueᵢ·3^(i−1) mod 31) mod 31] (GB 32100-2015 §4.5)."""
    total = sum(_USCC_VALUE[character] * weight for character, weight in zip(first_17, _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[-total % 31]


def check_uscc(text: str) -> str:
    """Returns the code, or raises `InvalidUSCC` saying what is wrong with it.

    18 characters; the first may be a letter (for instance N or Y, which newer codes use); positions 3–8 are the
    digits of the registering division; the last is the check character.
    """
    if len(text) != 18:
        raise InvalidUSCC(given=text[:40], reason_zh="应为 18 位", reason_en="it should have 18 characters")
    if not set(text) <= set(USCC_ALPHABET):
        raise InvalidUSCC(
            given=text,
            reason_zh="含有不允许的字符（不用 I、O、S、V、Z，字母须大写）",
            reason_en="it has a character that isn't allowed (no I, O, S, V, Z; capitals only)",
        )
    if not text[2:8].isdigit():
        raise InvalidUSCC(given=text, reason_zh="第 3 至 8 位应为数字", reason_en="positions 3 to 8 should be digits")
    if uscc_check_character(text[:17]) != text[17]:
        raise InvalidUSCC(given=text, reason_zh="校验位不符", reason_en="its check character doesn't match")
    return text
