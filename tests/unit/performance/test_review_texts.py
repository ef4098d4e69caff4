"""The risk review on whole contract texts: the rules were tuned on `dev`; `heldout` shows how they do elsewhere.

Every case of every rule fires in one of these tests, and is silent in dozens of texts.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from performance.review import rules
from performance.review.pdf_text import read_contract
from performance.review.rule import Case
from performance.review.text import ContractText
from tests.support.contract_papers import Sample, drawn, sample, samples
from tests.support.review_scores import cases_found, expected_facts, facts_found, score

DEV, HELDOUT = list(samples("dev")), list(samples("heldout"))
LEAST = 0.9
WORKS = "d04-school-canteen-works"
TAKEN_OUT = [
    ("R02.scope", WORKS, r"第二条.*\n"),
    ("R02.period", WORKS, r"第三条.*\n|工期"),
    ("R02.price", WORKS, r"第五条.*\n|[0-9]+元"),
    ("R02.materials", WORKS, r"第八条.*\n"),
    ("R02.cooperation", WORKS, r"第十二条.*\n"),
    ("R01.parties", WORKS, r".*（甲方）.*\n|.*（乙方）.*\n|甲方（盖章）.*\n|乙方（盖章）.*\n"),
    ("R01.quantity", "d05-coal-clean", r"第?一、供煤数量\n.*\n|[0-9]+万?吨|数量"),
]


@pytest.mark.parametrize("text", DEV, ids=lambda each: each.name)
def test_a_text_the_rules_were_made_for(text: Sample) -> None:
    read, wanted = ContractText.of(text.text), expected_facts(text)

    assert cases_found(read) == text.findings
    assert facts_found(read, wanted) == wanted


def test_texts_the_rules_were_not_made_for() -> None:
    scores = score(HELDOUT)

    assert len(HELDOUT) >= 10
    assert min(scores.all_rules.precision, scores.all_rules.recall) >= LEAST
    assert min(scores.all_fields.precision, scores.all_fields.recall) >= LEAST


@pytest.mark.parametrize(("case", "name", "clause"), TAKEN_OUT)
def test_a_term_that_was_taken_out_is_missed(case: str, name: str, clause: str) -> None:
    whole = sample(name).text

    assert case not in cases_found(ContractText.of(whole))
    assert case in cases_found(ContractText.of(re.sub(clause, "", whole)))


def test_every_case_fires_somewhere() -> None:
    shown = {case for case, _, _ in TAKEN_OUT}.union(*(each.findings for each in (*DEV, *HELDOUT)))

    assert {case.code for case in _cases()} == shown


@pytest.mark.parametrize("name", ["d02-printers-flawed", WORKS, "d05-coal-clean", "d15-elevator", "h04-shop-lease"])
def test_a_pdf_says_what_its_text_says(name: str) -> None:
    """Lines are broken wherever they are full, and tables are ruled."""
    text = sample(name)

    assert cases_found(read_contract(drawn(text.text))) == cases_found(ContractText.of(text.text))


def _cases() -> Iterator[Case]:
    for module in pkgutil.iter_modules(rules.__path__):
        for value in vars(importlib.import_module(f"{rules.__name__}.{module.name}")).values():
            yield from _within(value)


def _within(value: object) -> Iterator[Case]:
    if isinstance(value, Case):
        yield value
    elif isinstance(value, dict):
        yield from _within(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _within(each)
