"""Who refers to a stored object, outside the ledger: what erasing evidence asks before it deletes a file.

Every text column named `…_key`, in any package, may hold a key of the object store. Keys of other things never look
like one (`sha256/…`), so that a new column is asked about without anybody having to think of this page.
"""

from functools import cache

from sqlalchemy import Column, Text, exists, or_, select
from sqlalchemy.orm import Session

from app.models import Base


@cache
def key_columns() -> tuple[Column[str], ...]:
    tables = Base.metadata.sorted_tables
    columns = [column for table in tables for column in table.columns if column.name.endswith("_key")]
    return tuple(column for column in columns if isinstance(column.type, Text))


def is_object_needed(session: Session, object_key: str) -> bool:
    """Whether any row names the object; reads whole tables, for erasing is rare."""
    return bool(session.scalar(select(or_(*(exists().where(column == object_key) for column in key_columns())))))
