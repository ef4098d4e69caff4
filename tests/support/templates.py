"""A template for tests: the buyer is fixed, everything about the supplier is open."""

from dataclasses import replace

from signing.templates.policy import Known, TemplatePlan, TemplateRole
from tests.support.signing import Table, signature_field


def template_plan(table: Table, **changes: object) -> TemplatePlan:
    buyer = table.recipient("buyer")
    fixed = Known(name=buyer.name, phone=buyer.phone, organisation_name=buyer.organisation_name, uscc=buyer.uscc)
    plan = TemplatePlan(
        name="供货合同",
        document_ids=[] if "document_ids" in changes else [table.upload()],
        roles=[TemplateRole(key="buyer", fixed=fixed), TemplateRole(key="supplier", order=2)],
        fields=[signature_field("buyer"), signature_field("supplier", 1)],
        title="供货合同 {{编号}} {{supplier.name}}",
        metadata={"number": "{{编号}}"},
    )
    return replace(plan, **changes)  # type: ignore[arg-type]  # the caller's own keyword arguments
