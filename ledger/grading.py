"""What evidence is worth now, by the anchors and cosignatures there are; judged by `ledger.verifier.standing`."""

from dataclasses import dataclass

from ledger.anchors.service import AnchorService
from ledger.note import VerifierKey, cosignature_times, parse_note
from ledger.package.trust import WitnessPolicy
from ledger.service import LedgerService
from ledger.verifier.standing import judge_standing
from ledger.verifier.verdict import Grade


@dataclass(frozen=True, slots=True)
class Grading:
    """Reads only. An anchor is final by the chain's own word (`ledger.anchors`), so its block was compared."""

    ledger: LedgerService
    anchors: AnchorService
    witnesses: WitnessPolicy

    def of(self, leaf_index: int | None) -> Grade:
        """Of the entry at this place of the log; None is not in the log yet."""
        policy, anchor = self.witnesses, None
        if leaf_index is not None:
            anchor = self.anchors.finalized_covering(leaf_index + 1, cosigned_by=policy.vkeys, quorum=policy.quorum)
        if anchor is None:
            return judge_standing(is_anchored=False, is_development=False, cosigned=0, quorum=policy.quorum)
        keys = [VerifierKey.parse(vkey) for vkey in policy.vkeys]
        cosigned = cosignature_times(parse_note(self.ledger.cosigned_checkpoint(anchor.size)), keys)
        return judge_standing(
            is_anchored=True,
            is_development=self.anchors.is_development(anchor.chain_id),
            cosigned=len({key.name for key in cosigned}),
            quorum=policy.quorum,
        )
