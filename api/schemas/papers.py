"""A document kept beside a claim, a case or a request."""

from pydantic import BaseModel


class DocumentView(BaseModel):
    document_id: str
    name: str
    size: int
    sha256: str
