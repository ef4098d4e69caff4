"""From boxes as people see them to rectangles in a page's own coordinates (ISO 32000-2 §8.3.2, §14.11.2). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top in user space."""


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """`crop` in user space; `rotation` is clockwise: 0, 90, 180 or 270; `unit` is points per unit of user space."""

    crop: Rectangle
    rotation: int
    unit: float = 1

    @classmethod
    def of(
        cls, media_box: Sequence[float], crop_box: Sequence[float] | None, rotation: int, unit: float = 1
    ) -> "PageGeometry":
        """What is seen of a page: the crop box as far as it lies within the media box. Raises `ValueError` if empty."""
        if unit <= 0:
            raise ValueError("the page has no unit")
        media = _normalise(media_box)
        crop = _normalise(crop_box) if crop_box is not None else media
        seen = (max(crop[0], media[0]), max(crop[1], media[1]), min(crop[2], media[2]), min(crop[3], media[3]))
        if seen[2] - seen[0] <= 0 or seen[3] - seen[1] <= 0:
            raise ValueError("the page has no area")
        if rotation % 90:
            raise ValueError("the page is rotated by no multiple of 90 degrees")
        return cls(seen, rotation % 360, unit)

    @property
    def is_sideways(self) -> bool:
        return self.rotation in (90, 270)

    @property
    def visible_size(self) -> tuple[float, float]:
        """Width and height as seen, in units of user space."""
        left, bottom, right, top = self.crop
        width, height = right - left, top - bottom
        return (height, width) if self.is_sideways else (width, height)

    @property
    def size_in_points(self) -> tuple[float, float]:
        """Width and height as seen, on paper."""
        width, height = self.visible_size
        return width * self.unit, height * self.unit

    def rectangle(self, x: float, y: float, width: float, height: float) -> Rectangle:
        """The rectangle of a box given in parts of the visible page, from its top left corner."""
        seen_width, seen_height = self.visible_size
        one = self._to_user_space(x * seen_width, y * seen_height)
        other = self._to_user_space((x + width) * seen_width, (y + height) * seen_height)
        return _normalise((*one, *other))

    def upright(self) -> tuple[int, int, int, int]:
        """The first four numbers of a matrix that turns a drawing so that it is upright on the page as seen."""
        return {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[self.rotation]

    def placement(self) -> tuple[float, float, float, float, float, float]:
        """The matrix that lays a drawing of the whole page as seen (in points, from the bottom left) onto the page."""
        across, up, left, higher = (number / self.unit for number in self.upright())
        return (across, up, left, higher, *self._to_user_space(0, self.visible_size[1]))

    def seen(self, rectangle: Sequence[float]) -> tuple[float, float, float, float]:
        """A rectangle of user space as x, y, width and height in parts of the visible page: undoes `rectangle`."""
        left, bottom, right, top = _normalise(rectangle)
        crop_left, crop_bottom, crop_right, crop_top = self.crop
        x, y, width, height = {
            0: (left - crop_left, crop_top - top, right - left, top - bottom),
            90: (bottom - crop_bottom, left - crop_left, top - bottom, right - left),
            180: (crop_right - right, bottom - crop_bottom, right - left, top - bottom),
            270: (crop_top - top, crop_right - right, top - bottom, right - left),
        }[self.rotation]
        seen_width, seen_height = self.visible_size
        return x / seen_width, y / seen_height, width / seen_width, height / seen_height

    def _to_user_space(self, x: float, y: float) -> tuple[float, float]:
        """A point given in units from the visible top left corner, y downwards."""
        left, bottom, right, top = self.crop
        return {
            0: (left + x, top - y),
            90: (left + y, bottom + x),
            180: (right - x, bottom + y),
            270: (right - y, top - x),
        }[self.rotation]


def _normalise(box: Sequence[float]) -> Rectangle:
    if len(box) != 4:
        raise ValueError("a box has four numbers")
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
