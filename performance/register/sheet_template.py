"""The empty sheet to be filled in: heads, drop-downs, and a second sheet that explains every column."""

from core.errors import Language
from core.sheets.write_sheet import BYTE_ORDER_MARK, to_csv, to_workbook
from performance.regions import RegionProfile
from performance.register.columns import SHOWN_MILESTONES, choices, columns

_TITLES = {"zh": ("合同", "填写说明"), "en": ("Contracts", "Explanation")}
_HEAD = {"zh": ("列", "必填", "说明", "示例"), "en": ("Column", "Needed", "What it holds", "Example")}
_YES = {"zh": "是", "en": "yes"}


def sheet_template(profile: RegionProfile, *, is_workbook: bool, language: Language) -> bytes:
    """XLSX or CSV; required columns end in `*`."""
    shown = columns(SHOWN_MILESTONES)
    head = [column.head(language) + ("*" if column.is_required else "") for column in shown]
    if not is_workbook:
        return BYTE_ORDER_MARK.encode() + to_csv([head])
    title, explanation = _TITLES[language]
    offered = choices(profile, language)
    lines: list[list[str]] = [list(_HEAD[language])]
    for column in shown:
        known = offered.get(column.key)
        told = column.explanation(language) + (f"：{'、'.join(known)}" if known and language == "zh" else "")
        told += f": {'; '.join(known)}" if known and language == "en" else ""
        lines.append([column.head(language), _YES[language] if column.is_required else "", told, column.example])
    drop_downs = [(at, offered[column.key]) for at, column in enumerate(shown) if column.key in offered]
    return to_workbook(title, head, choices=drop_downs, explanation=(explanation, lines))
