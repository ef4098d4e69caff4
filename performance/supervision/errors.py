"""What can go wrong with steps of supervision, public demands and rectification orders."""

from core.errors import Conflict, InvalidInput, NotFound


class StepBackdated(InvalidInput):
    code = "supervision_step_backdated"
    zh = "该措施日期 {held_on} 早于上一步或督查开始之日 {earliest}，不能倒填。请填写实际日期。"
    en = "The step is dated {held_on}, before the one before it or the opening, {earliest}. Give the day it happened."


class StepNotOpen(Conflict):
    code = "supervision_step_not_open"
    zh = "“{step}”目前尚不能采取：{why_zh}。可采取之日：{opens_on}。请先采取前一步，或待期满后办理。"
    en = "{step} isn't open yet: {why_en}. It opens on: {opens_on}. Take the step before it, or come back then."


class DemandOver(Conflict):
    code = "public_demand_over"
    zh = "该催告公示已结束（{reason}）。"
    en = "The public demand has ended already ({reason})."


class DemandNotFound(NotFound):
    code = "public_demand_not_found"
    zh = "找不到该催告公示。请检查编号。"
    en = "There is no such public demand. Check the id."


class PublicationMisplaced(InvalidInput):
    code = "publication_misplaced"
    zh = "只有催告公示才有公示内容。请去掉 publication，或将措施改为 public_demand。"
    en = "Only a public demand is published. Leave out `publication`, or record a public_demand."


class PublicationTooLong(InvalidInput):
    code = "publication_too_long"
    zh = "公示期 {days} 日超过本地区上限 {most} 日。请缩短公示期。"
    en = "A publication of {days} days is longer than the region's {most}. Shorten it."


class RectificationNotFound(NotFound):
    code = "rectification_not_found"
    zh = "找不到该整改通知或整改事项。请检查编号。"
    en = "There is no such rectification order or item. Check the id."


class ItemStateForbids(Conflict):
    code = "rectification_state_forbids"
    zh = "该整改事项目前处于“{state}”状态，不能进行“{change}”。请先查看其履历。"
    en = "The item is {state}; {change} isn't possible now. Look at its steps first."


class ItemDueTooEarly(InvalidInput):
    code = "rectification_due_too_early"
    zh = "整改期限 {due_on} 须不早于今天 {today}，延期须晚于原期限。请更正。"
    en = "The item's day {due_on} must not be before today, {today}; an extension goes forward. Correct it."


class ItemStillRunning(Conflict):
    code = "rectification_still_running"
    zh = "整改期限至 {until} 24 时届满，此前不能认定整改不落实。请在期满后办理。"
    en = "The item runs to the end of {until}; it can't fail before that. Come back after it."


class ItemsMissing(InvalidInput):
    code = "rectification_items_missing"
    zh = "整改通知须至少有一项整改事项。请补充。"
    en = "An order has at least one item. Add it."


class DemandRunning(Conflict):
    code = "public_demand_running"
    zh = "该督查已有一份催告公示正在公示。请待其结束，或先撤回。"
    en = "A public demand of this case is running already. Wait for its end, or withdraw it first."
