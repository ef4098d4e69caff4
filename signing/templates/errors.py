"""What can go wrong with templates."""

from core.errors import Conflict, InvalidInput, NotFound, PreconditionFailed


class TemplateNotFound(NotFound):
    code = "template_not_found"
    zh = "找不到该模板（或其该版本）。请检查编号。"
    en = "There is no such template, or not in this version. Check the id."


class TemplateArchived(Conflict):
    code = "template_archived"
    zh = "模板“{name}”已归档，不能再使用或修改。请改用其他模板。"
    en = "The template {name} is archived: it can be neither used nor changed. Use another."


class TemplateChanged(PreconditionFailed):
    code = "template_changed"
    zh = "模板在您读取之后已被修改（现为版本 {version}），本次未保存。请重新读取后再改。"
    en = "The template was changed since you read it (version {version} now); nothing was saved. Read it again."


class TemplateLifetimeInvalid(InvalidInput):
    code = "template_lifetime_invalid"
    zh = "签署期限应为 1 至 {most} 天。请修改。"
    en = "An envelope may be open for 1 to {most} days. Mend it."


class TemplatePlaceholderInvalid(InvalidInput):
    code = "template_placeholder_invalid"
    zh = (
        "占位符 {{{{{placeholder}}}}} 无法识别。请写 {{{{参与方标识.name}}}}（或 organisation_name、uscc），"
        "或 {{{{自定义名称}}}}：至多 40 个字母、汉字、数字或下划线，且不与固定列名重复。"
    )
    en = (
        "The placeholder {{{{{placeholder}}}}} isn't known. Write {{{{key.name}}}} (or organisation_name, uscc) for a "
        "recipient, or a name of your own: up to 40 letters, digits or underscores, and not that of a fixed column."
    )


class TemplateRecipientUnknown(InvalidInput):
    code = "template_recipient_unknown"
    zh = "模板中没有参与方 {key}。请使用模板中的参与方标识。"
    en = "The template has no recipient {key}. Use the keys of the template."


class TemplateRecipientFixed(InvalidInput):
    code = "template_recipient_fixed"
    zh = "参与方 {key} 的 {what} 已由模板固定，不能另行填写。请删去该项，或先修改模板。"
    en = "The template fixes {what} of the recipient {key}; it can't be given. Leave it out, or change the template."


class TemplateRecipientMissing(InvalidInput):
    code = "template_recipient_missing"
    zh = "缺少参与方 {key} 的 {what}。请补充。"
    en = "The recipient {key} lacks {what}. Add it."


class TemplateValueMissing(InvalidInput):
    code = "template_value_missing"
    zh = "缺少占位符 {name} 的内容。请在 values 中补充。"
    en = "There is nothing to put in the place of {name}. Add it to `values`."


class TemplateValueUnknown(InvalidInput):
    code = "template_value_unknown"
    zh = "模板中没有占位符 {name}。请检查 values。"
    en = "The template has no placeholder {name}. Check `values`."
