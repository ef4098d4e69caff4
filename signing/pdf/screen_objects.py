"""The part of screening that looks at every object of the file, wherever it hangs, and at those nothing refers to."""

from collections.abc import Iterator, Mapping
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Stream

from signing.pdf.budget import Budget
from signing.pdf.errors import (
    ActiveContent,
    AlreadySigned,
    DocumentTooComplex,
    EmbeddedFiles,
    ExternalContent,
    HiddenContent,
    HiddenLayers,
    XFAForm,
)

_ACTIVE_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/ResetForm",
    "/Hide",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/GoToE",
    "/GoToR",
    "/GoTo3DView",
    "/RichMediaExecute",
    "/SetOCGState",
    "/Trans",
}
_HARMLESS_NAMED = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"}
"""Other named actions are commands of the viewer's menu (ISO 32000-2 §12.6.4.12)."""
_ACTIVE_KINDS = {"/Movie", "/Sound", "/Screen", "/3D", "/RichMedia", "/PrinterMark", "/TrapNet", "/PS"}
"""Subtypes of annotations and XObjects; a PostScript XObject is a program for the printer."""
_SIGNATURES = {"/Sig", "/DocTimeStamp"}
_LAYERS = {"/OCG", "/OCMD"}
_FILES = {"/EmbeddedFile", "/Filespec"}
_FILE_KEYS = frozenset({"/EmbeddedFiles", "/AF", "/EF", "/Collection"})

Entries = Mapping[str, Any]
"""Of a dictionary or stream; keys have their slash."""


def check_catalog(root: Object) -> None:
    """What the document says of itself as a whole."""
    form = root.get("/AcroForm")
    if isinstance(form, Dictionary):
        if "/XFA" in form:
            raise XFAForm
        if int(form.get("/SigFlags", 0)) & 1:
            raise AlreadySigned
    if "/Perms" in root or "/DSS" in root:
        raise AlreadySigned
    if "/OCProperties" in root:
        raise HiddenLayers
    if "/NeedsRendering" in root:
        raise XFAForm
    _check_opening(root.get("/OpenAction"))


def _check_opening(action: Any) -> None:
    """Opening the document may turn to a page, and nothing else."""
    if isinstance(action, Dictionary) and action.get("/S") != Name.GoTo:
        raise ActiveContent(what=str(action.get("/S", "OpenAction")).removeprefix("/"))


def check_object(found: Object, budget: Budget, depth: int) -> None:
    """One indirect object and all direct ones inside it."""
    for part, entries in _parts(found, depth):
        if isinstance(part, Stream):
            budget.unpack(part)
            _check_stream(entries)
        if entries:
            _check_dictionary(entries)


def _parts(found: Any, depth: int) -> Iterator[tuple[Any, Entries]]:
    """The object and everything inside it that isn't an indirect object of its own, with their entries if they are
    dictionaries or streams. Iterative: nesting may be deep."""
    waiting = [(found, 0)]
    while waiting:
        part, level = waiting.pop()
        if level > depth:
            raise DocumentTooComplex(what="nesting")
        # Asked once for all: each question to the parser costs more than all that is done with the answer.
        entries = dict(part.items()) if isinstance(part, Stream | Dictionary) else {}
        yield part, entries
        children = part if isinstance(part, Array) else entries.values()
        waiting.extend(
            (child, level + 1)
            for child in children
            if isinstance(child, Stream | Dictionary | Array) and not child.is_indirect
        )


def _check_stream(entries: Entries) -> None:
    if "/F" in entries or "/FFilter" in entries:  # its data is in another file (ISO 32000-2 table 5)
        raise ExternalContent(what="stream")
    if "/OPI" in entries:
        raise ExternalContent(what="OPI")
    if "/Ref" in entries and entries.get("/Subtype") == Name.Form:  # a page of another document (§8.10.4)
        raise ExternalContent(what="reference XObject")
    if "/Alternates" in entries:
        raise HiddenLayers  # other images for other uses, such as printing
    if "/PS" in entries or entries.get("/Subtype2") == Name.PS:
        raise ActiveContent(what="PostScript")


def _check_dictionary(entries: Entries) -> None:
    kind, subtype = _name(entries.get("/Type")), _name(entries.get("/Subtype"))
    is_filled = "/V" in entries and _name(entries.get("/FT")) == "/Sig"
    if kind in _SIGNATURES or is_filled or "/ByteRange" in entries:
        raise AlreadySigned
    _check_action(entries)
    if "/XFA" in entries:
        raise XFAForm
    if kind in _FILES or subtype == "/FileAttachment" or not _FILE_KEYS.isdisjoint(entries):
        raise EmbeddedFiles
    if kind in _LAYERS or "/OC" in entries or "/OCGs" in entries:
        raise HiddenLayers
    if subtype in _ACTIVE_KINDS:
        raise ActiveContent(what=subtype.removeprefix("/"))
    if kind == "/Template":
        raise HiddenContent(what="page template")


def _name(value: Any) -> str:
    """The name with its slash; empty for what is no name."""
    return str(value) if isinstance(value, Name) else ""


def _check_action(part: Entries) -> None:
    if "/JS" in part or "/JavaScript" in part:
        raise ActiveContent(what="JavaScript")
    if "/AA" in part:
        raise ActiveContent(what="additional actions")
    if "/PresSteps" in part:
        raise ActiveContent(what="presentation steps")
    action = part.get("/S")
    if not isinstance(action, Name):
        return
    if str(action) in _ACTIVE_ACTIONS:
        raise ActiveContent(what=str(action).removeprefix("/"))
    if action == Name.Named and str(part.get("/N")) not in _HARMLESS_NAMED and "/N" in part:
        raise ActiveContent(what=str(part["/N"]).removeprefix("/"))
