"""Files that come with a form."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import UploadFile

from accounts.policy import Actor
from api.services import Services


def is_given(upload: UploadFile | None) -> bool:
    """Browsers send an empty part for a file nobody chose."""
    return upload is not None and bool(upload.filename)


def store_documents(services: Services, actor: Actor, *uploads: UploadFile | None) -> list[UUID]:
    """Uploads the PDFs that were chosen and returns their ids. Raises what `SigningService.upload_document` does."""
    given: Sequence[UploadFile] = [upload for upload in uploads if upload is not None and upload.filename]
    return [
        services.signing.upload_document(actor, name=upload.filename or "", data=upload.file.read()).id
        for upload in given
    ]
