"""How much the streams of one upload may unpack to. They are unpacked in pieces that are thrown away, and what isn't
packed isn't even read: the largest packed stream is all that is ever in memory."""

import zlib
from typing import Any

from pikepdf import Array

from signing.pdf.errors import DecompressionBomb

_MEGABYTE = 1024 * 1024
_PIECE = 256 * 1024
"""What the inflater hasn't come to yet it copies each time: it gets a little at a time."""
_LARGEST_RATIO = {"/LZWDecode": 1400, "/LZW": 1400, "/RunLengthDecode": 64, "/RL": 64}
"""How many times its size a stream can unpack to; such streams are charged for the worst case."""
_FLATE = {"/FlateDecode", "/Fl"}


class Budget:
    """How much may still be unpacked."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def unpack(self, stream: Any) -> None:
        """Charges the size of what the stream unpacks to. Raises `DecompressionBomb`."""
        filters = stream.get("/Filter")
        names = [str(name) for name in filters] if isinstance(filters, Array) else [str(filters)]
        packing = [name for name in names if name in _FLATE or name in _LARGEST_RATIO]
        if len(packing) > 1:
            raise self._exceeded()  # nobody packs twice but to hide a bomb
        if names and names[0] in _FLATE:
            self._charge(_inflated_size(memoryview(stream.get_raw_stream_buffer()), self._left))
        else:  # the parser compared the length with what is there when it read the object; the data needn't be read
            length = int(stream.get("/Length", 0))
            self._charge(length * max((_LARGEST_RATIO.get(name, 1032) for name in packing), default=1))

    def _charge(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self._exceeded()

    def _exceeded(self) -> DecompressionBomb:
        return DecompressionBomb(limit_megabytes=self._limit // _MEGABYTE)


def _inflated_size(raw: memoryview, limit: int) -> int:
    """How many bytes a Flate stream unpacks to; stops soon after `limit`. A broken stream counts as far as it goes."""
    inflater, size = zlib.decompressobj(), 0
    try:
        for start in range(0, len(raw), _PIECE):
            rest: bytes | memoryview = raw[start : start + _PIECE]
            while rest and not inflater.eof and size <= limit:
                size += len(inflater.decompress(rest, _MEGABYTE))
                rest = inflater.unconsumed_tail
    except zlib.error:
        return size
    return size
