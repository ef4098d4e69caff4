"""Takes in a PDF: screened, stored, and its digests on record before anybody can send it."""

from accounts.policy import Actor, Scope
from ledger.record import StoredFile, describe_file
from signing.context import SigningContext
from signing.errors import TextInvalid
from signing.evidence import record_for_document, sender_facts
from signing.models import Document
from signing.plan import check_text
from signing.work import PDF


def upload_document(context: SigningContext, actor: Actor, *, name: str, data: bytes) -> Document:
    """Raises `TextInvalid` for the name, or what screening refuses the file for (`signing.pdf.errors`).

    The bytes are stored before the row: a crash in between leaves an object nobody refers to, never a document
    without its bytes.
    """
    actor.require(Scope.DOCUMENTS_WRITE)
    check_text("name", name, 200)
    if name in {".", ".."}:  # It is to become a file's name again, in an evidence package.
        raise TextInvalid(what="name", longest=200)
    screened = context.screener.screen(data)
    object_key = context.objects.put(data)
    file = describe_file(name, PDF, data)
    with context.unit_of_work() as uow:
        document = Document(
            id=uow.new_id(),
            organisation_id=actor.organisation_id,
            created_by=actor.person_id,
            name=name,
            size=file.size,
            sha256=file.sha256,
            sm3=file.sm3,
            object_key=object_key,
            pages=screened.page_count,
            flattened=list(screened.flattened),
            created_at=uow.now,
        )
        uow.session.add(document)
        facts = {
            "by": sender_facts(actor),
            "pages": document.pages,
            "flattened": document.flattened,
            "software": context.software,
        }
        record_for_document(uow, document, step="document.uploaded", facts=facts, files=[StoredFile(file, object_key)])
    return document
