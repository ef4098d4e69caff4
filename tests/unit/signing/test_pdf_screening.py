"""Every upload gets a `ScreenedDocument` or one stable code."""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from pikepdf import Pdf

from signing.pdf.errors import DocumentRefused, FileTooLarge
from signing.pdf.screen import PDFScreener
from signing.ports import ScreeningLimits
from tests.support import pdf as samples


def code_of(data: bytes, limits: ScreeningLimits | None = None) -> str:
    with pytest.raises((DocumentRefused, FileTooLarge)) as refused:
        PDFScreener().screen(data, limits)
    assert refused.value.message("zh")
    return refused.value.code


def test_accepts_a_contract() -> None:
    screened = PDFScreener().screen(samples.contract_pdf(3))
    assert screened.page_count == 3
    assert (round(screened.pages[0].width), round(screened.pages[0].height)) == (595, 842)
    assert not screened.has_form


def test_page_size_is_as_seen() -> None:
    page = PDFScreener().screen(samples.blank_pdf(rotate=90, crop=(100, 100, 300, 600))).pages[0]
    assert (page.width, page.height) == (500, 200)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"hello", "not_a_pdf"),
        (b"PK\x03\x04 a zip file", "not_a_pdf"),
        (b"%PDF-1.7\n%%EOF", "broken_pdf"),
        (b"%PDF-1.7\nnothing here", "broken_pdf"),
    ],
)
def test_refuses_what_is_no_sound_pdf(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_refuses_a_truncated_file() -> None:
    data = samples.contract_pdf()
    assert code_of(data[: len(data) // 2]) == "broken_pdf"
    assert code_of(data[: len(data) // 2] + b"\n%%EOF\n") == "broken_pdf"


def test_refuses_encryption() -> None:
    assert code_of(samples.encrypted_pdf()) == "encrypted_pdf"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (samples.add_javascript, "active_content"),
        (samples.add_launch_action, "active_content"),
        (samples.add_media, "active_content"),
        (samples.add_embedded_file, "embedded_files"),
        (samples.add_layer, "hidden_layers"),
        (samples.add_xfa, "xfa_form"),
        (samples.add_signature, "document_already_signed"),
        (samples.add_double_packed_stream, "decompression_bomb"),
        (samples.remove_area, "broken_pdf"),
    ],
)
def test_refuses_what_could_show_something_else_later(change: Callable[[Pdf], None], code: str) -> None:
    assert code_of(samples.changed(change)) == code


def test_limits() -> None:
    data = samples.contract_pdf(3)
    assert code_of(data, ScreeningLimits(pages=2)) == "too_many_pages"
    assert code_of(data, ScreeningLimits(objects=5)) == "too_many_objects"
    assert code_of(data, ScreeningLimits(bytes=1000)) == "file_too_large"
    bomb = samples.changed(samples.add_many_zeros)
    assert len(bomb) < 20_000
    assert code_of(bomb, ScreeningLimits(decompressed_bytes=1024 * 1024)) == "decompression_bomb"


def test_mutated_files_never_crash_it() -> None:
    """A few hundred random changes: each is accepted or refused in order."""
    chance = random.Random(20261122)
    original = samples.changed(samples.add_layer, samples.contract_pdf(1))
    for _ in range(300):
        data = bytearray(original)
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(DocumentRefused):
            PDFScreener().screen(bytes(data))
