"""What the public reads of a determination; pure.

Who, by whom, on which legal basis, and a summary the officer writes for the public; phones, identity numbers and mail
addresses are masked, and the name of a sole trader. The contract, its amount and the facts stay with the parties.
"""

from performance.determinations.models import Determination
from performance.masking import masked_party, masked_text
from performance.models import ContractParty

_SOLE_TRADER = "92"


def published_content(
    row: Determination, party: ContractParty, *, authority: str, summary: str
) -> dict[str, str | None]:
    """JSON; fixed at publication."""
    return {
        "number": row.number,
        "authority": authority,
        "party": masked_party(party.name, party.uscc),
        "uscc": None if party.uscc.startswith(_SOLE_TRADER) else party.uscc,
        "summary": masked_text(summary),
        "basis": masked_text((row.notice or {}).get("basis", "")),
        "document_sha256": row.document_sha256,
    }
