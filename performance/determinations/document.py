"""The document 认定文书 as a PDF, not sealed yet; a pure function: the same facts give the same bytes.

It tells who was heard and what they said, not only what was decided, and what it does not prove (ADR 0037).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.platypus import Flowable

from ledger.package.drawing import local_time
from ledger.verifier.verdict import Statement
from performance.determinations import wording
from performance.determinations.limits import Limits
from performance.masking import masked_text
from signing.papers import layout
from signing.papers import report_wording as house
from signing.papers.report_facts import Imprint

_CHUNK = 800
"""Characters of one paragraph: a longer text is set in several, and none of it is left out."""

_Fact = tuple[Statement, Statement | str]


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step that the document tells: a `DeterminationChange`, its words, and its evidence's public id."""

    change: str
    at: datetime
    text: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """`frozen` is the canonical JSON of the facts; `steps` are oldest first, the issue last."""

    number: str
    determination: str
    authority: str
    party_name: str
    uscc: str
    contract: str
    obligation: str
    replaces: str | None
    opened_at: datetime
    notified_at: datetime
    defence_until: date
    issued_at: datetime
    made_at: datetime
    frozen: str
    frozen_sha256: str
    notice: dict[str, str]
    steps: Sequence[ToldStep]
    limits: Limits
    imprint: Imprint


def determination_document(facts: DocumentFacts) -> bytes:
    """The PDF."""
    story = [*layout.title(wording.TITLE), *layout.clause(wording.LEAD), *_warnings(facts)]
    for section in (_summary, _facts, _notice, _defence, _decision, _remedies, _evidence, _limits):
        story += section(facts)
    return layout.draw(story, layout.Furniture(wording.TITLE, facts.number, facts.made_at))


def _warnings(facts: DocumentFacts) -> list[Flowable]:
    labels = [
        (facts.imprint.is_trial_authority, house.TRIAL_AUTHORITY),
        (facts.imprint.is_built_in_timestamp, house.BUILT_IN_TIMESTAMP),
    ]
    return [part for applies, label in labels if applies for part in layout.note(label, is_warning=True)]


def _summary(facts: DocumentFacts) -> list[Flowable]:
    rows: list[_Fact] = [
        (wording.LABELS["number"], f"{facts.number}\n{facts.determination}"),
        (wording.LABELS["authority"], facts.authority),
        (wording.LABELS["party"], facts.party_name),
        (wording.LABELS["uscc"], facts.uscc),
        (wording.LABELS["contract"], facts.contract),
        (wording.LABELS["obligation"], facts.obligation),
        (wording.LABELS["opened_at"], local_time(facts.opened_at)),
        (wording.LABELS["issued_at"], local_time(facts.issued_at)),
        (wording.LABELS["made_at"], local_time(facts.made_at)),
    ]
    if facts.replaces is not None:
        rows.append((wording.LABELS["replaces"], facts.replaces))
    return [*layout.heading(wording.SECTIONS["summary"]), layout.fact_table(rows)]


def _facts(facts: DocumentFacts) -> list[Flowable]:
    told = json.loads(facts.frozen)
    rows: list[_Fact] = [(label, str(told[name])) for name, label in wording.FACTS.items() if told.get(name)]
    rows.append((wording.LABELS["facts_sha256"], facts.frozen_sha256))
    return [*layout.heading(wording.SECTIONS["facts"]), layout.fact_table(rows)]


def _notice(facts: DocumentFacts) -> list[Flowable]:
    rows: list[_Fact] = [
        (wording.LABELS["notified_at"], local_time(facts.notified_at)),
        (wording.LABELS["defence_until"], facts.defence_until.isoformat()),
    ]
    story = [*layout.heading(wording.SECTIONS["notice"]), layout.fact_table(rows)]
    for name in ("facts", "reasons", "basis"):
        story += [*layout.bilingual(wording.LABELS[name], bold=True), *_paragraphs(facts.notice[name])]
    return story


def _defence(facts: DocumentFacts) -> list[Flowable]:
    heard = [step for step in facts.steps if step.change in {"state", "ask_for_hearing", "hold_hearing"}]
    story = layout.heading(wording.SECTIONS["defence"])
    if not heard:
        return [*story, *layout.clause(wording.NO_STATEMENT)]
    for step in heard:
        label = wording.STEPS[step.change]
        story.append(layout.plain(f"{label.zh} {label.en} · {local_time(step.at)}", 9.5, bold=True))
        story += _paragraphs(masked_text(step.text))
    return story


def _decision(facts: DocumentFacts) -> list[Flowable]:
    issue = facts.steps[-1]
    return [
        *layout.heading(wording.SECTIONS["decision"]),
        *_paragraphs(issue.text),
        *layout.clause(wording.OTHER_PERSON),
    ]


def _remedies(facts: DocumentFacts) -> list[Flowable]:
    limits = facts.limits
    objection = limits.objection
    unit_zh, unit_en = ("个工作日", "working days") if objection.unit == "working_days" else ("日", "days")
    period = Statement(
        f"异议期：自送达之日起 {objection.days} {unit_zh}（{objection.basis}）",
        f"Objection period: {objection.days} {unit_en} from service ({objection.basis})",
    )
    ways = [Statement(f"{each.zh}（{each.basis}）", each.en) for each in limits.remedies]
    told = [part for each in (period, *ways) for part in layout.clause(each)]
    verify = Statement(limits.verify, f"{limits.region} v{limits.version}")
    return [*layout.heading(wording.SECTIONS["remedies"]), *told, *layout.note(verify, is_warning=True)]


def _evidence(facts: DocumentFacts) -> list[Flowable]:
    head = [wording.LABELS[name] for name in ("time", "step", "record")]
    rows: list[list[Statement | str]] = [
        [local_time(step.at), wording.STEPS.get(step.change, Statement(step.change, step.change)), step.evidence]
        for step in facts.steps
    ]
    return [*layout.heading(wording.SECTIONS["evidence"]), layout.grid(head, rows, [0.28, 0.27, 0.45])]


def _limits(facts: DocumentFacts) -> list[Flowable]:
    address = f"{facts.imprint.base_url}/v1/public/determinations"
    filled = [Statement(each.zh.format(address=address), each.en.format(address=address)) for each in wording.LIMITS]
    return [*layout.heading(wording.SECTIONS["limits"]), *(part for each in filled for part in layout.clause(each))]


def _paragraphs(text: str) -> list[Flowable]:
    return [layout.plain(chunk, 10) for chunk in _chunks(text)]


def _chunks(text: str) -> Iterable[str]:
    for line in text.split("\n"):
        yield from (line[start : start + _CHUNK] for start in range(0, max(len(line), 1), _CHUNK))
