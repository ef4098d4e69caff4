"""The report for people (存证证书 / 出证报告) as PDF, in Chinese or English, with the font embedded.

It says what the package holds, in the order in which a judge asks: what and whose, which files, who signed and how
they were identified and consented, what happened when, where it is logged and anchored, who runs the platform, what
articles 16 to 19 of the 人民法院在线诉讼规则 ask, what isn't proven, and how to check all of it without us.
"""

import io
import re
from datetime import UTC, datetime
from urllib.parse import quote

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate, Spacer

from core.errors import Language
from ledger.package import wording
from ledger.package.drawing import ReportFonts, local_time, qr_image, register_fonts
from ledger.package.facts import FileRow, Report
from ledger.package.report_page import LABEL_WIDTH, MARGIN, WIDTH, Page, footer, paragraph, table
from ledger.package.signers import SignerRow
from ledger.package.vocabulary import EVENTS, FACTS, in_words
from ledger.verifier.limits import ALWAYS
from ledger.verifier.reports import keywords
from ledger.verifier.standing import NAMES, judge_standing
from ledger.verifier.verdict import Statement

_NOTHING = "—"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)


def render_report(report: Report, language: Language, fonts: ReportFonts) -> bytes:
    """An A4 PDF, unsigned."""
    register_fonts(fonts)
    page = Page(language)
    story: list[Flowable] = [page.title(), Spacer(1, 3 * mm)]
    sections = (_warnings, _summary, _files, _signers, _timeline, _log, _chain, _operator, _court, _limits, _steps)
    for section in sections:
        story.extend(section(report, page))
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=16 * mm,
        bottomMargin=MARGIN,
        title=f"{page.say(wording.TITLE)} {report.number}",
        author=report.operator.name,
        keywords=keywords(report.binding),
        lang="zh-CN" if language == "zh" else "en",
    )
    draw_footer = footer(report.number)
    document.build(story, onFirstPage=draw_footer, onLaterPages=draw_footer)
    return buffer.getvalue()


def verification_address(report: Report) -> str:
    """What the QR code leads to: the public page, told which certificate it is about."""
    return f"{report.operator.base_url}/verify?number={quote(report.number)}"


def _warnings(report: Report, page: Page) -> list[Flowable]:
    """What of this platform is not what a court would want comes first, not last."""
    told = [page.say(statement) for statement in _own_limits(report)]
    return [page.warning(told), Spacer(1, 2 * mm)] if told else []


def _own_limits(report: Report) -> list[Statement]:
    honesty = report.honesty
    own = [
        (honesty.is_development_chain, wording.DEVELOPMENT_CHAIN),
        (honesty.is_trial_authority, wording.TRIAL_AUTHORITY),
        (honesty.is_built_in_timestamp, wording.BUILT_IN_TIMESTAMP),
    ]
    return [statement for applies, statement in own if applies]


def _summary(report: Report, page: Page) -> list[Flowable]:
    return [
        *page.heading("summary"),
        page.facts(
            ("number", report.number),
            ("made_at", local_time(report.made_at)),
            ("standing", _standing(report, page)),
            ("holder", report.holder),
            ("subjects", ", ".join(report.subjects)),
            ("records", len(report.timeline)),
            ("files", len(report.files)),
            ("signatures", len(report.signers)),
        ),
    ]


def _standing(report: Report, page: Page) -> str:
    """Of a package whose anchor is final: whether its block is the chain's is for the reader to compare."""
    log = report.log
    grade = judge_standing(
        is_anchored=True,
        is_development=report.chain.is_development,
        cosigned=len(log.witnesses),
        quorum=log.quorum,
    )
    reasons = ("；" if page.language == "zh" else "; ").join(page.say(reason) for reason in grade.reasons)
    name = page.say(NAMES[grade.standing])
    return page.say(wording.LACKS, name=name, reasons=reasons) if reasons else name


