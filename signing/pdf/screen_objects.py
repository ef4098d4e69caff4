"""The part of screening that looks at every object of the file, wherever it hangs, and at those nothing refers to."""

from collections.abc import Iterator
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
_FILE_KEYS = ("/EmbeddedFiles", "/AF", "/EF", "/Collection")


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
    for part in _parts(found, depth):
        if isinstance(part, Stream):
            budget.unpack(part)
            _check_stream(part)
        if isinstance(part, Dictionary | Stream):
            _check_dictionary(part)


def _parts(found: Any, depth: int) -> Iterator[Any]:
    """The object and everything inside it that isn't an indirect object of its own. Iterative: nesting may be deep."""
    waiting = [(found, 0)]
    while waiting:
        part, level = waiting.pop()
        if level > depth:
            raise DocumentTooComplex(what="nesting")
        yield part
        if isinstance(part, Stream | Dictionary):
            children = [child for _, child in part.items()]
        elif isinstance(part, Array):
            children = list(part)
        else:
            continue
        waiting.extend(
            (child, level + 1)
            for child in children
            if isinstance(child, Stream | Dictionary | Array) and not child.is_indirect
        )


def _check_stream(stream: Any) -> None:
    if "/F" in stream or "/FFilter" in stream:  # its data is in another file (ISO 32000-2 table 5)
        raise ExternalContent(what="stream")
    if "/OPI" in stream:
        raise ExternalContent(what="OPI")
    if "/Ref" in stream and stream.get("/Subtype") == Name.Form:  # a page of another document (§8.10.4)
        raise ExternalContent(what="reference XObject")
    if "/Alternates" in stream:
        raise HiddenLayers  # other images for other uses, such as printing
    if "/PS" in stream or stream.get("/Subtype2") == Name.PS:
        raise ActiveContent(what="PostScript")


def _check_dictionary(part: Any) -> None:
    kind, subtype = part.get("/Type"), part.get("/Subtype")
    if kind in (Name.Sig, Name.DocTimeStamp) or (part.get("/FT") == Name.Sig and "/V" in part) or "/ByteRange" in part:
        raise AlreadySigned
    _check_action(part)
    if "/XFA" in part:
        raise XFAForm
    if (
        kind in (Name.EmbeddedFile, Name.Filespec)
        or subtype == Name.FileAttachment
        or any(key in part for key in _FILE_KEYS)
    ):
        raise EmbeddedFiles
    if kind in (Name.OCG, Name.OCMD) or "/OC" in part or "/OCGs" in part:
        raise HiddenLayers
    if subtype is not None and str(subtype) in _ACTIVE_KINDS:
        raise ActiveContent(what=str(subtype).removeprefix("/"))
    if kind == Name.Template:
        raise HiddenContent(what="page template")


def _check_action(part: Any) -> None:
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
        raise ActiveContent(what=str(part.N).removeprefix("/"))
