"""Reads the form of the signing page (pure): values, the picture of a signature, the seal, consent, a successor.

A signature is shown as the name in the platform's font (*typed*: no picture is sent), as drawn on the page, or as an
uploaded PNG. What was drawn travels as a data URL in a field of the form, so that it comes back with everything else
when something in the form is refused; an uploaded file comes back the same way. The server alone decides what a
picture is and whether it will do (`signing.pdf.pictures`).
"""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum

from starlette.datastructures import FormData, UploadFile

from core import ids
from signing.evidence import Origin
from signing.pdf.errors import PictureBroken, PictureTooLarge
from signing.pdf.pictures import MOST_BYTES, MOST_PIXELS
from signing.plan import FieldKind
from signing.replace_recipient import Replacement
from signing.signature_attempt import Action
from web.errors import SignatureMissing

VALUE_PREFIX = "field_"
PNG_URL = "data:image/png;base64,"
DRAWN_KINDS = (FieldKind.SIGNATURE, FieldKind.INITIALS)

_LONGEST_URL = len(PNG_URL) + 4 * (MOST_BYTES + 2) // 3


class Way(StrEnum):
    """How somebody's signature gets its looks."""

    TYPED = "typed"
    DRAWN = "drawn"
    UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class SigningForm:
    """The form as it was sent, to be read and, if something is refused, to be shown again."""

    form: FormData

    def text(self, name: str) -> str:
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def line(self, name: str) -> str:
        """A text area's content in one line: evidence and messages show it as such."""
        return " ".join(self.text(name).split())

    def is_set(self, name: str) -> bool:
        return self.text(name) == "yes"

    @property
    def values(self) -> dict[str, str]:
        """What was filled into the recipient's fields, by field name."""
        return {name.removeprefix(VALUE_PREFIX): self.text(name) for name in self.form if name.startswith(VALUE_PREFIX)}

    def way(self, kind: FieldKind) -> Way:
        """Typed, unless something else was chosen."""
        chosen = self.text(f"{kind}_way")
        return Way(chosen) if chosen in set(Way) else Way.TYPED

    def picture_url(self, kind: FieldKind) -> str:
        """What the form should keep of a picture: a data URL, or nothing if there is none worth keeping."""
        uploaded = self._uploaded(kind) if self.way(kind) is Way.UPLOADED else b""
        if uploaded:
            return PNG_URL + base64.b64encode(uploaded).decode() if len(uploaded) <= MOST_BYTES else ""
        try:
            return PNG_URL + base64.b64encode(self._kept(kind)).decode() if self._kept(kind) else ""
        except (PictureBroken, PictureTooLarge):
            return ""

    def pictures(self) -> dict[FieldKind, bytes]:
        """The PNGs to show in the signature and the initials; none for what is typed.

        Raises `SignatureMissing`, `PictureTooLarge` or `PictureBroken`; whether it is a signature is checked when it
        is used.
        """
        found = {}
        for kind in DRAWN_KINDS:
            way = self.way(kind)
            if way is Way.TYPED:
                continue
            picture = (self._uploaded(kind) if way is Way.UPLOADED else b"") or self._kept(kind)
            if not picture:
                raise SignatureMissing
            found[kind] = picture
        return found

    def action(self, origin: Origin) -> Action:
        """Raises `InvalidId`, or as `pictures` does."""
        seal_id = self.text("seal_id")
        return Action(
            has_consented=self.is_set("consent") and self.is_set("has_read"),
            consent_version=self.text("consent_version"),
            origin=origin,
            values=self.values,
            pictures=self.pictures(),
            seal_id=ids.parse(ids.SEAL, seal_id) if seal_id else None,
        )

    def replacement(self, language: str) -> Replacement:
        return Replacement(
            name=self.line("delegate_name"),
            phone=self.text("delegate_phone"),
            reason=self.line("delegate_reason"),
            language=language,
        )

    def _uploaded(self, kind: FieldKind) -> bytes:
        """At most one byte more than is allowed: the check of the picture refuses it then."""
        upload = self.form.get(f"{kind}_file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return b""
        upload.file.seek(0)
        return upload.file.read(MOST_BYTES + 1)

    def _kept(self, kind: FieldKind) -> bytes:
        """The picture in the form's own field. Raises `PictureTooLarge` or `PictureBroken`."""
        url = self.text(f"{kind}_picture")
        if not url:
            return b""
        if len(url) > _LONGEST_URL:
            raise PictureTooLarge(limit_kilobytes=MOST_BYTES // 1024, limit_megapixels=MOST_PIXELS // 1_000_000)
        try:
            return base64.b64decode(url.removeprefix(PNG_URL), validate=True)
        except (binascii.Error, ValueError) as error:
            raise PictureBroken(why="base64") from error
