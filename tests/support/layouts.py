"""Layouts of PDF files that other producers choose: linearised ("fast web view"), and hybrid as Word saves."""

import re
from io import BytesIO

import pikepdf
from pikepdf import ObjectStreamMode


def linearised(data: bytes, *, has_streams: bool = False) -> bytes:
    """The cross-references come in two parts; the one that is read first names no catalog."""
    mode = ObjectStreamMode.generate if has_streams else ObjectStreamMode.disable
    with pikepdf.open(BytesIO(data)) as file:
        output = BytesIO()
        file.save(output, linearize=True, object_stream_mode=mode)
    return output.getvalue()


def hybrid(data: bytes, content: bytes | None = None) -> bytes:
    """An empty table whose trailer points to a cross-reference stream, which older readers don't look at.

    With `content` the first page shows that instead; without, there is an object in it that nothing refers to.
    """
    with pikepdf.open(BytesIO(data)) as file:
        size, root = int(file.trailer.Size), file.trailer.Root.objgen[0]
        page, tree = file.pages[0].obj.objgen[0], file.Root.Pages.objgen[0]
    last = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    shown = content or b"% nothing"
    objects = {size: b"<< /Length %d >>\nstream\n%b\nendstream" % (len(shown), shown)}
    if content is not None:
        objects[page] = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R >>" % (tree, size)
    output = bytearray(data.rstrip() + b"\n")
    rows, index = bytearray(), b""
    for number, written in sorted(objects.items()):
        rows += b"\x01" + len(output).to_bytes(4) + b"\0"
        index += b"%d 1 " % number
        output += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    stream = len(output)
    rows += b"\x01" + stream.to_bytes(4) + b"\0"
    output += b"%d 0 obj\n<< /Type /XRef /W [1 4 1] /Index [%b%d 1] /Size %d /Root %d 0 R /Length %d >>\nstream\n" % (
        size + 1, index, size + 1, size + 2, root, len(rows),
    ) + rows + b"\nendstream\nendobj\n"  # fmt: skip
    table = len(output)
    output += b"xref\n0 0\ntrailer\n<< /Size %d /Root %d 0 R /Prev %d /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        size + 2, root, last, stream, table,
    )  # fmt: skip
    return bytes(output)
