"""Contracts that look like one that is registered: the same two parties, amount and signing date, another number.

The index on (signed_on, amount_minor) finds the few of a day and a sum; the parties are compared among those.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from performance.intake import ContractElements


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes two contracts look the same. `usccs` in ascending order; `amount_minor` in the currency's units."""

    usccs: tuple[str, str]
    amount_minor: int
    signed_on: date


def likeness(elements: ContractElements) -> Likeness | None:
    """None for what can't be compared: without an amount, a date or its two parties."""
    usccs = sorted({party.uscc for party in elements.parties})
    if elements.amount is None or elements.signed_on is None or len(usccs) != 2:
        return None
    return Likeness((usccs[0], usccs[1]), elements.amount.minor, elements.signed_on)


_SAME = text("""
    SELECT given.place, contract.number
    FROM unnest(CAST(:places AS bigint[]), CAST(:days AS date[]), CAST(:amounts AS bigint[]),
                CAST(:firsts AS text[]), CAST(:seconds AS text[]))
         AS given (place, signed_on, amount_minor, first, second)
    JOIN contract ON contract.signed_on = given.signed_on AND contract.amount_minor = given.amount_minor
    JOIN contract_party one ON one.contract_id = contract.id AND one.uscc = given.first
    JOIN contract_party other ON other.contract_id = contract.id AND other.uscc = given.second
    WHERE contract.registered_at IS NOT NULL
    ORDER BY given.place, contract.id
""")


def lookalikes(session: Session, wanted: Sequence[Likeness | None]) -> list[list[str]]:
    """For each, the numbers of registered contracts that look the same; one query for all.

    Whoever asks is a party, or is above one, and so may see all of them.
    """
    found: list[list[str]] = [[] for _ in wanted]
    given = [(place, each) for place, each in enumerate(wanted) if each is not None]
    if not given:
        return found
    rows = session.execute(
        _SAME,
        {
            "places": [place for place, _ in given],
            "days": [each.signed_on for _, each in given],
            "amounts": [each.amount_minor for _, each in given],
            "firsts": [each.usccs[0] for _, each in given],
            "seconds": [each.usccs[1] for _, each in given],
        },
    )
    for place, number in rows:
        found[place].append(number)
    return found


_TAKEN = text("""
    SELECT contract.owner_organisation_id, contract.number
    FROM unnest(CAST(:owners AS uuid[]), CAST(:numbers AS text[])) AS given (owner, number)
    JOIN contract ON contract.owner_organisation_id = given.owner AND contract.number = given.number
""")


def taken_numbers(session: Session, wanted: Collection[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Which (unit, number) are registered or drafted already."""
    if not wanted:
        return set()
    pairs = list(wanted)
    rows = session.execute(
        _TAKEN, {"owners": [str(owner) for owner, _ in pairs], "numbers": [number for _, number in pairs]}
    )
    return {(row[0], row[1]) for row in rows}
