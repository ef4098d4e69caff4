"""Templates over a real database: versions, what is made from them, and whose they are."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from accounts.errors import ScopeMissing
from core.errors import DingyueError
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.errors import AnchorNotFound, DocumentNotFound, FieldOutsidePage, SignatureFieldMissing
from signing.plan import Anchor
from signing.templates import repository
from signing.templates.errors import TemplateArchived, TemplateChanged, TemplateNotFound, TemplateRecipientMissing
from signing.templates.policy import Filling, Known
from signing.templates.service import TemplateService
from tests.support.signing import Table, signature_field, uscc
from tests.support.templates import template_plan


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


@pytest.fixture
def templates(table: Table) -> TemplateService:
    return TemplateService(context=table.service)


SUPPLIER = Known(name="李娜", phone="13900000002", organisation_name="恒信科技", uscc=uscc(1))
FILLING = Filling(recipients={"supplier": SUPPLIER}, values={"编号": "7"})


def test_an_envelope_from_a_template_goes_all_the_way(table: Table, templates: TemplateService) -> None:
    template_id = templates.create_template(table.sender, template_plan(table))
    envelope_id = templates.use_template(table.sender, template_id, FILLING, is_sent=True)
    view = table.service.envelope(table.sender, envelope_id)
    assert view.envelope.title == "供货合同 7 李娜"
    assert view.envelope.custom == {"number": "7"}
    for key in ("buyer", "supplier"):
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)
    assert table.state(envelope_id) == "completed"


def test_a_change_is_a_new_version_and_envelopes_keep_theirs(table: Table, templates: TemplateService) -> None:
    template_id = templates.create_template(table.sender, template_plan(table))
    before = templates.use_template(table.sender, template_id, FILLING)
    templates.update_template(table.sender, template_id, template_plan(table, title="新合同 {{编号}}"), 1)
    after = templates.use_template(table.sender, template_id, FILLING)
    titles = [table.service.envelope(table.sender, each).envelope.title for each in (before, after)]
    assert titles == ["供货合同 7 李娜", "新合同 7"]
    with table.unit_of_work() as uow:
        uses = [repository.use(uow.session, each) for each in (before, after)]
    assert [(use.template_id, use.template_version) for use in uses if use] == [(template_id, 1), (template_id, 2)]
    assert templates.template(table.sender, template_id, 1).plan.title == "供货合同 {{编号}} {{supplier.name}}"
    assert templates.template(table.sender, template_id).plan.title == "新合同 {{编号}}"
    with pytest.raises(TemplateChanged):
        templates.update_template(table.sender, template_id, template_plan(table), 1)
    with pytest.raises(TemplateNotFound):
        templates.template(table.sender, template_id, 3)


def test_an_archived_template_is_read_and_nothing_more(table: Table, templates: TemplateService) -> None:
    template_id = templates.create_template(table.sender, template_plan(table))
    templates.archive_template(table.sender, template_id)
    templates.archive_template(table.sender, template_id)
    with pytest.raises(TemplateArchived):
        templates.use_template(table.sender, template_id, FILLING)
    with pytest.raises(TemplateArchived):
        templates.update_template(table.sender, template_id, template_plan(table), 1)
    assert templates.template(table.sender, template_id).template.archived_at is not None
    assert templates.templates(table.sender) == []
    assert [view.template.id for view in templates.templates(table.sender, is_archived=True)] == [template_id]


def test_anchors_are_found_once_when_the_template_is_saved(table: Table, templates: TemplateService) -> None:
    anchored = [replace(signature_field("buyer"), anchor=Anchor("乙方")), signature_field("supplier", 1)]
    template_id = templates.create_template(table.sender, template_plan(table, fields=anchored))
    table.service.locator.locate = None  # type: ignore[method-assign]  # nobody may look again
    envelope_id = templates.use_template(table.sender, template_id, FILLING)
    placed = {field.name: (field.page, field.y) for field in table.service.envelope(table.sender, envelope_id).fields}
    assert placed["buyer_signature"] == (2, 0.2)
    assert templates.template(table.sender, template_id).plan.fields[0].anchor == Anchor("乙方")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"document_ids": [uuid4()]}, DocumentNotFound),
        ({"fields": [signature_field("buyer")]}, SignatureFieldMissing),
        ({"fields": [replace(signature_field("buyer"), page=3), signature_field("supplier")]}, FieldOutsidePage),
        ({"fields": [replace(signature_field("buyer"), anchor=Anchor("丙方"))]}, AnchorNotFound),
    ],
)
def test_what_no_envelope_could_be_made_from_is_no_template(
    table: Table, templates: TemplateService, changes: dict[str, object], error: type[DingyueError]
) -> None:
    with pytest.raises(error):
        templates.create_template(table.sender, template_plan(table, **changes))
    assert templates.templates(table.sender) == []


def test_a_use_that_lacks_something_makes_nothing(table: Table, templates: TemplateService) -> None:
    template_id = templates.create_template(table.sender, template_plan(table))
    with pytest.raises(TemplateRecipientMissing):
        templates.use_template(table.sender, template_id, replace(FILLING, recipients={}))
    assert table.service.envelopes(table.sender) == []


def test_another_organisations_template_is_not_there(table: Table, templates: TemplateService) -> None:
    template_id, stranger = templates.create_template(table.sender, template_plan(table)), table.actor(table.stranger)
    for attempt in (
        lambda: templates.template(stranger, template_id),
        lambda: templates.use_template(stranger, template_id, FILLING),
        lambda: templates.update_template(stranger, template_id, template_plan(table), 1),
        lambda: templates.archive_template(stranger, template_id),
    ):
        with pytest.raises(TemplateNotFound):
            attempt()
    assert templates.templates(stranger) == []
    with pytest.raises(DocumentNotFound):
        templates.create_template(stranger, template_plan(table))


def test_a_template_needs_the_scopes_of_envelopes(table: Table, templates: TemplateService) -> None:
    weak = replace(table.sender, scopes=frozenset())
    for attempt in (
        lambda: templates.create_template(weak, template_plan(table)),
        lambda: templates.use_template(weak, UUID(int=1), FILLING),
        lambda: templates.templates(weak),
        lambda: templates.archive_template(weak, UUID(int=1)),
    ):
        with pytest.raises(ScopeMissing):
            attempt()


def test_pages_of_templates_follow_each_other(table: Table, templates: TemplateService) -> None:
    made = [templates.create_template(table.sender, template_plan(table, name=f"模板 {number}")) for number in range(3)]
    first = templates.templates(table.sender, limit=2)
    rest = templates.templates(table.sender, limit=2, before=first[-1].template.id)
    assert {view.template.id for view in (*first, *rest)} == set(made)
    assert [len(first), len(rest)] == [2, 1]
