"""Attacked PDFs: none is ever authentic, and the finding names the attack. Sound ones by anybody are authentic."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from sqlalchemy import Engine

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger.verifier.pades import Form, PDFVerdict, verify_increment, verify_pdf
from ledger.verifier.pades_additions import recognise
from ledger.verifier.pades_changes import Changes
from ledger.verifier.pades_findings import EXPLANATIONS, Finding
from ledger.verifier.pades_reader import Reader
from tests.support import attacks, quiet_changes
from tests.support.attacks import Attack
from tests.support.clock import FixedClock
from tests.support.foreign import STAMPED_AT, Stranger, add_validation_data, timestamp_roots
from tests.support.pdf import blank_pdf
from tests.support.signatures import Desk

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Contract:
    """Signed by two parties and sealed, once for all tests here; `steps` are the file after each of them."""

    steps: tuple[bytes, ...]
    roots: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return self.steps[-1]

    def verdict(self, data: bytes, form: Form = "any") -> PDFVerdict:
        return verify_pdf(data, signing_roots=self.roots, timestamp_roots=self.roots, form=form)


@pytest.fixture
def contract(engine: Engine, secrets: SecretBox, made: list[Contract] = []) -> Contract:  # noqa: B006
    """Made by the first test that asks: the bytes outlive the database they were made with."""
    if not made:
        clock = FixedClock(datetime(2024, 3, 1, 2, 0, tzinfo=UTC))
        desk = Desk.set_up(lambda: UnitOfWork(engine, clock), secrets, clock)
        first = desk.sign_first(desk.prepare())
        clock.advance(timedelta(days=1))
        second = desk.sign_second(first)
        clock.advance(timedelta(minutes=1))
        made.append(Contract((first, second, desk.seal(second)), tuple(desk.pki.roots())))
    return made[0]


FORGED = [("/ByteRange", value) for value in (None, attacks.NULL, attacks.range_of())]
FORGED += [("/ByteRange", attacks.range_of(*numbers)) for numbers in ((0, -1, 10, -5), (0, 100), (0, 0, 0, 0))]
FORGED += [("/Contents", value) for value in (None, attacks.NULL, attacks.NOTHING, attacks.ZEROS)]

ATTACKS: list[tuple[Attack, Finding]] = [
    (attacks.change_content, Finding.CONTENT_CHANGED_INCREMENTALLY),
    (attacks.overwrite_content, Finding.CONTENT_CHANGED_INCREMENTALLY),
    (attacks.overlay_content, Finding.OVERLAY_ADDED),
    (attacks.overlay_stamp, Finding.OVERLAY_ADDED),
    (attacks.add_annotation_to_certified, Finding.OVERLAY_ADDED),
    (attacks.append_page, Finding.PAGE_ADDED),
    (attacks.remove_page, Finding.PAGE_REMOVED),
    (attacks.change_locked_field, Finding.FIELD_CHANGED),
    (attacks.swap_fields, Finding.FIELD_CHANGED),
    (attacks.show_a_signature_twice, Finding.SIGNATURE_SWAPPED),
    (attacks.replace_signature_picture, Finding.APPEARANCE_CHANGED),
    (attacks.overwrite_signature_picture, Finding.APPEARANCE_CHANGED),
    (attacks.remove_signature, Finding.SIGNATURE_REMOVED),
    (attacks.remove_form, Finding.SIGNATURE_REMOVED),
    (attacks.change_byte_range, Finding.BYTE_RANGE_CHANGED),
    (attacks.wrap_signature, Finding.SIGNATURE_WRAPPED),
    (attacks.flip_signed_byte, Finding.DIGEST_MISMATCH),
    (attacks.change_claimed_time, Finding.DIGEST_MISMATCH),
    (attacks.change_digest, Finding.DIGEST_MISMATCH),
    (attacks.pad_contents, Finding.CONTENTS_PADDED),
    (attacks.swap_timestamps, Finding.TIMESTAMP_INVALID),
    (attacks.shadow_replace_font, Finding.SHADOW_CONTENT),
    (attacks.shadow_switch_objects, Finding.SHADOW_CONTENT),
    (attacks.shadow_switch_pages, Finding.SHADOW_CONTENT),
    (attacks.shadow_show_layer, Finding.SHADOW_CONTENT),
    (attacks.shadow_hide_picture, Finding.SHADOW_CONTENT),
    (attacks.append_bytes, Finding.APPENDED_DATA),
    (attacks.second_end_of_file, Finding.APPENDED_DATA),
    (attacks.empty_increment, Finding.APPENDED_DATA),
    (attacks.prefix_with_another_pdf, Finding.PREFIXED_DATA),
    (attacks.repeat_cross_references, Finding.SHADOW_CONTENT),
    *((attacks.forge("/ByteRange", value), Finding.BYTE_RANGE_MISSING) for name, value in FORGED if "Range" in name),
    *((attacks.forge("/Contents", value), Finding.CONTENTS_MISSING) for name, value in FORGED if "Range" not in name),
    (attacks.forge("/SubFilter", None), Finding.CONTENT_CHANGED_INCREMENTALLY),
]


@pytest.mark.parametrize("form", ["any", "canonical"])
@pytest.mark.parametrize(
    ("attack", "finding"), ATTACKS, ids=[f"{number}-{finding}" for number, (_, finding) in enumerate(ATTACKS)]
)
def test_an_attack_is_told_by_its_name(contract: Contract, attack: Attack, finding: Finding, form: Form) -> None:
    verdict = contract.verdict(attack(contract.data), form)
    assert (verdict.outcome, verdict.finding) == ("altered", finding), verdict
    assert verdict.reason_zh
    assert verdict.reason


def test_foreign_revocation_lists_replace_ours(contract: Contract) -> None:
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    attack = attacks.replace_validation_data(stranger.revocation_list(STAMPED_AT))
    assert contract.verdict(attack(contract.data)).finding is Finding.VALIDATION_DATA_CHANGED


def test_somebody_signs_after_the_seal(contract: Contract) -> None:
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    signed = stranger.sign(contract.data)
    roots = [*contract.roots, *stranger.roots, *timestamp_roots()]
    verdict = verify_pdf(signed, signing_roots=roots, timestamp_roots=roots, form="any")
    assert (verdict.outcome, verdict.finding) == ("altered", Finding.SIGNED_AFTER_SEAL)


def test_the_contract_holds_after_each_step(contract: Contract) -> None:
    for form in ("any", "canonical"):
        for number, data in enumerate(contract.steps, 1):
            verdict = contract.verdict(data, form)  # type: ignore[arg-type]  # both are forms
            assert (verdict.outcome, verdict.finding) == ("authentic", None), verdict
            assert len(verdict.signatures) == number + (number == 3)


def test_validation_data_may_be_added_after_the_seal(contract: Contract) -> None:
    stranger = Stranger.with_key(ec.generate_private_key(ec.SECP256R1()))
    verdict = contract.verdict(add_validation_data(contract.data, crls=(stranger.revocation_list(STAMPED_AT),)))
    assert verdict.outcome == "authentic", verdict
    assert verdict.signatures[-1].modifications == "validation_data"


@pytest.mark.parametrize("change", quiet_changes.AFTER_THE_SEAL, ids=lambda change: change.__name__)
def test_nothing_but_validation_data_comes_after_the_seal(contract: Contract, change: Attack) -> None:
    roots = [*contract.roots, *timestamp_roots()]
    for form in ("any", "canonical"):
        verdict = contract.verdict(change(contract.data), form)  # type: ignore[arg-type]  # both are forms
        assert (verdict.outcome, verdict.finding) == ("altered", Finding.CONTENT_CHANGED_INCREMENTALLY), verdict
    stamped = quiet_changes.document_timestamp(change(contract.data))
    assert verify_pdf(stamped, signing_roots=roots, timestamp_roots=roots, form="any").outcome == "altered"


@pytest.mark.parametrize("change", quiet_changes.AFTER_A_SIGNATURE, ids=lambda change: change.__name__)
def test_a_document_timestamp_hides_nothing_that_came_after_the_last_signature(
    contract: Contract, change: Attack
) -> None:
    roots = [*contract.roots, *timestamp_roots()]
    changed = change(contract.steps[0])
    for data in (changed, quiet_changes.document_timestamp(changed)):
        assert verify_pdf(data, signing_roots=roots, timestamp_roots=roots, form="any").outcome == "altered"
    honest = quiet_changes.document_timestamp(contract.steps[0])
    assert verify_pdf(honest, signing_roots=roots, timestamp_roots=roots, form="any").outcome == "authentic"


def test_a_document_timestamp_is_nobodys_signature() -> None:
    stamped = quiet_changes.document_timestamp(blank_pdf())
    verdict = verify_pdf(stamped, signing_roots=timestamp_roots(), timestamp_roots=timestamp_roots(), form="any")
    assert (verdict.outcome, verdict.finding) == ("unsigned", None)
    assert verdict.signatures[0].is_trusted
    assert "Nobody signed" in verdict.reason
    changed = attacks.append_bytes(stamped)
    assert verify_pdf(changed, signing_roots=[], timestamp_roots=timestamp_roots()).outcome == "altered"


def test_an_increment_is_checked_by_itself(contract: Contract) -> None:
    for before, after in zip(contract.steps, contract.steps[1:], strict=False):
        verdict = verify_increment(before, after, signing_roots=contract.roots, timestamp_roots=contract.roots)
        assert verdict.outcome == "authentic", verdict


@pytest.mark.parametrize(
    "attack",
    [
        attacks.change_locked_field,
        attacks.overlay_stamp,
        attacks.append_page,
        attacks.remove_signature,
        attacks.append_bytes,
    ],
)
def test_an_increment_that_earlier_signatures_forbid(contract: Contract, attack: Attack) -> None:
    before = contract.steps[1]
    verdict = verify_increment(before, attack(before), signing_roots=contract.roots, timestamp_roots=contract.roots)
    assert verdict.outcome == "altered"
    whole = contract.verdict(attack(before), "canonical")
    assert whole.outcome == "altered"


def test_what_is_recognised_is_allowed_by_pyhanko(contract: Contract) -> None:
    """Every increment of an honest contract is recognised as what pyHanko says it is; of the attacked ones, none is
    that pyHanko refuses.
    """
    for number in range(2, Changes(Reader(contract.data)).revisions):
        assert_same_judgement(contract.data, number, is_recognised=True)
    attacked = [attack(contract.data) for attack, _ in ATTACKS]
    for data in [*attacked, *(attack(contract.steps[1]) for attack in attacks.LIKE_SIGNING)]:
        try:
            last = Changes(Reader(data)).revisions - 1
        except PdfError:
            continue  # nobody can read it
        assert_same_judgement(data, last, is_recognised=None)


def assert_same_judgement(data: bytes, revision: int, *, is_recognised: bool | None) -> None:
    additions = recognise(Reader(data), revision)
    assert is_recognised is None or (additions is not None) == is_recognised
    if additions is not None:
        change = Changes(Reader(data)).since(revision - 1, MDPPerm.FILL_FORMS, None)
        assert change.finding is None, (change, additions)
        locks = FieldMDPSpec(FieldMDPAction.INCLUDE, sorted(additions.fields) or ["none of these"])
        finding = Changes(Reader(data)).since(revision - 1, MDPPerm.FILL_FORMS, locks).finding
        assert (finding is Finding.FIELD_CHANGED) == bool(additions.fields)
        is_form_filling = additions.level is ModificationLevel.FORM_FILLING
        assert (change.modifications == "form_filling") == is_form_filling


@pytest.mark.parametrize("attack", attacks.LIKE_SIGNING, ids=lambda attack: attack.__name__)
def test_an_increment_that_looks_like_signing(contract: Contract, attack: Attack) -> None:
    attacked = attack(contract.steps[0])
    roots = contract.roots
    assert (
        verify_increment(contract.steps[0], attacked, signing_roots=roots, timestamp_roots=roots).outcome == "altered"
    )
    assert contract.verdict(attacked).outcome == "altered"


def test_an_increment_to_another_file(contract: Contract) -> None:
    changed = attacks.flip_signed_byte(contract.data)
    verdict = verify_increment(contract.steps[1], changed, signing_roots=contract.roots, timestamp_roots=contract.roots)
    assert verdict.outcome == "altered"


def test_every_finding_is_explained_in_both_languages() -> None:
    assert set(EXPLANATIONS) == set(Finding)
    for explanation in EXPLANATIONS.values():
        assert any("一" <= character <= "鿿" for character in explanation.zh)
        assert explanation.en.isascii() or "“" in explanation.en
        assert explanation.outcome not in ("authentic", "unsigned")


def test_a_file_that_begins_with_something_else() -> None:
    assert verify_pdf(b"junk" + blank_pdf(), signing_roots=[], timestamp_roots=[]).outcome == "malformed"
