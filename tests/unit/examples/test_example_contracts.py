"""The example contracts are what their facts say, and making them again gives the same bytes."""

import importlib.util
import json
import shutil
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pypdfium2 as pdfium
import pytest

from accounts.policy import check_uscc
from performance.policy import ObligationKind
from performance.regions import RegionProfiles

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = ("procurement", "works", "coal")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_contracts", EXAMPLES / "make_contracts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.register_fonts()
    return module


def facts_of(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return facts


@pytest.mark.parametrize("name", NAMES)
def test_facts_fit_the_register(name: str) -> None:
    facts = facts_of(name)
    RegionProfiles().current(facts["region"]).contract_class(facts["class"])
    for party in facts["parties"]:
        check_uscc(party["uscc"])
        assert "示例" in party["name"]
    assert {obligation["kind"] for obligation in facts["obligations"]} <= set(ObligationKind)


@pytest.mark.parametrize("name", NAMES)
def test_payments_add_up_to_the_amount(name: str) -> None:
    facts = facts_of(name)
    payments = [Decimal(obligation["amount"]) for obligation in facts["obligations"] if obligation["amount"]]
    assert sum(payments) == Decimal(facts["amount"]["value"])


@pytest.mark.parametrize("name", NAMES)
def test_pdf_is_small_and_ends_with_the_signature_page(name: str) -> None:
    facts = facts_of(name)
    target = EXAMPLES / facts["file"]
    assert target.stat().st_size < 300_000
    document = pdfium.PdfDocument(target)
    assert 4 <= len(document) == facts["signature_page"]["page"] <= 8
    last = document[len(document) - 1].get_textpage().get_text_range()
    assert "签署页" in last
    assert all(party["uscc"] in last for party in facts["parties"])
    document.close()


@pytest.mark.parametrize("name", NAMES)
def test_making_it_again_gives_the_same_bytes(name: str, maker: ModuleType, tmp_path: Path) -> None:
    for suffix in ("json", "txt"):
        shutil.copy(EXAMPLES / f"{name}.{suffix}", tmp_path)
    assert maker.make(name, tmp_path).read_bytes() == (EXAMPLES / f"{name}.pdf").read_bytes()


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("480000", "人民币肆拾捌万元整"),
        ("2680000", "人民币贰佰陆拾捌万元整"),
        ("34200000", "人民币叁仟肆佰贰拾万元整"),
        ("80400", "人民币捌万零肆佰元整"),
        ("100000005", "人民币壹亿零伍元整"),
        ("10010", "人民币壹万零壹拾元整"),
    ],
)
def test_amounts_in_words(amount: str, words: str, maker: ModuleType) -> None:
    assert maker.in_words(Decimal(amount)) == words
