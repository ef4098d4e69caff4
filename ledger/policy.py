"""Pure decisions of the ledger."""

from datetime import UTC, datetime

from asn1crypto import cms, tsp

from ledger.errors import TimestampUnavailable

NOTARISED_FILE = "file"
"""The subject kind of digests somebody notarised for themselves: nobody oversees these."""


def timestamp_instant(token: bytes, digest: bytes) -> datetime:
    """The time that an RFC 3161 token gives `digest` (SHA-256).

    Raises `TimestampUnavailable` unless the token is about this digest (RFC 3161 §2.4.2: messageImprint): a token
    about anything else must never be kept as if it proved something. Whose signature it bears and whether it is
    valid is for the verifier to judge, against roots of its own.
    """
    try:
        signed_data = cms.ContentInfo.load(token)["content"]
        info: tsp.TSTInfo = signed_data["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        is_about_digest = (
            imprint["hash_algorithm"]["algorithm"].native == "sha256" and imprint["hashed_message"].native == digest
        )
        stamped_at: datetime = info["gen_time"].native
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TimestampUnavailable from error
    if not is_about_digest:
        raise TimestampUnavailable
    return stamped_at.astimezone(UTC)
