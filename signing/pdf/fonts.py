"""Noto Sans SC, cut down to the glyphs a text needs, for embedding.

The font is parsed once per process; a subset takes about a millisecond, because glyph programs are copied as they
are and only renumbered. (A general subsetter takes a second for a CJK font, and every signature needs a subset.)
"""

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

NOTO_SANS_SC = (
    Path(__file__).resolve().parents[2]
    / "node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"
)
NOTO_SANS_SC_BOLD = NOTO_SANS_SC.parents[1] / "700Bold" / "NotoSansSC_700Bold.ttf"

# Flags of a component of a composite glyph (OpenType, table `glyf`).
_ARGUMENTS_ARE_WORDS, _HAS_SCALE, _MORE_COMPONENTS = 0x0001, 0x0008, 0x0020
_HAS_X_AND_Y_SCALE, _HAS_TWO_BY_TWO = 0x0040, 0x0080
_NOT_DEFINED = 0


@dataclass(frozen=True, slots=True)
class FontSubset:
    """A TrueType file of a few glyphs. `glyphs` maps characters to glyph numbers, `widths` are in thousandths."""

    file: bytes
    glyphs: dict[str, int]
    widths: tuple[int, ...]

    def encode(self, text: str) -> bytes:
        """Two bytes per character, as Identity-H reads them."""
        return b"".join(struct.pack(">H", self.glyphs[character]) for character in text)


class Typeface:
    """A TrueType font with 1000 units per em. Characters it doesn't have become its `.notdef` box."""

    def __init__(self, path: Path) -> None:
        with TTFont(path, lazy=True) as font:
            self._numbers: dict[str, int] = {
                chr(code): font.getGlyphID(name) for code, name in font.getBestCmap().items()
            }
            self._tables = {tag: bytes(font.getTableData(tag)) for tag in ("head", "hhea", "maxp", "hmtx", "prep")}
            self._glyf = bytes(font.getTableData("glyf"))
            self._offsets = tuple(font["loca"].locations)
            if font["head"].unitsPerEm != 1000:
                raise ValueError(f"{path} doesn't have 1000 units per em")
        self._advances: dict[str, int] = {}
        self._metrics = struct.unpack(">H", self._tables["hhea"][34:36])[0]
        self.bounding_box: tuple[int, ...] = struct.unpack(">hhhh", self._tables["head"][36:44])
        self.ascent, self.descent = struct.unpack(">hh", self._tables["hhea"][4:8])

    def has(self, character: str) -> bool:
        return character in self._numbers

    def width(self, text: str) -> int:
        """In thousandths of the font size."""
        known = self._advances
        for character in text:
            if character not in known:
                known[character] = self._advance(self._numbers.get(character, _NOT_DEFINED))
        return sum(map(known.__getitem__, text))

    def subset(self, text: str) -> FontSubset:
        """Every character gets a glyph number of its own, even where outlines are equal, so that what is shown can
        be copied and searched exactly as it was written: also characters that show as the missing-glyph box."""
        characters = sorted(set(text))
        chosen = [_NOT_DEFINED, *(self._numbers.get(character, _NOT_DEFINED) for character in characters)]
        glyphs = {character: position for position, character in enumerate(characters, start=1)}
        chosen = self._with_components(chosen)
        return FontSubset(self._file(chosen), glyphs, tuple(self._advance(number) for number in chosen))

    def _advance(self, number: int) -> int:
        position = 4 * min(number, self._metrics - 1)
        return int.from_bytes(self._tables["hmtx"][position : position + 2])

    def _left_bearing(self, number: int) -> bytes:
        if number < self._metrics:
            return self._tables["hmtx"][4 * number + 2 : 4 * number + 4]
        position = 4 * self._metrics + 2 * (number - self._metrics)
        return self._tables["hmtx"][position : position + 2]

    def _glyph(self, number: int) -> bytes:
        return self._glyf[self._offsets[number] : self._offsets[number + 1]]

    def _with_components(self, numbers: list[int]) -> list[int]:
        """The glyphs and, after them, those they are composed of."""
        needed, known = list(numbers), set(numbers)
        for number in needed:
            for position in _components(self._glyph(number)):
                component = int.from_bytes(self._glyph(number)[position : position + 2])
                if component not in known:
                    known.add(component)
                    needed.append(component)
        return needed

    def _file(self, chosen: list[int]) -> bytes:
        renumbered = {number: position for position, number in enumerate(chosen)}
        outlines, offsets, metrics = bytearray(), [0], bytearray()
        for number in chosen:
            glyph = bytearray(self._glyph(number))
            for position in _components(bytes(glyph)):
                component = int.from_bytes(glyph[position : position + 2])
                glyph[position : position + 2] = struct.pack(">H", renumbered[component])
            outlines += glyph + bytes(-len(glyph) % 4)
            offsets.append(len(outlines))
            metrics += struct.pack(">H", self._advance(number)) + self._left_bearing(number)
        count = struct.pack(">H", len(chosen))
        return _sfnt(
            {
                b"glyf": bytes(outlines),
                b"head": _without_checksum(self._tables["head"], long_offsets=True),
                b"hhea": self._tables["hhea"][:34] + count,
                b"hmtx": bytes(metrics),
                b"loca": struct.pack(f">{len(offsets)}I", *offsets),
                b"maxp": self._tables["maxp"][:4] + count + self._tables["maxp"][6:],
                b"prep": self._tables["prep"],
            }
        )


