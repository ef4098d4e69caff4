"""Who contracts: names, sides and unified social credit codes, on the cover and where they sign. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.errors import InvalidUSCC
from accounts.policy import check_uscc
from performance.policy import PartyRole
from performance.review.roles import PARTY_LINE, ROLE, SIGNATURE, side_of
from performance.review.text import ContractText, Passage

_CODE = re.compile(
    rf"({ROLE})?(?:\([^()]*\))?的?(?:统一社会)?信用代码(?:证号)?号? ?[:为]? ?([0-9A-Za-z]{{15,20}})(?![0-9A-Za-z])"
)
_NAME_END = re.compile(r"[,;。\n(]| (?=[^ ])|(?:地址|住所|统一社会|法定代表人|联系|电话)")
_SEAL = re.compile(r"\((?:盖章|公章|签章|章|签字)\)?")
_INNER_BRACKETS = re.compile(r"\([^()]{1,8}\)\S")
_LETS = re.compile(r"([甲乙])方将[^。;\n]{0,60}(?:出租|租赁)给?")
_LONGEST = 60
_HEAD_LINES = 40


@dataclass(frozen=True, slots=True)
class Code:
    """A unified social credit code as it is written; `problem` says what is wrong with it (zh, en)."""

    text: str
    start: int
    problem: tuple[str, str] | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Party:
    """A side: its label (发包人), the alias in brackets after it (甲方), name and code at the head, and its name where
    it signs. `is_side_said`: the label tells the side; else 甲方 was taken for the purchaser."""

    role: PartyRole
    label: str
    name: Passage
    is_side_said: bool
    alias: str = ""
    code: Code | None = None
    signed_as: Passage | None = None


def parties(text: ContractText) -> tuple[Party, ...]:
    """The first party of each label at the head of the text; at most two, of different sides."""
    found: list[Party] = []
    for line in text.lines[:_HEAD_LINES]:
        party = _party(line) if line.start < text.signature_start else None
        if party is not None and all(party.label != other.label for other in found):
            found.append(party)
    found = _sides(text, found[:2])
    codes, signatures = _codes(text, found), _signatures(text)
    return tuple(
        replace(each, code=codes.get(each.role), signed_as=signatures.get(each.label) or signatures.get(each.alias))
        for each in found
    )


def _party(line: Passage) -> Party | None:
    match = PARTY_LINE.match(line.text)
    name = _name(match[3], line.start + match.start(3)) if match else None
    if match is None or name is None:
        return None
    role, is_said = side_of(match[1].replace(" ", ""), match[2] or "")
    return Party(role, match[1].replace(" ", ""), name, is_said, match[2] or "")


def _name(rest: str, start: int) -> Passage | None:
    """Up to the first mark or gap; brackets within a name, as in 陕西（集团）有限公司, belong to it."""
    bare = _SEAL.split(rest)[0]
    end = len(bare)
    for match in _NAME_END.finditer(bare):
        is_inside = match[0] == "(" and _INNER_BRACKETS.match(bare, match.start())
        if not is_inside and match.start() > 0:
            end = match.start()
            break
    name = bare[:end].rstrip(" _")
    return Passage(name, start) if 2 <= len(name) <= _LONGEST and not set(name) & set("_|:") else None


def _sides(text: ContractText, found: list[Party]) -> list[Party]:
    """Of two the sides must differ: whoever says its own decides the other's; of a lease by 甲方 and 乙方, who lets."""
    if len(found) < 2:
        return found
    first, second = found
    lets = None if first.is_side_said or second.is_side_said else _LETS.search(text.body)
    if lets is not None:
        role = PartyRole.SUPPLIER if first.label.startswith(lets[1]) else PartyRole.PURCHASER
        first = replace(first, role=role, is_side_said=True)
    if first.role is second.role or lets is not None:
        if second.is_side_said and not first.is_side_said:
            first = replace(first, role=_other(second.role))
        else:
            second = replace(second, role=_other(first.role), is_side_said=first.is_side_said)
    return [first, second]


def _other(role: PartyRole) -> PartyRole:
    return PartyRole.SUPPLIER if role is PartyRole.PURCHASER else PartyRole.PURCHASER


def _codes(text: ContractText, found: Sequence[Party]) -> dict[PartyRole, Code]:
    """A code belongs to the party its label names, or to the one named last before it."""
    codes: dict[PartyRole, Code] = {}
    for match in _CODE.finditer(text.body):
        label = (match[1] or "").replace(" ", "")
        named = [party for party in found if party.label == label] or [
            party for party in found if party.name.start < match.start(2)
        ]
        if named and named[-1].role not in codes:
            codes[named[-1].role] = _code(match[2], match.start(2))
    return codes


def _code(text: str, start: int) -> Code:
    try:
        return Code(check_uscc(text), start)
    except InvalidUSCC as error:
        return Code(text, start, (error.facts["reason_zh"], error.facts["reason_en"]))


def _signatures(text: ContractText) -> dict[str, Passage]:
    """The names where they sign, by label."""
    names: dict[str, Passage] = {}
    for line in text.lines:
        for match in SIGNATURE.finditer(line.text) if line.start >= text.signature_start else ():
            name = _name(match[2], line.start + match.start(2))
            if name is not None:
                names.setdefault(match[1].replace(" ", ""), name)
    return names
