"""Whether a drawn signature is too simple to be anybody's hand. Pure.

The ink is looked at along its own main axis, whichever way it was drawn. Too simple are

    nothing     too little ink to see
    a blob      ink that fills the box around it: a dot, a bar, a straight line, however thick
    one line    hardly any extent across the axis, and a middle that keeps its direction: a bow is one too
"""

import math
from statistics import median

from PIL import Image

_LONGEST_SIDE = 160
"""Pixels that are looked at; a pen stroke of a signature is two or three of them."""
_LEAST_INK = 20
_LEAST_EXTENT = 0.05
"""The length of the ink, in parts of the picture's longer side."""
_BLOB = 0.55
"""The part of its box that ink fills: a disc fills 0.79, handwriting less than 0.4."""
_FLAT = 0.16
"""Extent across over extent along: below this the ink is one line."""
_FEWEST_TURNS = 3
_SECTIONS = 48

_Point = tuple[float, float]


def is_simple(ink: Image.Image) -> bool:
    """`ink` is a mask: 255 where the pen was."""
    points = _points(ink)
    if len(points) < _LEAST_INK:
        return True
    along_axis = _along_main_axis(points)
    length = _extent([along for along, _ in along_axis])
    across = _extent([beside for _, beside in along_axis])
    if length < _LEAST_EXTENT * _LONGEST_SIDE or len(points) / (length * across) > _BLOB:
        return True
    thickness, middles = _sections(along_axis, length)
    return (across - thickness) / length < _FLAT and _turns(middles, thickness) < _FEWEST_TURNS


def _points(ink: Image.Image) -> list[_Point]:
    scale = min(1.0, _LONGEST_SIDE / max(ink.size))
    size = max(1, round(ink.width * scale)), max(1, round(ink.height * scale))
    small = ink.resize(size, Image.Resampling.BOX)
    width = small.width
    # A thin stroke in a large picture leaves only a trace in a small one: any trace counts.
    return [(index % width, index // width) for index, level in enumerate(small.tobytes()) if level > 16]


def _along_main_axis(points: list[_Point]) -> list[_Point]:
    """The points in coordinates along and across the direction in which they spread most (principal axes)."""
    count = len(points)
    middle_x, middle_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    moved = [(x - middle_x, y - middle_y) for x, y in points]
    xx, yy, xy = sum(x * x for x, _ in moved), sum(y * y for _, y in moved), sum(x * y for x, y in moved)
    angle = math.atan2(2 * xy, xx - yy) / 2
    cosine, sine = math.cos(angle), math.sin(angle)
    return [(x * cosine + y * sine, y * cosine - x * sine) for x, y in moved]


def _extent(numbers: list[float]) -> float:
    return max(numbers) - min(numbers) + 1  # a pixel has a width


def _sections(points: list[_Point], length: float) -> tuple[float, list[float]]:
    """How thick the ink usually is in short sections of the axis (that of all strokes there together), and each
    section's middle."""
    start = min(along for along, _ in points)
    sections: list[list[float]] = [[] for _ in range(_SECTIONS)]
    for along, beside in points:
        sections[min(_SECTIONS - 1, int((along - start) / length * _SECTIONS))].append(beside)
    inked = [section for section in sections if section]
    thickness = median(len(section) for section in inked) * _SECTIONS / length
    return thickness, [sum(section) / len(section) for section in inked]


def _turns(middles: list[float], thickness: float) -> int:
    """How often the middle changes its direction by more than the line's own thickness."""
    turns, direction, turning_point = 0, 0, middles[0]
    for middle in middles:
        step = middle - turning_point
        if direction * step > 0 or (direction == 0 and abs(step) > thickness / 2):
            direction, turning_point = (1 if step > 0 else -1), middle
        elif abs(step) > thickness / 2:
            turns, direction, turning_point = turns + 1, -direction, middle
    return turns