def visible(text: str) -> str:
    """The text as it is drawn: without what has no shape of its own (joiners, marks of direction, selectors of
    variants, which would turn into boxes), and accents joined with their letters."""
    kept = "".join(character for character in text if not _has_no_shape(character))
    if any(unicodedata.combining(character) for character in kept):
        kept = unicodedata.normalize("NFC", kept)  # only then: it would also exchange compatibility ideographs
    return kept


def _has_no_shape(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Cs"} or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    )


@lru_cache(maxsize=1)
def noto_sans_sc() -> Typeface:
    """The one font of stamps and reports, parsed on first use."""
    return Typeface(NOTO_SANS_SC)


def to_unicode(glyphs: dict[str, int]) -> bytes:
    """A ToUnicode CMap (ISO 32000-2 §9.10.3), so that stamped text can be searched and copied."""
    pairs = [
        f"<{number:04X}> <{character.encode('utf-16-be').hex().upper()}>"
        for character, number in sorted(glyphs.items(), key=lambda pair: pair[1])
    ]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for chunk in _chunks(pairs, 100):
        lines += [f"{len(chunk)} beginbfchar", *chunk, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _components(glyph: bytes) -> Iterator[int]:
    """Where, in a composite glyph, the numbers of its components stand."""
    if len(glyph) < 10 or struct.unpack(">h", glyph[:2])[0] >= 0:
        return
    position, flags = 10, _MORE_COMPONENTS
    while flags & _MORE_COMPONENTS:
        flags = int.from_bytes(glyph[position : position + 2])
        yield position + 2
        position += 8 if flags & _ARGUMENTS_ARE_WORDS else 6
        if flags & _HAS_SCALE:
            position += 2
        elif flags & _HAS_X_AND_Y_SCALE:
            position += 4
        elif flags & _HAS_TWO_BY_TWO:
            position += 8


def _without_checksum(head: bytes, *, long_offsets: bool) -> bytes:
    """`head` with checkSumAdjustment zero (PDF readers ignore it) and the chosen form of `loca`."""
    return head[:8] + bytes(4) + head[12:50] + struct.pack(">h", int(long_offsets)) + head[52:]


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    """The container of a TrueType font: a directory sorted by tag, then the tables on four-byte boundaries."""
    power = len(tables).bit_length() - 1
    search_range = 16 << power
    directory = struct.pack(">IHHHH", 0x00010000, len(tables), search_range, power, 16 * len(tables) - search_range)
    body = bytearray()
    start = len(directory) + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        directory += tag + struct.pack(">III", _checksum(padded), start + len(body), len(data))
        body += padded
    return directory + bytes(body)


def _checksum(padded: bytes) -> int:
    words: Iterable[int] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
