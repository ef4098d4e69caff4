"""A score in sentences: for every event what it counts for, under which rule, on what basis."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from credit.models import CreditEvent
from credit.scoring import Contribution, Score, Weight

_WEIGHTS = {
    Weight.FULL: ("全额计分", "counted in full"),
    Weight.DECAYED: ("因时间较久，减额计分", "counted in part, being older"),
    Weight.EXPIRED: ("已过计分期限，不再计分", "no longer counted, its term is over"),
    Weight.CAPPED: ("该项已达封顶值，超出部分不计", "counted only up to the cap of the rule"),
    Weight.REVERSED: ("该事件已撤销，不计分", "reversed, so not counted"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One line of an explanation."""

    event: CreditEvent
    contribution: Contribution
    zh: str
    en: str


def explain(score: Score, events: Mapping[UUID, CreditEvent]) -> list[Point]:
    return [_point(events[contribution.event_id], contribution) for contribution in score.contributions]


def _point(event: CreditEvent, contribution: Contribution) -> Point:
    rule, points = contribution.rule, contribution.points
    weight_zh, weight_en = _WEIGHTS[contribution.weight]
    day = event.effective_on.isoformat()
    title_zh, title_en = (f"“{event.title}”", f', "{event.title}"') if event.title else ("", "")
    return Point(
        event=event,
        contribution=contribution,
        zh=(
            f"{day}，合同《{event.contract_title}》{title_zh}：{rule.zh}，{points:+d} 分（{weight_zh}）。"
            f"规则 {rule.id}，依据：{rule.source.zh}；来源文件：{event.source_document}。"
        ),
        en=(
            f'{day}, contract "{event.contract_title}"{title_en}: {rule.en}, {points:+d} points '
            f"({weight_en}). Rule {rule.id}, basis: {rule.source.en}; source document: {event.source_document}."
        ),
    )
