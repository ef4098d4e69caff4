"""Every text in every language, every key that a template asks for, a word and a look for every state."""

import re
from enum import StrEnum
from string import Formatter
from typing import get_args

import pytest

from ledger.verifier.pades import Coverage, Modifications, Outcome, Revocation, TimeSource
from ledger.verifier.verdict import Status
from notify.policy import MessageState
from performance.policy import (
    ContractState,
    DisputeOutcome,
    ExemptionGround,
    Intake,
    ObligationChange,
    ObligationKind,
    ObligationState,
    PartyRole,
    StepKind,
)
from signing.plan import FieldKind
from signing.policy import ACTING, EnvelopeState, RecipientRole, RecipientState
from signing.seals.policy import AuthorisationState, SealKind, SealState
from web import i18n
from web.rendering import environment
from web.routes.seals import CAUSES
from web.signing_page import STAGE_TONES
from web.states import LOOKS, look

PDF_VOCABULARIES = {
    "pdf_outcome": get_args(Outcome),
    "time_source": get_args(TimeSource),
    "coverage": get_args(Coverage),
    "modifications": get_args(Modifications),
    "revocation": get_args(Revocation),
}
CLOSED_VOCABULARIES: dict[str, type[StrEnum]] = {
    "contract_state": ContractState,
    "obligation_state": ObligationState,
    "envelope_state": EnvelopeState,
    "recipient_state": RecipientState,
    "recipient_role": RecipientRole,
    "seal_state": SealState,
    "seal_kind": SealKind,
    "authorisation_state": AuthorisationState,
    "message_state": MessageState,
    "check_status": Status,
    "obligation_kind": ObligationKind,
    "party_role": PartyRole,
    "step_kind": StepKind,
    "dispute_outcome": DisputeOutcome,
    "ground": ExemptionGround,
    "intake": Intake,
    "change": ObligationChange,
}
WORDED = set(RecipientRole) - {RecipientRole.CC}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_no_key_lacks_a_language() -> None:
    assert set(i18n.catalogue("zh")) == set(i18n.catalogue("en"))


def test_a_text_names_the_same_facts_in_every_language() -> None:
    chinese, english = i18n.catalogue("zh"), i18n.catalogue("en")
    different = {key for key in chinese if placeholders(chinese[key]) != placeholders(english[key])}
    assert not different


def test_templates_ask_only_for_keys_that_exist() -> None:
    loader = environment().loader
    assert loader is not None
    texts = i18n.catalogue("zh")
    asked = set()
    for name in environment().list_templates():
        source, _, _ = loader.get_source(environment(), name)
        asked |= {(name, key) for key in re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_0-9]+)["']\s*[,)]""", source)}
    assert asked
    assert {(name, key) for name, key in asked if key not in texts} == set()


def test_every_template_compiles() -> None:
    for name in environment().list_templates():
        environment().get_template(name)


def test_keys_a_template_puts_together_exist() -> None:
    """What the signing page says depends on the role, the stage and the kind of a field."""
    texts = i18n.catalogue("zh")
    asked = {f"signing.{part}_{role}" for part in ("asks", "go", "do", "do_decline", "title") for role in WORDED}
    asked |= {f"signing.{part}_{role}" for part in ("step_fill", "step_agree") for role in WORDED}
    asked |= {f"signing.stage_done_{role}{more}" for role in ACTING for more in ("", "_text")}
    asked |= {f"signing.stage_{stage}{more}" for stage in STAGE_TONES if stage != "done" for more in ("", "_text")}
    asked |= {f"signing.box_{kind}" for kind in FieldKind}
    asked |= {f"signing.task_{kind}" for kind in FieldKind if kind not in {FieldKind.DATE, FieldKind.CROSS_PAGE_SEAL}}
    asked |= {f"seal_cause.{cause}" for cause in CAUSES}
    assert asked - set(texts) == set()


@pytest.mark.parametrize(("group", "vocabulary"), CLOSED_VOCABULARIES.items())
def test_every_value_has_a_word(group: str, vocabulary: type[StrEnum]) -> None:
    texts = i18n.catalogue("zh")
    assert {str(value) for value in vocabulary if f"{group}.{value}" not in texts} == set()


@pytest.mark.parametrize(("group", "values"), PDF_VOCABULARIES.items())
def test_every_finding_about_a_pdf_has_a_word(group: str, values: tuple[str, ...]) -> None:
    assert {f"{group}.{value}" for value in values} <= set(i18n.catalogue("zh"))


@pytest.mark.parametrize("group", LOOKS)
def test_every_state_has_a_look(group: str) -> None:
    states = CLOSED_VOCABULARIES.get(group, {state: state for state in LOOKS[group]})
    for state in states:
        assert look(group, str(state)).shape


def test_states_of_one_kind_that_differ_in_meaning_differ_in_more_than_colour() -> None:
    """Somebody who sees no colours tells them apart by shape (and everybody by the word)."""
    for looks in LOOKS.values():
        toned: dict[str, set[str]] = {}
        for each in looks.values():
            toned.setdefault(each.shape, set()).add(each.tone)
        ambiguous = {shape for shape, tones in toned.items() if {"good", "bad"} <= tones}
        assert not ambiguous


def test_open_vocabularies_fall_back_to_the_value() -> None:
    assert i18n.word("zh", "meet", "change") == "履行完成"
    assert i18n.word("en", "something_new", "change") == "something_new"
