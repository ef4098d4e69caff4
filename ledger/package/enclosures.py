"""What a package holds to help its reader: how to verify it, a page that does part of it, a copy of the trust file.

None of it is evidence, and the verifier relies on none of it.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ledger.package.facts import Report
from ledger.package.trust import trust_bytes


def trust_members(trust: dict[str, Any]) -> dict[str, bytes]:
    """Informative only: a verifier never takes trust from the package."""
    return {"trust/trust.json": trust_bytes(trust), "trust/README.txt": _template("trust.txt")}


def instructions(report: Report, content: Mapping[str, bytes]) -> dict[str, bytes]:
    facts = {
        "@NUMBER@": report.number,
        "@BLOCK@": str(report.chain.block_number),
        "@BLOCK_HASH@": report.chain.block_hash,
        "@CHAIN@": f"{report.chain.name} ({report.chain.chain_id})",
        "@MEMBERS@": "\n".join(f"- `{name}`" for name in sorted(content)),
    }
    guide = _template("VERIFY.md").decode()
    for placeholder, value in facts.items():
        guide = guide.replace(placeholder, value)
    return {"VERIFY.md": guide.encode(), "verify.html": offline_page()}


def offline_page() -> bytes:
    """The page that checks a package in a browser without network. It is the same in every package."""
    return _template("verify.html")


def _template(name: str) -> bytes:
    return (files("ledger.package") / "templates" / name).read_bytes()
