"""The members of a package, taken apart; nothing here is believed yet."""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.note import NoteInvalid, as_logged
from ledger.verifier.layout import CHECKPOINT, DOCUMENTS, EXHIBIT_PARTS, exhibit_folder
from ledger.verifier.verdict import Undecided


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One record with what ties it to the log: the four files of `evidence/<nnn>/`."""

    folder: str
    record: bytes
    salt: bytes
    entry: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Package:
    """Members by name."""

    members: Mapping[str, bytes]

    def member(self, name: str) -> bytes:
        """Raises `Undecided` if there is no such member: check 1 has already said so."""
        try:
            return self.members[name]
        except KeyError:
            raise Undecided(f"缺少 {name}，无法核验。", f"{name} is missing, so this can't be checked.") from None

    def logged_checkpoint(self) -> bytes:
        """The checkpoint as the log signed it, which is what is anchored and time-stamped; witnesses cosign later.

        Raises `Undecided` if there is none; what can't be read is left as it is, for check 6 to say so.
        """
        data = self.member(CHECKPOINT)
        try:
            return as_logged(data)
        except NoteInvalid:
            return data

    @property
    def documents(self) -> dict[str, bytes]:
        """File name → bytes of everything under `documents/`."""
        return {name.removeprefix(DOCUMENTS): data for name, data in self.members.items() if name.startswith(DOCUMENTS)}

    @property
    def exhibits(self) -> list[Exhibit]:
        """In order of their numbers. Raises `Undecided` if there is none or one lacks a part."""
        count = sum(name.startswith("evidence/") and name.endswith("/record.json") for name in self.members)
        if not count:
            raise Undecided("包内没有存证记录。", "There is no evidence record in the package.")
        folders = [exhibit_folder(number) for number in range(1, count + 1)]
        return [Exhibit(folder, *(self.member(folder + part) for part in EXHIBIT_PARTS)) for folder in folders]
