"""Checking a contract as a whole: on registration, when an obligation closes, and whenever somebody asks.

The signed file is fetched and read before the unit of work begins: nothing slow happens under the contract's lock. A
file that changes in between is compared the next time.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor, Scope
from core.events import Reaction, Subscription
from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import repository as contracts
from performance.crosschecks import repository
from performance.crosschecks.facts import FileFacts
from performance.crosschecks.gather_facts import gather_facts
from performance.crosschecks.models import Finding
from performance.crosschecks.open_findings import open_findings
from performance.crosschecks.pdf_text import TextReader
from performance.events import ContractRegistered, ObligationClosed
from performance.models import Contract


@dataclass(frozen=True, slots=True)
class ContractChecker:
    unit_of_work: UnitOfWorkFactory
    objects: Objects
    read_text: TextReader

    def check(self, actor: Actor, contract_id: UUID) -> list[tuple[Finding, Contract]]:
        """The findings that are new or have new values. Raises `ContractNotFound`, `ObjectStoreUnavailable`,
        `SandboxBusy`."""
        actor.require(Scope.CONTRACTS_READ)
        with self.unit_of_work() as uow:
            contract = contracts.contract_of(uow.session, actor, contract_id)
        return self._check(contract)

    def react(self, event: ContractRegistered) -> None:
        """At least once for each registration: the same facts again open nothing."""
        with self.unit_of_work() as uow:
            contract = uow.session.get(Contract, event.contract_id)
        if contract is not None:
            self._check(contract)

    def subscriptions(self) -> list[Subscription[ObligationClosed] | Reaction[ContractRegistered]]:
        return [
            Reaction("performance.crosscheck_contract", ContractRegistered, self.react),
            Subscription("performance.crosscheck_obligation", ObligationClosed, check_obligation),
        ]

    def _check(self, contract: Contract) -> list[tuple[Finding, Contract]]:
        signed_file = self._signed_file(contract)
        with self.unit_of_work() as uow:
            file = repository.registered_contract(uow.session, contract.id)
            if file is None:
                return []
            found = open_findings(uow, file, gather_facts(uow.session, file, signed_file))
            return [(finding, file.contract) for finding in found]

    def _signed_file(self, contract: Contract) -> FileFacts | None:
        if contract.signed_object_key is None or contract.signed_sha256 is None:
            return None
        try:
            data = self.objects.get_at(contract.signed_object_key)  # `get` would refuse the very bytes we want to see.
        except ObjectMissing:
            return FileFacts(contract.signed_sha256, None)
        stored = hashlib.sha256(data).hexdigest()
        # What isn't the signed file says nothing about the contract.
        text = self.read_text(data) if stored == contract.signed_sha256 else None
        return FileFacts(contract.signed_sha256, stored, text)


def check_obligation(uow: UnitOfWork, event: ObligationClosed) -> None:
    """What is said to be met must agree with what was reported."""
    file = repository.registered_contract(uow.session, event.contract_id)
    if file is not None:
        open_findings(uow, file, gather_facts(uow.session, file))
