"""One pass over one chain. Normal operation and recovery are the same pass:

    1 chain     the node must be on the chain of the settings, or nothing is sent; our account must hold money
    2 revoke    anchors whose block is no longer the chain's fall back to pending: a reorganisation, or a development
                chain restarted from an older state or from nothing
    3 observe   receipts of pending and mined anchors; a final one's proof is collected, checked and stored
    4 prepare   if every stored transaction is mined: the next one (deploy, register, anchor) is signed, and stored
                with its nonce and its anchor in one transaction
    5 send      every stored transaction that the chain hasn't mined and the node doesn't know, in nonce order, byte
                for byte as stored; one that is stuck gets a successor with higher fees at the same nonce

A crash between 4 and 5 leaves a stored transaction that the next pass sends. A crash inside 5 sends it again, which
changes nothing: the nonce lets the chain take it once. Since nonces are never reused for another purpose, sending
everything again in order also rebuilds our contract and all its anchors on a chain that lost them. Two processes at
once: step 4 locks the chain's nonces, every change of an anchor is a compare-and-swap.
"""

from dataclasses import dataclass
from datetime import datetime

from ledger.anchors.errors import LowBalance, TransactionRefused, WrongChain
from ledger.anchors.policy import ChainSettings
from ledger.anchors.ports import Chain
from ledger.anchors.sending import ChainSender
from ledger.anchors.watching import ChainWatch

_DEVELOPMENT_BALANCE = 10**21
"""Wei that a development chain gives our account: 1,000 ether."""


@dataclass(frozen=True, slots=True)
class ChainAnchoring:
    """Anchors one log on one chain."""

    settings: ChainSettings
    chain: Chain
    watch: ChainWatch
    sender: ChainSender

    def advance(self, now: datetime) -> None:
        """One idempotent pass. Raises `ChainUnavailable` or an `AnchoringError`; the next pass goes on from there."""
        self.require_chain()
        alarm = self.check_balance()
        try:
            self.watch.revoke_lost()
            self.watch.observe(now)
            self.sender.prepare(now)
            self.sender.send_outstanding(now)
        except TransactionRefused as refused:
            raise alarm or refused from refused
        if alarm is not None:
            raise alarm

    def require_chain(self) -> None:
        """Raises `WrongChain`. The chain id is also part of what we sign (EIP-155)."""
        found = self.chain.chain_id()
        if found != self.settings.chain_id:
            raise WrongChain(url=self.settings.url, found=found, expected=self.settings.chain_id)

    def check_balance(self) -> LowBalance | None:
        """The alarm to raise once what can still be done is done. A development chain funds the account instead."""
        address, threshold = self.sender.writer.address, self.settings.low_balance
        balance = self.chain.balance(address)
        if balance >= threshold:
            return None
        if self.settings.development:
            self.chain.set_balance(address, _DEVELOPMENT_BALANCE)
            return None
        facts = {"address": address, "chain_id": self.settings.chain_id}
        return LowBalance(balance_wei=balance, threshold_wei=threshold, **facts)
