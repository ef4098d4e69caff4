"""The report for people (存证证书 / 出证报告) as PDF, in Chinese or English, with the font embedded."""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from core.errors import Language
from ledger.package import wording
from ledger.package.drawing import (
    REGULAR,
    ReportFonts,
    has_chinese,
    local_time,
    paragraph_style,
    qr_image,
    register_fonts,
)
from ledger.package.facts import Report
from ledger.verifier.limits import ALWAYS
from ledger.verifier.verdict import Statement

_LONGEST_CELL = 700
"""Characters: a table cell must fit on a page; the record itself is in the package in full."""


def render_report(report: Report, language: Language, fonts: ReportFonts) -> bytes:
    """An A4 PDF, unsigned."""
    register_fonts(fonts)
    page = _Page(language)
    story: list[Flowable] = [Paragraph(page.say(wording.TITLE), paragraph_style(18, bold=True)), Spacer(1, 3 * mm)]
    for section in (_summary, _files, _signers, _timeline, _log, _chain, _operator, _court, _limits, _steps):
        story.extend(section(report, page))
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"{page.say(wording.TITLE)} {report.number}",
        author=report.operator.name,
        lang="zh-CN" if language == "zh" else "en",
    )
    footer = _footer(report)
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


class _Page:
    """Writes in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def say(self, statement: Statement, **facts: object) -> str:
        text = statement.zh if self._language == "zh" else statement.en
        return text.format_map(facts) if facts else text

    def heading(self, section: str) -> Flowable:
        return Paragraph(self.say(wording.SECTIONS[section]), paragraph_style(11.5, bold=True, space_before=9))

    def text(self, text: str) -> Flowable:
        return _paragraph(text, 9)

    def facts(self, *rows: tuple[str, object]) -> Flowable:
        """Two columns: label and value."""
        cells = [[self.say(wording.LABELS[label]), str(value)] for label, value in rows]
        return _table(cells, [44 * mm, 130 * mm])

    def table(self, labels: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[float]) -> Flowable:
        head = [self.say(wording.LABELS[label]) for label in labels]
        return _table([head, *([str(cell) for cell in row] for row in rows)], [width * mm for width in widths], head=1)


def _summary(report: Report, page: _Page) -> list[Flowable]:
    return [
        page.heading("summary"),
        page.facts(
            ("number", report.number),
            ("made_at", local_time(report.made_at)),
            ("holder", report.holder),
            ("subjects", ", ".join(report.subjects)),
            ("records", len(report.timeline)),
        ),
    ]


def _files(report: Report, page: _Page) -> list[Flowable]:
    tables = [
        _table(
            [
                [page.say(wording.LABELS["name"]), name],
                [page.say(wording.LABELS["size"]), str(file.size)],
                ["SHA-256", file.sha256],
                ["SM3", file.sm3],
            ],
            [44 * mm, 130 * mm],
        )
        for name, file in report.files
    ]
    return [page.heading("files"), *(part for table in tables for part in (table, Spacer(1, 2 * mm)))]


def _signers(report: Report, page: _Page) -> list[Flowable]:
    if not report.signers:
        return [page.heading("signers"), page.text(page.say(wording.NO_SIGNATURES))]
    rows = [
        [
            row.file_name,
            f"{row.name} {row.organisation}".strip(),
            row.issuer,
            row.serial_number,
            row.revocation,
            local_time(row.signed_at) if row.signed_at else page.say(wording.NO_TIMESTAMP),
        ]
        for row in report.signers
    ]
    labels = ["file", "signer", "issuer", "serial_number", "revocation", "signed_at"]
    parts = [page.heading("signers"), page.table(labels, rows, [26, 36, 32, 30, 24, 26])]
    if report.honesty.is_trial_authority:
        parts.append(page.text(page.say(wording.TRIAL_AUTHORITY)))
    return parts


def _timeline(report: Report, page: _Page) -> list[Flowable]:
    rows = [[local_time(datetime.fromisoformat(e.at)), e.type, e.who, e.detail] for e in report.timeline]
    return [page.heading("timeline"), page.table(["at", "type", "who", "detail"], rows, [28, 34, 26, 86])]


def _log(report: Report, page: _Page) -> list[Flowable]:
    log = report.log
    label = f" ({page.say(wording.BUILT_IN_TIMESTAMP)})" if report.honesty.is_built_in_timestamp else ""
    return [
        page.heading("log"),
        page.facts(
            ("origin", log.origin),
            ("tree_size", log.size),
            ("root", log.root),
            ("leaf_indexes", _indexes(report)),
            ("stamped_at", local_time(log.stamped_at)),
            ("authority", log.authority + label),
            ("witnesses", ", ".join(log.witnesses) or page.say(wording.NO_WITNESSES)),
        ),
    ]


def _chain(report: Report, page: _Page) -> list[Flowable]:
    chain = report.chain
    label = f" ({page.say(wording.DEVELOPMENT_CHAIN)})" if report.honesty.is_development_chain else ""
    return [
        page.heading("chain"),
        page.facts(
            ("chain", f"{chain.name}, chain id {chain.chain_id}{label}"),
            ("contract", chain.contract),
            ("tx_hash", chain.tx_hash),
            ("block", chain.block_number),
            ("block_hash", chain.block_hash),
            ("block_time", local_time(datetime.fromtimestamp(chain.time, UTC))),
            ("finality", chain.finality),
        ),
    ]


def _operator(report: Report, page: _Page) -> list[Flowable]:
    operator = report.operator
    return [
        page.heading("operator"),
        page.facts(
            ("operator", f"{operator.name}, {operator.base_url}"),
            ("filing_number", operator.filing_number or page.say(wording.NO_FILING_NUMBER)),
            ("conflict", page.say(wording.CONFLICT)),
            ("environment", operator.software),
        ),
    ]


def _court(report: Report, page: _Page) -> list[Flowable]:
    facts = {
        "indexes": _indexes(report),
        "chain": report.chain.name,
        "block": report.chain.block_number,
        "filing_number": report.operator.filing_number or page.say(wording.NO_FILING_NUMBER),
        "software": report.operator.software,
    }
    rows = [[page.say(question), page.say(answer, **facts)] for question, answer in wording.COURT]
    return [page.heading("court"), _table(rows, [54 * mm, 120 * mm])]


def _limits(report: Report, page: _Page) -> list[Flowable]:
    honesty = report.honesty
    own = [
        (honesty.is_development_chain, wording.DEVELOPMENT_CHAIN),
        (honesty.is_trial_authority, wording.TRIAL_AUTHORITY),
        (honesty.is_built_in_timestamp, wording.BUILT_IN_TIMESTAMP),
    ]
    limits = [*ALWAYS, *(statement for applies, statement in own if applies)]
    return [page.heading("limits"), *(page.text(f"· {page.say(statement)}") for statement in limits)]


def _steps(report: Report, page: _Page) -> list[Flowable]:
    facts = {"block": report.chain.block_number, "block_hash": report.chain.block_hash}
    steps = [page.text(f"({n}) {page.say(step, **facts)}") for n, step in enumerate(wording.STEPS, 1)]
    address = f"{report.operator.base_url}/verify?number={report.number}"
    return [
        page.heading("verify"),
        *steps,
        Spacer(1, 2 * mm),
        qr_image(address, 28 * mm),
        page.text(address),
    ]


def _footer(report: Report) -> Callable[[Canvas, SimpleDocTemplate], None]:
    def draw(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(REGULAR, 7.5)
        canvas.drawString(18 * mm, 10 * mm, report.number)
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(document.page))

    return draw


def _table(rows: Sequence[Sequence[str]], widths: Sequence[float], head: int = 0) -> Flowable:
    cells = [
        [
            _paragraph(text[:_LONGEST_CELL], 8, bold=number < head or (not head and column == 0))
            for column, text in enumerate(row)
        ]
        for number, row in enumerate(rows)
    ]
    return Table(
        cells,
        colWidths=widths,
        repeatRows=head,
        style=[("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")],
    )


def _paragraph(text: str, size: float, *, bold: bool = False) -> Flowable:
    return Paragraph(escape(text), paragraph_style(size, bold=bold, breaks_anywhere=has_chinese(text)))


def _indexes(report: Report) -> str:
    return ", ".join(str(index) for index in report.log.leaf_indexes)
