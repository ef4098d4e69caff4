"""What the public may read of people (PIPL: no more than needed); pure.

Phones, identity numbers and mail addresses are masked in every text that is published. A sole trader 个体工商户
(credit codes that begin with 92) often bears a person's name, so its name is masked like one.
"""

import re

from ledger.package.facts import with_masked_phones

_IDENTITY_NUMBER = re.compile(r"(?<!\d)(\d{6})(\d{8})(\d{3}[\dXx])(?!\d)")
_MAIL = re.compile(r"([^\s@<>（）()，。；：、]{1,64})@([A-Za-z0-9.-]+)")
_SOLE_TRADER = "92"


def masked_text(text: str) -> str:
    """Free text, with what identifies or reaches a person hidden."""
    text = _IDENTITY_NUMBER.sub(r"\1********\3", text)
    return _MAIL.sub(r"***@\2", with_masked_phones(text))


def masked_party(name: str, uscc: str) -> str:
    """The name of a party as the public reads it."""
    if not uscc.startswith(_SOLE_TRADER) or len(name) < 2:
        return name
    return f"{name[0]}{'*' * (len(name) - 1)}" if len(name) <= 4 else f"{name[0]}**{name[3:]}"
