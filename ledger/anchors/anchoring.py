"""One pass over one chain. Normal operation and recovery are the same pass:

    1 chain     the node must be on the chain of the settings, or nothing is sent
    2 revoke    anchors whose block is no longer the chain's fall back to pending: a reorganisation, or a development
                chain restarted from an older state or from nothing
    3 observe   receipts of pending and mined anchors; a final one's proof is collected, checked and stored
    4 office    who writes there now, and who is to follow; both accounts must hold money
    5 prepare   if every stored transaction of the writer is mined: the next one (deploy, register, rotate, anchor) is
                signed, and stored with its nonce and its anchor in one transaction
    6 send      every stored transaction that the chain hasn't mined and the node doesn't know, in nonce order, byte
                for byte as stored; one that is stuck gets a successor with higher fees at the same nonce

A crash between 5 and 6 leaves a stored transaction that the next pass sends. A crash inside 6 sends it again, which
changes nothing: the nonce lets the chain take it once. Since nonces are never reused for another purpose, sending
everything again in order also rebuilds our contract and all its anchors on a chain that lost them. Two processes at
once: step 5 locks the chain's nonces, every change of an anchor is a compare-and-swap.
"""

from dataclasses import dataclass
from datetime import datetime

from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import evidence_anchor as abi
from ledger.anchors import repository
from ledger.anchors.errors import (
    AnchoringError,
    LowBalance,
    QuorumMissing,
    TransactionRefused,
    WriterOutOfFunds,
    WrongChain,
)
from ledger.anchors.intents import Intentions
from ledger.anchors.office import Office, read_office
from ledger.anchors.policy import ChainSettings
from ledger.anchors.ports import AnchoredLog, Chain, FinalityUnproven
from ledger.anchors.sending import ChainSender
from ledger.anchors.wallet import Keyring, Writer
from ledger.anchors.watching import ChainWatch

_DEVELOPMENT_BALANCE = 10**21
"""Wei that a development chain gives our accounts: 1,000 ether."""
_ANCHOR_GAS = 100_000
"""What an anchor may cost; an account that can't pay for one is out of funds, one that can is merely low."""


@dataclass(frozen=True, slots=True)
class ChainAnchoring:
    """Anchors one log on one chain."""

    unit_of_work: UnitOfWorkFactory
    settings: ChainSettings
    chain: Chain
    log: AnchoredLog
    keyring: Keyring

    def advance(self, now: datetime) -> None:
        """One idempotent pass. Raises `ChainUnavailable` or an `AnchoringError`; the next pass goes on from there."""
        self.require_chain()
        watch = ChainWatch(self.unit_of_work, self.settings, self.chain)
        try:
            watch.revoke_lost()
            watch.observe(now)
            self._act(now)
        except FinalityUnproven as error:
            raise QuorumMissing(chain_id=self.settings.chain_id, reason=str(error)) from error

    def require_chain(self) -> None:
        """Raises `WrongChain`. The chain id is also part of what we sign (EIP-155)."""
        found = self.chain.chain_id()
        if found != self.settings.chain_id:
            raise WrongChain(url=self.settings.url, found=found, expected=self.settings.chain_id)

    def office(self) -> Office:
        """Raises `ForeignWriter`."""
        log = abi.log_id(self.log.origin)
        return read_office(self.unit_of_work, self.settings, self.chain, self.keyring, log)

    def sender(self, office: Office) -> ChainSender:
        intentions = Intentions(self.unit_of_work, self.settings, self.chain, self.log, office)
        return ChainSender(self.unit_of_work, self.settings, self.chain, intentions)

    def _act(self, now: datetime) -> None:
        office = self.office()
        self._note(office, now)
        alarm = self._check_balances(office)
        sender = self.sender(office)
        try:
            sender.prepare(now)
            sender.send_outstanding(now)
        except TransactionRefused as refused:
            raise alarm or refused from refused
        if alarm is not None:
            raise alarm

    def _note(self, office: Office, now: datetime) -> None:
        with self.unit_of_work() as uow:
            repository.save_health(
                uow.session,
                self.settings.chain_id,
                now,
                writer=office.writer.address,
                successor=office.successor.address if office.successor else None,
                successor_effective_at=office.effective_at,
            )

    def _check_balances(self, office: Office) -> AnchoringError | None:
        """The alarm to raise once what can still be done is done, of the writer before its successor."""
        writers = (office.writer,) if office.successor is None else (office.writer, office.successor)
        alarms = [self._check_balance(writer) for writer in writers]
        return next((alarm for alarm in alarms if alarm is not None), None)

    def _check_balance(self, writer: Writer) -> AnchoringError | None:
        """A development chain funds the account instead; on a chain where gas is free there is nothing to check."""
        balance = 0 if self.settings.is_free else self.chain.balance(writer.address)
        if self.settings.is_free or balance >= self.settings.low_balance:
            return None
        if self.settings.development:
            self.chain.set_balance(writer.address, _DEVELOPMENT_BALANCE)
            return None
        facts = {"address": writer.address, "chain_id": self.settings.chain_id, "balance_wei": balance}
        needed = _ANCHOR_GAS * self.chain.fees().maximum
        if balance < needed:
            return WriterOutOfFunds(needed_wei=needed, **facts)
        return LowBalance(threshold_wei=self.settings.low_balance, **facts)
