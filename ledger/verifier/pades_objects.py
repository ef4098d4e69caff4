"""PDF objects of the plain kind, read in a few steps where pyHanko takes one for every character.

Plain are dictionaries, arrays, names, whole and decimal numbers, strings, booleans, null and references, written as
nearly all software writes them (ISO 32000-2 §7.3). Anything unusual about an object (a comment, an escaped name, a
nested parenthesis, a stream, a key given twice) and it is left to pyHanko. What is read here reads the same there:
`tests/property/test_plain_objects.py`.
"""

import re
from typing import Any

from pyhanko.pdf_utils import generic

_kinds: Any = generic  # pyHanko's object classes have no type hints

_DEEPEST = 32
_SPACE = rb"[\0\t\n\f\r ]*"
_TOKEN = re.compile(
    rb"""
    %(space)b
    (?: /(?P<name> [!-"$&'*-.0-;=?-Z\\^-z|~]+ ) %(end)b
    | (?P<reference> [1-9]\d{0,6}[ ]\d{1,5}[ ]R ) %(end)b
    | (?P<whole> [+-]?\d{1,18} ) %(end)b
    | (?P<decimal> [+-]?\d{1,18}\.\d{1,18} ) %(end)b
    | (?P<word> true|false|null ) %(end)b
    | \( (?P<string> (?: [^()\\] | \\[0-3][0-7]{2} | \\[nrtbf()\\] )* ) \)
    | (?P<mark> << | >> | \[ | \] )
    | < (?P<hexadecimal> [0-9A-Fa-f]* ) >
    | (?P<end> endobj ) (?= %(space)b [^\0\t\n\f\r\ ] )
    )
    """
    % {b"space": _SPACE, b"end": rb"(?=[\0\t\n\f\r\ ()<>\[\]{}/%])"},
    re.VERBOSE,
)
_HEADER = re.compile(rb"(\d{1,10}) (\d{1,5}) obj(?=[\0\t\n\f\r ()<>\[\]{}/%])")
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class _Unusual(Exception):
    """Not an object of the plain kind."""


def read_plain(content: bytes, reference: Any) -> Any | None:
    """The object that `content` begins with, up to its `endobj`; None if it isn't plain, or isn't `reference`'s."""
    header = _HEADER.match(content)
    if header is None or (int(header[1]), int(header[2])) != (reference.idnum, reference.generation):
        return None
    try:
        reading = _Reading(content, header.end(), reference)
        read = reading.value(_DEEPEST)
        return read if reading.next() == ("end", b"endobj") else None
    except _Unusual:
        return None


class _Reading:
    """Of one object, from token to token."""

    def __init__(self, content: bytes, position: int, reference: Any) -> None:
        self._content = content
        self._position = position
        self._reference = reference

    def next(self) -> tuple[str, bytes]:
        """The kind of the next token, and what it says."""
        token = _TOKEN.match(self._content, self._position)
        if token is None:
            raise _Unusual
        self._position = token.end()
        kind = str(token.lastgroup)
        return kind, token[kind]

    def value(self, depth: int) -> Any:
        return self._made(*self.next(), depth)

    def _made(self, kind: str, said: bytes, depth: int) -> Any:
        if kind == "mark":
            made = self._container(said, depth)
        elif kind == "name":
            made = _kinds.NameObject(f"/{said.decode()}")
        elif kind == "whole":
            made = _kinds.NumberObject(said.decode())
        elif kind == "reference":
            number, generation, _ = said.split()
            made = _kinds.IndirectObject(int(number), int(generation), self._reference.get_pdf_handler())
        elif kind == "decimal":
            made = _kinds.FloatObject(said.decode())
        elif kind == "string":
            made = _kinds.pdf_string(_ESCAPED.sub(_unescaped, said) if b"\\" in said else said)
        elif kind == "hexadecimal" and len(said) % 2 == 0:
            made = _kinds.pdf_string(bytes.fromhex(said.decode()))
        elif kind != "word":
            raise _Unusual
        else:
            made = _kinds.NullObject() if said == b"null" else _kinds.BooleanObject(said == b"true")
        made.container_ref = self._reference
        return made

    def _container(self, mark: bytes, depth: int) -> Any:
        if depth == 0 or mark not in (b"<<", b"["):
            raise _Unusual
        if mark == b"[":
            return _kinds.ArrayObject(self._until(b"]", depth))
        entries: dict[Any, Any] = {}
        while (token := self.next()) != ("mark", b">>"):
            kind, said = token
            key = _kinds.NameObject(f"/{said.decode()}" if kind == "name" else "")
            if not key or key in entries:
                raise _Unusual
            entries[key] = self.value(depth - 1)
        return _kinds.DictionaryObject(entries)

    def _until(self, end: bytes, depth: int) -> list[Any]:
        found = []
        while (token := self.next()) != ("mark", end):
            found.append(self._made(*token, depth - 1))
        return found


def _unescaped(escape: re.Match[bytes]) -> bytes:
    said = escape[1]
    return bytes([int(said, 8)]) if len(said) == 3 else _SHORT.get(said, said)
