"""Several records of a package that tell of the same file: none of them can hide behind another."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ledger.record import EvidenceFile, describe_file
from ledger.verifier.verdict import ExitCode, Status, Verdict
from ledger.verifier.verify import verify_package
from tests.support.evidence import PackageFactory, signed_pdf

SIGNED = signed_pdf()
POSITION = SIGNED.index(b"/MediaBox") + 14
ALTERED = SIGNED[:POSITION] + bytes([SIGNED[POSITION] ^ 1]) + SIGNED[POSITION + 1 :]
"""A contract that was changed after it was signed."""

AS_FOUND = {"is_content_seen": True, "is_content_kept": True}


def described(data: bytes, name: str, **wrong: str | int) -> EvidenceFile:
    return replace(describe_file(name, "application/pdf", data), **wrong)


def verdict_on(data: bytes, files: Sequence[tuple[str, EvidenceFile]]) -> Verdict:
    """On a package with a record for each of `files`: `envelope`, or `notarised` as somebody found it."""
    factory = PackageFactory(
        documents={"contract.pdf": data},
        records=[
            ("digest.notarised", AS_FOUND, [file]) if kind == "notarised" else ("envelope.completed", {}, [file])
            for kind, file in files
        ],
        notarised=frozenset(number for number, (kind, _) in enumerate(files, 1) if kind == "notarised"),
    )
    return verify_package(factory.build(), factory.trust())


def failed(verdict: Verdict) -> set[str]:
    return {check.number for check in verdict.checks if check.status is Status.FAIL}


@pytest.mark.parametrize("name", ["contract.pdf", "another name.pdf"])
@pytest.mark.parametrize("is_notarised_last", [True, False])
def test_notarising_an_altered_contract_as_it_was_found_does_not_excuse_it(name: str, is_notarised_last: bool) -> None:
    files = [("envelope", described(ALTERED, "contract.pdf")), ("notarised", described(ALTERED, name))]
    verdict = verdict_on(ALTERED, files if is_notarised_last else files[::-1])
    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert failed(verdict) == {"3", "10"}


def test_what_was_only_found_twice_under_two_names_is_still_as_it_was_found() -> None:
    verdict = verdict_on(ALTERED, [("notarised", described(ALTERED, name)) for name in ("one.pdf", "two.pdf")])
    assert verdict.exit_code is ExitCode.HOLDS
    assert any("as they were found" in limit.en for limit in verdict.not_proven)


@pytest.mark.parametrize("wrong", [{"sm3": "0" * 64}, {"size": 1}])
@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_records_that_disagree_about_a_file_contradict_each_other(
    wrong: dict[str, str | int], order: tuple[int, ...]
) -> None:
    files = [("envelope", described(SIGNED, "contract.pdf")), ("notarised", described(SIGNED, "found.pdf", **wrong))]
    verdict = verdict_on(SIGNED, [files[number] for number in order])
    assert verdict.exit_code is ExitCode.CONTRADICTED
    assert "2" in failed(verdict)


def test_records_that_agree_may_name_it_differently() -> None:
    files = [("envelope", described(SIGNED, "contract.pdf")), ("notarised", described(SIGNED, "found.pdf"))]
    assert verdict_on(SIGNED, files).exit_code is ExitCode.HOLDS
