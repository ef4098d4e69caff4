"""Contracts whose amount lies on layers (optional content, ISO 32000-2 §8.11), and attackers who switch them.

The amount that was signed is on a layer that shows, another amount on one that doesn't. Every attack is an increment
after which a reader shows the other amount, without a page, a drawing or a font being another.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from pyhanko.pdf_utils import generic
from pypdfium2 import raw as pdfium_c

from tests.support.attacks import Attack, Writer, increment, name, page
from tests.support.papers import opened

_kinds: Any = generic

_CONTENT = b"""/OC /Signed BDC BT /F1 40 Tf 72 600 Td (480 000 yuan) Tj ET EMC
/OC /Other BDC BT /F1 40 Tf 72 400 Td (980 000 yuan) Tj ET EMC
"""


def layered_pdf() -> bytes:
    """One page. Every part of the layers' settings is an object of its own, so that each can be exchanged alone.

    What shows is decided by one group in two ways: a group and a membership that is its contrary (§8.11.2.2).
    """
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        signed, other = (
            pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(told))) for told in ("signed", "other")
        )
        membership = pdf.make_indirect(Dictionary(Type=Name.OCMD, OCGs=Array([other]), P=Name.AllOn))
        font = pdf.make_indirect(Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        shown = pdf.pages[0].obj
        shown.Contents = pdf.make_stream(_CONTENT)
        shown.Resources = pdf.make_indirect(
            Dictionary(
                Font=Dictionary(F1=font),
                Properties=pdf.make_indirect(Dictionary(Signed=signed, Other=membership)),
            )
        )
        usual = Dictionary(BaseState=Name.ON, OFF=pdf.make_indirect(Array([other])))
        pdf.Root.OCProperties = pdf.make_indirect(Dictionary(OCGs=Array([signed, other]), D=pdf.make_indirect(usual)))
        output = BytesIO()
        pdf.save(output, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return output.getvalue()


def looks(data: bytes) -> tuple[bytes, bytes]:
    """The pixels of the first page, as PDFium shows it to people and as it prints it."""
    with opened(data) as document:
        ways = (0, pdfium_c.FPDF_PRINTING)
        shown, printed = (document[0].render(scale=0.5, extra_flags=flag).to_pil().tobytes() for flag in ways)
        return shown, printed


def _settings(writer: Writer) -> Any:
    return writer.root["/OCProperties"]


def _attack(change: Callable[[Writer], None]) -> Attack:
    def attack(data: bytes) -> bytes:
        return increment(data, change)

    attack.__name__ = change.__name__
    return attack


@_attack
def exchange_all_settings(writer: Writer) -> None:
    """The catalog leads to other settings."""
    groups = _settings(writer)["/OCGs"]
    usual = {name("/BaseState"): name("/ON"), name("/OFF"): _kinds.ArrayObject([groups.raw_get(0)])}
    settings = {name("/OCGs"): groups, name("/D"): _kinds.DictionaryObject(usual)}
    writer.root[name("/OCProperties")] = writer.add_object(_kinds.DictionaryObject(settings))
    writer.update_root()


@_attack
def another_default(writer: Writer) -> None:
    """The settings are the same object, in which another default stands."""
    settings = _settings(writer)
    off = _kinds.ArrayObject([settings["/OCGs"].raw_get(0)])
    settings[name("/D")] = _kinds.DictionaryObject({name("/BaseState"): name("/ON"), name("/OFF"): off})
    writer.update_container(settings)


@_attack
def exchange_the_default(writer: Writer) -> None:
    """The default is the same object, in which all that was on is off, and the other way round."""
    settings = _settings(writer)
    usual = settings["/D"]
    usual[name("/BaseState")] = name("/OFF")
    usual[name("/ON")] = _kinds.ArrayObject([settings["/OCGs"].raw_get(1)])
    del usual["/OFF"]
    writer.update_container(usual)


@_attack
def exchange_the_list(writer: Writer) -> None:
    """Only the list of what is off."""
    off = _settings(writer)["/D"]["/OFF"]
    off[0] = _settings(writer)["/OCGs"].raw_get(0)
    writer.update_container(off)


@_attack
def exchange_the_membership(writer: Writer) -> None:
    """What the other amount is a member of shows it when its group is off."""
    found = page(writer)["/Resources"]["/Properties"]["/Other"]
    found[name("/P")] = name("/AllOff")
    writer.update_container(found)


@_attack
def exchange_the_names(writer: Writer) -> None:
    """The page's two amounts change their layers."""
    properties = page(writer)["/Resources"]["/Properties"]
    signed, other = properties.raw_get("/Signed"), properties.raw_get("/Other")
    properties[name("/Signed")], properties[name("/Other")] = other, signed
    writer.update_container(properties)


@_attack
def exchange_the_group(writer: Writer) -> None:
    """The group of the other amount is no more: what isn't optional is shown."""
    raw = _settings(writer)["/OCGs"].raw_get(1)
    writer.objects[(raw.generation, raw.idnum)] = _kinds.NullObject()


@_attack
def hide_in_print(writer: Writer) -> None:
    """The signed amount shows on the screen, and neither in print nor when it is exported."""
    settings = _settings(writer)
    signed = settings["/OCGs"][0]
    off = _kinds.DictionaryObject({name("/PrintState"): name("/OFF")})
    signed[name("/Usage")] = _kinds.DictionaryObject({name("/Print"): off})
    writer.update_container(signed)


@_attack
def forget_layers(writer: Writer) -> None:
    """Without settings there are no layers: all that was hidden shows."""
    del writer.root["/OCProperties"]
    writer.update_root()


SWITCHES: list[Attack] = [
    exchange_all_settings,
    another_default,
    exchange_the_default,
    exchange_the_list,
    exchange_the_membership,
    exchange_the_names,
    exchange_the_group,
    hide_in_print,
    forget_layers,
]
