"""签署完成报告: who signed what, when and how, as a PDF of its own.

A pure function; the same facts give the same bytes. The report says what it doesn't prove, and names what of this
installation is only for trial, wherever that matters.
"""

from collections.abc import Sequence
from datetime import datetime

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from ledger.package.drawing import local_time, qr_image
from ledger.package.vocabulary import EVENTS
from ledger.record import EvidenceFile
from ledger.verifier.verdict import Statement
from signing.papers import layout
from signing.papers import report_wording as wording
from signing.papers.report_facts import (
    PLATFORM,
    CertificateFacts,
    CompletionFacts,
    DocumentFacts,
    IdentityFacts,
    RecipientRow,
)
from signing.policy import ACTING, RecipientRole, RecipientState

_Fact = tuple[Statement, Statement | str]

_NOTHING = "—"


def completion_report(facts: CompletionFacts) -> bytes:
    """The PDF, not sealed yet."""
    story = [*layout.title(wording.TITLE), *layout.clause(wording.LEAD), *_warnings(facts)]
    for section in (_summary, _documents, _recipients, _acts, _seal, _timeline, _limits, _verify):
        story += section(facts)
    return layout.draw(story, layout.Furniture(wording.TITLE, facts.number, facts.made_at, facts.watermark))


def _warnings(facts: CompletionFacts) -> list[Flowable]:
    imprint = facts.imprint
    labels = [
        (facts.watermark is not None, wording.TEST_MODE),
        (imprint.is_trial_authority, wording.TRIAL_AUTHORITY),
        (imprint.is_built_in_timestamp, wording.BUILT_IN_TIMESTAMP),
    ]
    return [part for applies, label in labels if applies for part in layout.note(label, is_warning=True)]


def _summary(facts: CompletionFacts) -> list[Flowable]:
    rows: list[_Fact] = [
        (wording.LABELS["number"], facts.number),
        (wording.LABELS["title"], facts.title),
        (wording.LABELS["envelope"], facts.envelope),
        (wording.LABELS["sender"], f"{facts.sender_name}\n{facts.sender_uscc}"),
        (wording.LABELS["sent_at"], local_time(facts.sent_at)),
        (wording.LABELS["completed_at"], local_time(facts.completed_at)),
        (wording.LABELS["completion"], facts.evidence),
        (wording.LABELS["made_at"], local_time(facts.made_at)),
        (wording.LABELS["software"], facts.software),
    ]
    if facts.rescinds is not None:
        rows.insert(3, (wording.LABELS["rescinds"], facts.rescinds))
    return [*layout.heading(wording.SECTIONS["summary"]), layout.fact_table(rows)]


def _documents(facts: CompletionFacts) -> list[Flowable]:
    tables = [_document(document) for document in facts.documents]
    return [*layout.heading(wording.SECTIONS["documents"]), *tables]


def _document(document: DocumentFacts) -> Flowable:
    rows: list[_Fact] = [
        (wording.LABELS["name"], document.name),
        (wording.LABELS["pages"], str(document.pages)),
        (wording.LABELS["uploaded"], _digests(document.uploaded)),
        (wording.LABELS["final"], _digests(document.final)),
    ]
    return KeepTogether([layout.fact_table(rows), Spacer(1, 3 * mm)])


def _digests(file: EvidenceFile) -> str:
    size = wording.LABELS["size"]
    return f"{size.zh} {size.en}: {file.size:,}\nSHA-256 {file.sha256}\nSM3 {file.sm3}"


def _recipients(facts: CompletionFacts) -> list[Flowable]:
    labels = ("no", "role", "person", "organisation", "phone", "state")
    rows: list[list[Statement | str]] = [
        [
            str(number),
            wording.ROLES[row.role],
            row.name,
            f"{row.organisation_name}\n{row.uscc}",
            row.phone,
            _outcome(row),
        ]
        for number, row in enumerate(facts.recipients, 1)
    ]
    return [
        *layout.heading(wording.SECTIONS["recipients"]),
        layout.grid([wording.LABELS[label] for label in labels], rows, [0.07, 0.11, 0.16, 0.32, 0.16, 0.18]),
    ]


def _outcome(row: RecipientRow) -> Statement:
    if row.state is RecipientState.COMPLETED and row.role in wording.DONE:
        return wording.DONE[row.role]
    if row.role not in ACTING:
        viewed = row.viewed_at is not None
        return wording.STATES[RecipientState.VIEWED] if viewed else wording.INFORMED
    return wording.STATES.get(row.state, wording.INFORMED)


def _acts(facts: CompletionFacts) -> list[Flowable]:
    """One block for each recipient who acted, or in whose place somebody else did."""
    told = [
        (number, row) for number, row in enumerate(facts.recipients, 1) if row.role in ACTING or row.reason is not None
    ]
    blocks = [KeepTogether([*_act(number, row), Spacer(1, 3 * mm)]) for number, row in told]
    return [*layout.heading(wording.SECTIONS["acts"]), *blocks]


