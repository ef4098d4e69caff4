"""The files that are signed: always the same bytes for the same name."""

import random
from io import BytesIO
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

FILES = {"5 pages": (5, 0), "100 pages": (100, 0), "25 MB": (10, 25), "100 MB": (40, 100)}
"""Pages, and megabytes of images that no compression makes smaller."""

_A4 = (595, 842)
_SIDE = 590


def make(name: str, folder: Path) -> Path:
    """The file of that name; made if it isn't there."""
    path = folder / f"{name.replace(' ', '-')}.pdf"
    if not path.exists():
        path.write_bytes(_build(*FILES[name]))
    return path


def _build(pages: int, megabytes: int) -> bytes:
    source = random.Random(pages)  # noqa: S311 - noise, not a secret
    image_bytes = megabytes * 1024 * 1024 // pages
    with Pdf.new() as pdf:
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        for number in range(1, pages + 1):
            page = pdf.add_blank_page(page_size=_A4)
            lines = "".join(f"(Clause {number}.{line}: the parties agree.) ' " for line in range(1, 41))
            content = f"BT /F1 11 Tf 16 TL 72 780 Td {lines}ET"
            page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
            if image_bytes:
                page.obj.Resources.XObject = Dictionary(Im1=_image(pdf, source.randbytes(image_bytes)))
                content += " q 400 0 0 400 90 200 cm /Im1 Do Q"
            page.obj.Contents = Stream(pdf, content.encode())
        output = BytesIO()
        pdf.save(
            output, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True, compress_streams=False
        )
        return output.getvalue()


def _image(pdf: Pdf, noise: bytes) -> Stream:
    rows = max(1, len(noise) // (3 * _SIDE))
    image = Stream(pdf, noise[: rows * 3 * _SIDE])
    image.stream_dict.update(
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=_SIDE,
            Height=rows,
            ColorSpace=Name.DeviceRGB,
            BitsPerComponent=8,
            Decode=Array([0, 1, 0, 1, 0, 1]),
        )
    )
    return image
