"""An old receipt against today's log, as programs read it. Digests are lower-case hex."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class ShownCheckpoint(BaseModel):
    """`checkpoint` is the signed note, verbatim; size and root are null if no key of the log signed it."""

    size: int | None
    root: str | None
    checkpoint: str


class EntryInBothTrees(BaseModel):
    """The paths are RFC 6962 audit paths, the leaf's sibling first. `current_proof` is a new C2SP tlog-proof to keep.

    `leaf_hash` is that of the package's entry; for a tlog-proof alone it is the one that the log has there today.
    """

    name: str
    index: int
    leaf_hash: str
    receipt_path: list[str]
    current_path: list[str]
    current_proof: str


class ReceiptCheck(BaseModel):
    """One of the numbered checks, in words."""

    number: str
    name: Literal["receipt", "current", "consistency", "entries"]
    status: Literal["pass", "fail", "unknown"]
    zh: str
    en: str


class ReceiptVerdictOutput(BaseModel):
    """`holds`: today's log contains all that the receipt proves. `contradicted`: it doesn't. `undecided`: can't tell.

    `consistency` is the RFC 6962 consistency proof from the receipt's tree to today's, empty if they have one size,
    null if there was nothing to compare. Don't take our word for it: verify the notes with the keys of your own trust
    file, then the proofs between their roots.
    """

    kind: Literal["package", "checkpoint", "proof"]
    verdict: Annotated[Literal["holds", "contradicted", "undecided"], Field(examples=["holds"])]
    zh: str
    en: str
    receipt: ShownCheckpoint
    current: ShownCheckpoint
    consistency: list[str] | None
    entries: list[EntryInBothTrees]
    checks: list[ReceiptCheck]