def _files(report: Report, page: Page) -> list[Flowable]:
    tables = [part for row in report.files for part in (KeepTogether([_file_table(row, page)]), Spacer(1, 2 * mm))]
    return [*page.heading("files"), *(tables or [page.text(page.say(wording.NO_FILES))])]


def _file_table(row: FileRow, page: Page) -> Flowable:
    came_from = f"{in_words(row.event, page.language, EVENTS)}, {_instant(row.at)}" if row.event else _NOTHING
    rows = [
        [page.label("name"), row.name],
        [page.label("came_from"), came_from],
        [page.label("size"), str(row.file.size)],
        ["SHA-256", row.file.sha256],
        ["SM3", row.file.sm3],
    ]
    return table(rows, [LABEL_WIDTH, WIDTH - LABEL_WIDTH])


def _signers(report: Report, page: Page) -> list[Flowable]:
    if not report.signers:
        return [*page.heading("signers"), page.text(page.say(wording.NO_SIGNATURES))]
    blocks = [
        part
        for number, row in enumerate(report.signers, 1)
        for part in (KeepTogether([_signer_table(number, row, page)]), Spacer(1, 2 * mm))
    ]
    return [*page.heading("signers"), *blocks]


def _signer_table(number: int, row: SignerRow, page: Page) -> Flowable:
    when = _NOTHING if row.signed_at is None else f"{local_time(row.signed_at)} ({page.word(row.time_source or '')})"
    validity = f"{_day(row.valid_from)} — {_day(row.valid_until)}"
    facts: list[tuple[str, object]] = [
        ("signer", f"({number}) {' '.join(filter(None, [row.name, row.organisation]))}"),
        ("in_files", ", ".join(row.file_names)),
        ("signed_at", when if row.signed_at else page.say(wording.NO_TIMESTAMP)),
        ("authority", row.authority or _NOTHING),
        ("issuer", row.issuer),
        ("serial_number", row.serial_number),
        ("validity", validity),
        ("revocation", page.word(row.revocation)),
    ]
    if row.act is None:
        facts.append(("identified", page.say(wording.NO_ACT)))
    else:
        act = row.act
        separator = "；" if page.language == "zh" else "; "
        facts += [
            ("identified", separator.join(page.word(each) for each in (act.method, *act.caveats))),
            ("consent", page.say(wording.CONSENT, version=act.consent_version, sha256=act.consent_sha256)),
            ("address", act.address or _NOTHING),
            ("evidence", f"{act.evidence_id}, {_instant(act.at)}"),
        ]
    return page.facts(*facts)


def _timeline(report: Report, page: Page) -> list[Flowable]:
    rows = []
    for event in report.timeline:
        details = [f"{in_words(name, page.language, FACTS)}: {_value(value, page)}" for name, value in event.details]
        who, told = page.word(event.who) or _NOTHING, "; ".join(details) or _NOTHING
        rows.append([_instant(event.at), in_words(event.type, page.language, EVENTS), who, told])
    return [
        *page.heading("timeline"),
        page.text(page.say(wording.TIMELINE)),
        Spacer(1, 1 * mm),
        page.table(["at", "type", "who", "detail"], rows, [28, 34, 26, 86]),
    ]


def _log(report: Report, page: Page) -> list[Flowable]:
    log = report.log
    stamps = "\n".join(f"{local_time(at)}, {authority}" for at, authority in log.stamps)
    label = f" ({page.say(wording.BUILT_IN_TIMESTAMP)})" if report.honesty.is_built_in_timestamp else ""
    witnesses = ", ".join(log.witnesses) or page.say(wording.NO_WITNESSES)
    if log.quorum:
        witnesses = page.say(wording.WITNESSES, names=witnesses, quorum=log.quorum)
    return [
        *page.heading("log"),
        page.facts(
            ("origin", log.origin),
            ("tree_size", log.size),
            ("root", log.root),
            ("leaf_indexes", _indexes(report)),
            ("stamps", stamps + label),
            ("witnesses", witnesses),
        ),
    ]


