"""Tables of templates. A version is never changed: a change adds the next one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Template(Base):
    """A template as it is now. `version` is that of its current plan, and its ETag; `name` is that plan's."""

    __tablename__ = "template"
    __table_args__ = (Index("ix_template_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class TemplateVersion(Base):
    """What a template said from this version on. `plan` is `policy.TemplatePlan` as JSON, as its author wrote it.

    `placed` are its fields with every anchor found: documents never change, so they are searched once.
    """

    __tablename__ = "template_version"
    __append_only__ = True

    template_id: Mapped[UUID] = mapped_column(ForeignKey("template.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    plan: Mapped[dict[str, Any]]
    placed: Mapped[list[dict[str, Any]]]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class TemplateUse(Base):
    """Which version of which template an envelope was made from."""

    __tablename__ = "template_use"
    __append_only__ = True

    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"), primary_key=True)
    template_id: Mapped[UUID] = mapped_column(ForeignKey("template.id"), index=True)
    template_version: Mapped[int]
