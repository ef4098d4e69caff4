"""What the demonstration does with evidence: fetch packages, verify them offline, try to tamper with them."""

import io
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.demo.client import Client, StepFailed, wait_for
from app.fonts import REGULAR
from ledger.verifier.verify import verify_package

_SEED = 20261122


def wait_for_package(client: Client, subject_id: str) -> bytes:
    """The evidence package of a contract and its envelope, once every record in it is covered by a final anchor."""

    def package() -> bytes | None:
        answer = client.try_get(f"/v1/evidence-packages/{subject_id}")
        if answer.status_code == 409:
            return None
        if answer.is_error:
            raise StepFailed(f"package: {answer.status_code} {answer.text}")
        return answer.content

    return wait_for("the evidence package", package)


def verify_offline(package: Path, trust: Path) -> str:
    """Runs `dingyue verify` as an expert would: another process, no settings, no server asked."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DINGYUE_")}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "verify", str(package), "--trust", str(trust), "--json"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"dingyue verify exited with {done.returncode}: {done.stdout}{done.stderr}")
    return f"{package.name}: dingyue verify exits 0"


def every_part_is_guarded(data: bytes, trust: dict[str, Any]) -> str:
    """Flips bytes in the content of every member, and in what lies between members; none may be accepted."""
    generator = random.Random(_SEED)  # noqa: S311 - positions, not secrets
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    tried = 0
    for position in _positions(data, members, generator):
        changed = bytearray(data)
        changed[position] ^= 1 << generator.randrange(8)
        verdict = verify_package(bytes(changed), trust)
        tried += 1
        if verdict.exit_code == 0:
            raise StepFailed(f"a changed byte at {position} was accepted")
    return f"{tried} flipped bytes in {len(members)} members, all caught"


def _positions(data: bytes, members: list[zipfile.ZipInfo], generator: random.Random) -> list[int]:
    """One in the content of each member, one in a member's header, and one in the archive's directory."""
    positions = [members[-1].header_offset + generator.randrange(30), len(data) - 1 - generator.randrange(1000)]
    for member in members:
        content = member.header_offset + 30 + len(member.filename.encode())
        positions.append(content + generator.randrange(max(member.file_size, 1)))
    return positions


def negative_points(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a credit record's explanation that take points away."""
    return [line for line in record["explanation"] if line["points"] < 0]


def proof_document(title: str) -> bytes:
    """A one-page PDF that stands for a receipt, an inspection report or an award."""
    buffer = io.BytesIO()
    pdfmetrics.registerFont(TTFont("NotoSansSC", str(REGULAR)))
    canvas = Canvas(buffer, pagesize=A4, invariant=True)
    canvas.setFont("NotoSansSC", 20)
    canvas.drawString(72, 740, title.removesuffix(".pdf") + "（示例）")
    canvas.setFont("NotoSansSC", 11)
    canvas.drawString(72, 700, "本文件仅用于演示。This document is for demonstration only.")
    canvas.save()
    return buffer.getvalue()
