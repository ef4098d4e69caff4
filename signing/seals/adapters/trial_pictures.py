"""Implements `ports.SealPictures` with the pictures signing makes for PDFs."""

from signing.pdf.pictures import check_picture
from signing.pdf.seal_picture import draw_seal_picture


class TrialPictures:
    """What it draws says that it is for trial: nobody should take it for the print of a real seal."""

    def check(self, data: bytes) -> None:
        check_picture(data)

    def draw(self, organisation_name: str, caption: str) -> bytes:
        return draw_seal_picture(organisation_name, caption)
