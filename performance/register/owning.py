"""Whose entry a contract is: the unit that reports it, which is a party, and the actor's own or one below. Pure."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from performance.errors import NotAParty
from performance.register.errors import UnitAmbiguous, UnitNotSubordinate

Unit = TypeVar("Unit")


def reporting_unit(units: Mapping[str, Unit], own_uscc: str, party_usccs: Collection[str], named: str | None) -> Unit:
    """`units` are the actor's own and those below, by credit code; `named` is the code the entry itself gives.

    Without a name it is the actor's own unit if that is a party, else the one party below it. Raises
    `UnitNotSubordinate`, `NotAParty` or `UnitAmbiguous`.
    """
    if named is not None:
        if named not in units:
            raise UnitNotSubordinate(uscc=named[:40])
        if named not in party_usccs:
            raise NotAParty(role="当事人 / parties")
        return units[named]
    if own_uscc in party_usccs:
        return units[own_uscc]
    parties = [uscc for uscc in party_usccs if uscc in units]
    if not parties:
        raise NotAParty(role="当事人 / parties")
    if len(parties) > 1:
        raise UnitAmbiguous
    return units[parties[0]]