def _chain(report: Report, page: Page) -> list[Flowable]:
    chain = report.chain
    label = f" ({page.say(wording.DEVELOPMENT_CHAIN)})" if chain.is_development else ""
    return [
        *page.heading("chain"),
        page.facts(
            ("chain", f"{chain.name}, chain id {chain.chain_id}{label}"),
            ("consensus", page.say(_consensus(report))),
            ("contract", chain.contract),
            ("tx_hash", chain.tx_hash),
            ("block", chain.block_number),
            ("block_hash", chain.block_hash),
            ("block_time", local_time(datetime.fromtimestamp(chain.time, UTC))),
            ("finality", chain.finality),
        ),
    ]


def _consensus(report: Report) -> Statement:
    chain = report.chain
    if chain.is_development:
        return wording.NO_CONSENSUS
    return wording.SEALED if chain.is_sealed else wording.OWN_CONSENSUS


def _operator(report: Report, page: Page) -> list[Flowable]:
    operator = report.operator
    told = ", ".join(page.word(clock) for clock in report.clocks) or _NOTHING
    return [
        *page.heading("operator"),
        page.facts(
            ("operator", f"{operator.name}, {operator.base_url}"),
            ("filing_number", operator.filing_number or page.say(wording.NO_FILING_NUMBER)),
            ("conflict", page.say(wording.CONFLICT)),
            ("environment", page.say(wording.ENVIRONMENT, software=operator.software, clocks=told)),
        ),
    ]


def _court(report: Report, page: Page) -> list[Flowable]:
    witnesses = ", ".join(report.log.witnesses) or page.say(wording.NO_WITNESSES)
    facts = {
        "indexes": _indexes(report),
        "chain": report.chain.name,
        "block": report.chain.block_number,
        "filing_number": report.operator.filing_number or page.say(wording.NO_FILING_NUMBER),
        "software": report.operator.software,
        "stamped_at": local_time(report.log.stamps[0][0]),
        "witnesses": witnesses,
        "witnessed": page.say(wording.WITNESSED if report.log.witnesses else wording.NOT_WITNESSED, names=witnesses),
    }
    rows = [[page.say(question), page.say(answer, **facts)] for question, answer in wording.COURT]
    return [*page.heading("court"), table(rows, [54 * mm, 120 * mm])]


def _limits(report: Report, page: Page) -> list[Flowable]:
    limits = [*ALWAYS, *_own_limits(report)]
    return [*page.heading("limits"), *(page.text(f"· {page.say(statement)}") for statement in limits)]


def _steps(report: Report, page: Page) -> list[Flowable]:
    facts = {
        "block": report.chain.block_number,
        "block_hash": report.chain.block_hash,
        "file": f"{report.number}.asice",
        "trust_sha256": report.trust_sha256,
    }
    steps = [page.text(f"({n}) {page.say(step, **facts)}") for n, step in enumerate(wording.STEPS, 1)]
    address = verification_address(report)
    code = [qr_image(address, 30 * mm), paragraph(address, 8), page.text(page.say(wording.QR))]
    return [*page.heading("verify"), *steps, Spacer(1, 2 * mm), KeepTogether(code)]


def _value(value: str, page: Page) -> str:
    """Times as people read them, words as they say them; everything else as it is recorded."""
    return _instant(value) if _INSTANT.fullmatch(value) else page.word(value)


def _instant(at: str) -> str:
    return local_time(datetime.fromisoformat(at))


def _day(at: datetime | None) -> str:
    return _NOTHING if at is None else local_time(at)[:10]


def _indexes(report: Report) -> str:
    """Places in the log, neighbours as a range: `3–7, 12`."""
    runs: list[list[int]] = []
    for index in sorted(report.log.leaf_indexes):
        if runs and index == runs[-1][-1] + 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
