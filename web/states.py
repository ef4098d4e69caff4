"""How states look: a tone (colour) and a shape for each, always beside its word, so that colour alone tells nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """`tone` is a class of the style sheet; `shape` is read out by nobody (the word says it)."""

    tone: str
    shape: str


_CALM, _BLUE, _GOOD, _WARN, _BAD = "calm", "blue", "good", "warn", "bad"

LOOKS: dict[str, dict[str, Look]] = {
    "contract_state": {
        "draft": Look(_CALM, "□"),
        "reviewed": Look(_CALM, "■"),
        "signing": Look(_BLUE, "◔"),
        "signed": Look(_BLUE, "◕"),
        "registered": Look(_BLUE, "■"),
        "published": Look(_BLUE, "●"),
        "performing": Look(_BLUE, "▶"),
        "varying": Look(_BLUE, "◆"),
        "suspended": Look(_WARN, "◔"),
        "in_termination_register": Look(_BAD, "⬢"),
        "resolved": Look(_WARN, "◆"),
        "completed": Look(_GOOD, "●"),
        "evaluated": Look(_GOOD, "◉"),
        "archived": Look(_CALM, "◉"),
        "closed": Look(_CALM, "■"),
        "cancelled": Look(_CALM, "✕"),
        "rescinded": Look(_CALM, "◇"),
    },
    "obligation_state": {
        "drafted": Look(_CALM, "□"),
        "scheduled": Look(_BLUE, "□"),
        "partially_met": Look(_BLUE, "◔"),
        "overdue": Look(_BAD, "▲"),
        "under_supervision": Look(_WARN, "◆"),
        "met": Look(_GOOD, "●"),
        "met_after_supervision": Look(_GOOD, "◉"),
        "exempt": Look(_CALM, "◇"),
        "in_termination_register": Look(_BAD, "⬢"),
        "terminated": Look(_CALM, "■"),
        "breached": Look(_BAD, "✖"),
        "cancelled": Look(_CALM, "✕"),
    },
    "message_state": {
        "queued": Look(_CALM, "□"),
        "sending": Look(_BLUE, "▶"),
        "unknown": Look(_WARN, "?"),
        "sent": Look(_BLUE, "■"),
        "delivered": Look(_GOOD, "●"),
        "undelivered": Look(_BAD, "▲"),
        "failed": Look(_BAD, "✖"),
        "cancelled": Look(_CALM, "✕"),
    },
    "envelope_state": {
        "draft": Look(_CALM, "□"),
        "processing": Look(_BLUE, "◔"),
        "in_progress": Look(_BLUE, "▶"),
        "sealing": Look(_BLUE, "◕"),
        "completed": Look(_GOOD, "●"),
        "declined": Look(_BAD, "✖"),
        "voided": Look(_CALM, "✕"),
        "expired": Look(_WARN, "▲"),
        "failed": Look(_BAD, "✖"),
    },
    "recipient_state": {
        "awaiting": Look(_CALM, "□"),
        "released": Look(_BLUE, "▶"),
        "sent": Look(_BLUE, "▷"),
        "bounced": Look(_BAD, "▲"),
        "viewed": Look(_BLUE, "◔"),
        "authenticated": Look(_BLUE, "◕"),
        "completed": Look(_GOOD, "●"),
        "declined": Look(_BAD, "✖"),
        "replaced": Look(_CALM, "◇"),
        "expired": Look(_WARN, "▲"),
    },
    "seal_state": {
        "applied": Look(_BLUE, "□"),
        "refused": Look(_BAD, "✖"),
        "withdrawn": Look(_CALM, "✕"),
        "active": Look(_GOOD, "●"),
        "suspended": Look(_WARN, "◆"),
        "revoked": Look(_CALM, "■"),
    },
    "authorisation_state": {
        "active": Look(_GOOD, "●"),
        "revoked": Look(_CALM, "✕"),
        "expired": Look(_WARN, "▲"),
    },
    "evidence_state": {
        "pending": Look(_CALM, "□"),
        "logged": Look(_BLUE, "■"),
        "anchored": Look(_GOOD, "●"),
    },
    "standing": {
        "provisional": Look(_CALM, "□"),
        "court_grade": Look(_GOOD, "●"),
    },
    "check_status": {
        "pass": Look(_GOOD, "●"),
        "fail": Look(_BAD, "✖"),
        "unknown": Look(_WARN, "?"),
    },
}


def look(kind: str, state: str) -> Look:
    """Raises `KeyError` for a state nobody gave a look: a test goes through all of them."""
    return LOOKS[kind][state]
