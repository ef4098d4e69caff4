"""Makes the example contracts: `<name>.json` (facts) + `<name>.txt` (articles) → `<name>.pdf`.

    .venv/bin/python examples/make_contracts.py [name …]

The facts are the only place where amounts, days, people and signature boxes are written; the text refers to them by
name, so words and figures can't disagree. Running it again gives the same bytes (reportlab's invariant mode).
Everything in the contracts is fictional; the credit codes have right check characters but the division 610899 does
not exist.

The text format: `# ` an article, `---` a page break, `| a | b |` table rows (the first is the header),
`{obligation_table}` a table of the obligations, anything else a paragraph. `{amount}` and the like are facts.
"""

import json
import os
import sys
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from reportlab.lib import colors, textsplit
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

HERE = Path(__file__).parent
FONTS = Path(os.environ.get("NOTO_SANS_SC", HERE.parent / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"))
WIDTH, HEIGHT = A4
MARGIN = 25 * mm
RULE = colors.HexColor("#8a94a6")
SHADE = colors.HexColor("#eef1f6")

BODY = ParagraphStyle("body", fontName="Song", fontSize=10.5, leading=18.5, wordWrap="CJK", spaceAfter=4)
ARTICLE = ParagraphStyle(
    "article", parent=BODY, fontName="Bold", fontSize=12, leading=20, spaceBefore=10, keepWithNext=1
)
LEAD_IN = ParagraphStyle("lead-in", parent=BODY, keepWithNext=1)
CELL = ParagraphStyle("cell", parent=BODY, fontSize=9, leading=13, spaceAfter=0)
HEADER_CELL = ParagraphStyle("header-cell", parent=CELL, fontName="Bold")
TITLE = ParagraphStyle("title", parent=BODY, fontName="Bold", fontSize=20, leading=32, alignment=TA_CENTER)
SUBTITLE = ParagraphStyle(
    "subtitle", parent=BODY, fontSize=11, alignment=TA_CENTER, textColor=colors.HexColor("#4a5568")
)

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def in_words(amount: Decimal) -> str:
    """The amount as Chinese contracts write it: `人民币肆拾捌万元整`; up to 12 digits before the point, whole 元."""
    digits = str(int(amount))
    words, is_gap = "", False
    for position, digit in enumerate(digits):
        place = len(digits) - 1 - position
        if digit == "0":
            is_gap = True
        else:
            words += ("零" if is_gap and words else "") + _DIGITS[int(digit)] + _PLACES[place % 4]
            is_gap = False
        if place % 4 == 0 and int(digits[max(0, position - 3) : position + 1] or "0"):
            words, is_gap = words + _GROUPS[place // 4], False
    return f"人民币{words}元整"


def grouped(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def placeholders(facts: dict[str, Any]) -> dict[str, str]:
    """Everything the text may refer to by name."""
    values = {
        "number": facts["number"],
        "term_days": str(facts["term_days"]),
        "amount": grouped(facts["amount"]["value"]),
        "amount_words": in_words(Decimal(facts["amount"]["value"])),
    }
    for party in facts["parties"]:
        contact, role = party["contacts"][0], party["role"]
        values |= {
            f"{role}_name": party["name"],
            f"{role}_address": party["address"],
            f"{role}_contact": contact["name"],
            f"{role}_phone": contact["phone"],
            f"{role}_email": contact["email"],
        }
    for obligation in facts["obligations"]:
        values[f"{obligation['key']}_days"] = str(obligation["due_after_days"])
        if obligation["amount"]:
            values[f"{obligation['key']}_amount"] = grouped(obligation["amount"])
            values[f"{obligation['key']}_words"] = in_words(Decimal(obligation["amount"]))
    return values


def party_named(facts: dict[str, Any], role: str) -> dict[str, Any]:
    return next(party for party in facts["parties"] if party["role"] == role)


def column_widths(rows: list[list[str]]) -> list[float]:
    """Each column gets what it needs on one line while that fits (max-min fair); the widest share what is left."""
    padding = 16.0
    wanted = [
        max(pdfmetrics.stringWidth(cell, "Bold", 9) for cell in column) + padding for column in zip(*rows, strict=True)
    ]
    left, widths = WIDTH - 2 * MARGIN, [0.0] * len(wanted)
    for done, column in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
        widths[column] = min(wanted[column], left / (len(wanted) - done))
        left -= widths[column]
    stretch = 1 + left / sum(widths)
    return [width * stretch for width in widths]


def table(rows: list[list[str]]) -> Table:
    cells = [[Paragraph(text, HEADER_CELL if index == 0 else CELL) for text in row] for index, row in enumerate(rows)]
    style = [
        ("GRID", (0, 0), (-1, -1), 0.5, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 4),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table(cells, colWidths=column_widths(rows), style=style, repeatRows=1, spaceBefore=4, spaceAfter=8)


def obligation_rows(facts: dict[str, Any]) -> list[list[str]]:
    rows = [["序号", "履行节点", "履行方", "期限（自生效之日起）", "金额（元）", "依据"]]
    for index, obligation in enumerate(facts["obligations"], start=1):
        amount = grouped(obligation["amount"]) if obligation["amount"] else "不适用"
        side = party_named(facts, obligation["debtor"])["label"]
        days = f"{obligation['due_after_days']} 日内"
        rows.append([str(index), obligation["title"], side, days, amount, obligation["clause"]])
    return rows


def describe_party(party: dict[str, Any]) -> str:
    signer = party["signer"]
    lines = [
        party["name"],
        f"统一社会信用代码：{party['uscc']}",
        f"住所：{party['address']}",
        f"签署人：{signer['name']}（{signer['title']}）",
    ]
    return "<br/>".join(lines)


def cover(facts: dict[str, Any]) -> list[Flowable]:
    sides = [(party["label"], describe_party(party)) for party in facts["parties"]]
    words = in_words(Decimal(facts["amount"]["value"]))
    rows = [
        ("合同编号", facts["number"]),
        *sides,
        ("合同内容", facts["summary"]),
        ("合同价款", f"{words}（¥{grouped(facts['amount']['value'])}）"),
        ("签订地点", "陕西省榆林市示例区（电子签署）"),
        ("签订日期", "以最后一方完成电子签名的日期为准"),
    ]
    cells = [[Paragraph(name, HEADER_CELL), Paragraph(value, CELL)] for name, value in rows]
    style = [
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 8),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
    ]
    note = "本文件为演示用示例合同，当事人、统一社会信用代码、联系方式与标的均为虚构。"
    return [
        Spacer(1, 42 * mm),
        Paragraph(facts["title"], TITLE),
        Spacer(1, 22 * mm),
        Table(cells, colWidths=[34 * mm, WIDTH - 2 * MARGIN - 34 * mm], style=style),
        Spacer(1, 18 * mm),
        Paragraph(note, SUBTITLE),
        PageBreak(),
    ]


def articles(text: str, facts: dict[str, Any]) -> list[Flowable]:
    story: list[Flowable] = []
    values = placeholders(facts)
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip().format_map(values) for cell in line.strip("| \n").split("|")])
            continue
        if rows:
            story.append(table(rows))
            rows = []
        if line.startswith("# "):
            story += [CondPageBreak(28 * mm), Paragraph(line[2:], ARTICLE)]
        elif line == "---":
            story.append(PageBreak())
        elif line == "{obligation_table}":
            story.append(table(obligation_rows(facts)))
        elif line:
            # A sentence that announces a table stays with it.
            story.append(Paragraph(line.format_map(values), LEAD_IN if line.endswith("：") else BODY))
    return story


class SignaturePage(Flowable):
    """The last page: both parties' boxes side by side and room for the platform's seal, where the facts say."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__()
        self._facts = facts

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return available_width, available_height

    def draw(self) -> None:
        canvas = self.canv
        canvas.translate(-MARGIN - 6, -MARGIN - 6)  # back to the page's corner (6: the frame's padding)
        canvas.setFont("Bold", 16)
        canvas.drawCentredString(WIDTH / 2, HEIGHT * 0.87, "签  署  页")
        canvas.setFont("Song", 10)
        canvas.drawCentredString(WIDTH / 2, HEIGHT * 0.84, f"（本页为《{self._facts['title']}》签署页，无正文）")
        for field in self._facts["signature_page"]["fields"]:
            self._draw_box(canvas, field)
            if field["role"] != "platform":
                self._draw_party(canvas, field)

    @staticmethod
    def _draw_box(canvas: Canvas, field: dict[str, Any]) -> None:
        left, width, height = field["x"] * WIDTH, field["width"] * WIDTH, field["height"] * HEIGHT
        bottom = HEIGHT * (1 - field["y"]) - height
        canvas.setStrokeColor(RULE)
        canvas.setDash(2, 2)
        canvas.rect(left, bottom, width, height)
        canvas.setDash()
        caption = "平台电子印章（以数字签名加盖）" if field["role"] == "platform" else "电子签名"
        canvas.setFont("Song", 8.5)
        canvas.setFillColor(RULE)
        canvas.drawCentredString(left + width / 2, bottom - 13, caption)
        canvas.setFillColor(colors.black)

    def _draw_party(self, canvas: Canvas, field: dict[str, Any]) -> None:
        party = party_named(self._facts, field["role"])
        left, top = field["x"] * WIDTH, HEIGHT * (1 - field["y"])
        lines = [
            ("Bold", f"{party['label']}"),
            ("Song", party["name"]),
            ("Song", f"统一社会信用代码：{party['uscc']}"),
            ("Song", f"{party['signer']['title']}：{party['signer']['name']}"),
        ]
        for index, (font, text) in enumerate(lines):
            canvas.setFont(font, 9)
            canvas.drawString(left, top + 78 - 17 * index, text)
        canvas.setFont("Song", 9)
        canvas.drawString(left, top - field["height"] * HEIGHT - 32, "签署时间以电子签名所载时间戳为准")


def draw_footer(canvas: Canvas, _document: object, *, number: str, pages: int) -> None:
    canvas.setFont("Song", 8.5)
    canvas.setFillColor(colors.HexColor("#4a5568"))
    canvas.drawString(MARGIN, 14 * mm, f"合同编号：{number}")
    canvas.drawRightString(WIDTH - MARGIN, 14 * mm, f"第 {canvas.getPageNumber()} 页 / 共 {pages} 页")
    canvas.setFillColor(colors.black)


def make(name: str, folder: Path = HERE) -> Path:
    """Writes the PDF; raises ValueError if the signature page isn't the page that the facts name."""
    facts = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    target = folder / str(facts["file"])
    document = SimpleDocTemplate(
        str(target),
        pagesize=A4,
        invariant=1,
        **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN),
        title=facts["title"],
        author="鼎约 Dingyue 示例",
        lang="zh-CN",
    )
    pages = facts["signature_page"]["page"]
    footer = partial(draw_footer, number=facts["number"], pages=pages)
    story = [*cover(facts), *articles(text, facts), PageBreak(), SignaturePage(facts)]
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    if document.page != pages:
        raise ValueError(f"{name}: the signature page is page {document.page}, the facts say {pages}")
    return target


def register_fonts() -> None:
    """Once, before `make`."""
    # reportlab keeps only some of the marks from starting a line that Chinese typesetting forbids there (GB/T 15834).
    textsplit.ALL_CANNOT_START += "，。；：！？、）》」』”’％%"
    pdfmetrics.registerFont(TTFont("Song", FONTS / "400Regular" / "NotoSansSC_400Regular.ttf"))
    pdfmetrics.registerFont(TTFont("Bold", FONTS / "700Bold" / "NotoSansSC_700Bold.ttf"))


def main() -> None:
    register_fonts()
    for name in sys.argv[1:] or ("procurement", "works", "coal"):
        target = make(name)
        print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