def _act(number: int, row: RecipientRow) -> list[Flowable]:
    role = wording.ROLES[row.role]
    head = layout.plain(f"{number}. {role.zh} {role.en}：{row.name}（{row.organisation_name}）", 9.5, bold=True)
    outcome = _outcome(row)
    state = outcome if row.successor is None else _replaced_by(outcome, row.successor)
    rows: list[_Fact] = [(wording.LABELS["state"], state)]
    if row.reason is not None:
        rows.append((wording.LABELS["reason"], row.reason))
    if row.viewed_at is not None:
        rows.append((wording.LABELS["viewed_at"], local_time(row.viewed_at)))
    if row.authenticated_at is not None:
        rows.append((wording.LABELS["authenticated_at"], local_time(row.authenticated_at)))
    if row.acted_at is not None and row.evidence is not None:
        rows += _action(row, row.acted_at, row.evidence)
    if row.certificate is not None:
        stamp = wording.TIMESTAMPED if row.is_timestamped else wording.TIMESTAMP_PENDING
        rows += [*_certificate(row.certificate), (wording.LABELS["timestamp"], stamp)]
    return [head, Spacer(1, 1 * mm), layout.fact_table(rows)]


def _action(row: RecipientRow, acted_at: datetime, evidence: str) -> list[_Fact]:
    is_approval = row.role is RecipientRole.APPROVER
    method = row.method or _NOTHING
    facts: list[_Fact] = [
        (wording.LABELS["method"], wording.METHODS.get(method, method)),
        *_identity(row.identity),
        (wording.LABELS["consent"], f"{row.consent_version or _NOTHING}\nSHA-256 {row.consent_sha256 or _NOTHING}"),
        (wording.LABELS["approved_at" if is_approval else "signed_at"], local_time(acted_at)),
        (wording.LABELS["address"], row.address or _NOTHING),
        (wording.LABELS["evidence"], evidence),
    ]
    if row.seal is not None:
        facts.append((wording.LABELS["seal"], row.seal))
    return facts


def _identity(identity: IdentityFacts | None) -> list[_Fact]:
    """What is known of the name, and where a provider was asked, by which check of theirs."""
    if identity is None:
        return []
    name = (wording.LABELS["real_name"], wording.NAMES.get(identity.name, identity.name))
    if identity.provider is None:
        return [name]
    parts = (identity.provider, identity.method, identity.reference)
    return [name, (wording.LABELS["register"], " · ".join(part for part in parts if part))]


def _certificate(certificate: CertificateFacts) -> list[_Fact]:
    if certificate.serial is None:
        return [(wording.LABELS["certificate"], wording.UNKNOWN_CERTIFICATE)]
    validity = [
        local_time(datetime.fromisoformat(day)) for day in (certificate.not_before, certificate.not_after) if day
    ]
    return [
        (wording.LABELS["certificate"], certificate.subject or _NOTHING),
        (wording.LABELS["serial"], certificate.serial),
        (wording.LABELS["issuer"], certificate.issuer or _NOTHING),
        (wording.LABELS["validity"], " – ".join(validity) or _NOTHING),
        (wording.LABELS["key"], wording.REMOTE_KEY if certificate.is_remote else wording.PLATFORM_KEY),
    ]


def _replaced_by(outcome: Statement, successor: str) -> Statement:
    return Statement(f"{outcome.zh}，由 {successor} 代为办理", f"{outcome.en} by {successor}")


def _seal(facts: CompletionFacts) -> list[Flowable]:
    rows: list[_Fact] = [
        (wording.LABELS["sealed"], wording.SEALED),
        (wording.LABELS["completed_at"], local_time(facts.completed_at)),
        (wording.LABELS["authority"], facts.imprint.timestamp_authority),
        (wording.LABELS["evidence"], facts.evidence),
    ]
    return [*layout.heading(wording.SECTIONS["seal"]), layout.fact_table(rows)]


def _timeline(facts: CompletionFacts) -> list[Flowable]:
    rows: list[list[Statement | str]] = [
        [
            str(number),
            local_time(step.at),
            _with_detail(EVENTS.get(step.type, Statement(step.type, step.type)), step.detail),
            wording.BY_PLATFORM if step.who == PLATFORM else step.who,
            step.evidence,
        ]
        for number, step in enumerate(facts.steps, 1)
    ]
    head = [wording.LABELS[label] for label in ("no", "at", "step", "who", "evidence")]
    table = layout.grid(head, rows, [0.07, 0.17, 0.25, 0.17, 0.34])
    return [*layout.heading(wording.SECTIONS["timeline"]), table]


def _with_detail(step: Statement, detail: str) -> Statement:
    return Statement(f"{step.zh}：{detail}", step.en) if detail else step


def _limits(facts: CompletionFacts) -> list[Flowable]:
    return [*layout.heading(wording.SECTIONS["limits"]), *_numbered(_filled(wording.LIMITS, clock=facts.clock))]


def _verify(facts: CompletionFacts) -> list[Flowable]:
    address = f"{facts.imprint.base_url}/verify"
    return [
        *layout.heading(wording.SECTIONS["verify"]),
        *_numbered(_filled(wording.VERIFY, address=address)),
        KeepTogether([qr_image(address, 28 * mm), layout.plain(address, 8)]),
    ]


def _filled(statements: Sequence[Statement], **facts: str) -> list[Statement]:
    return [Statement(each.zh.format_map(facts), each.en.format_map(facts)) for each in statements]


def _numbered(statements: Sequence[Statement]) -> list[Flowable]:
    numbered = [Statement(f"（{n}）{each.zh}", f"({n}) {each.en}") for n, each in enumerate(statements, 1)]
    return [part for each in numbered for part in layout.clause(each)]
