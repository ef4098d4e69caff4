"""Message templates: data in `templates.json`, checked when they are loaded.

Every text uses exactly the placeholders its template declares, in both languages. Mainland carriers approve templates
in advance and filter words of blame, so those are refused here (requirements.md §7). A text is

    【signature】 body [reference]
"""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILTERED_WORDS = ("逾期", "违约", "失信", "欠款", "起诉", "黑名单")
REDACTED = "••••"
_LONGEST_VALUE = 40
_FILE = Path(__file__).with_name("templates.json")


class TemplateInvalid(Exception):
    """A template breaks the rules above, or was given other parameters than it declares."""


@dataclass(frozen=True, slots=True)
class Template:
    """`secret_purpose` names the box purpose (`core.secrets`) under which the secret travels, None if it has none.

    With a `secret_path` the secret is the last part of a link: base URL, path, secret.
    """

    name: str
    placeholders: frozenset[str]
    secret_placeholder: str | None
    secret_purpose: str | None
    secret_path: str | None
    texts: Mapping[str, str]


def render(
    name: str, language: str, params: Mapping[str, Any], *, secret: str | None, signature: str, reference: str
) -> str:
    """The text to send; `secret=None` for a template with a secret renders it redacted.

    An unknown language falls back to Chinese. Values come from users: white space is collapsed, control characters
    are dropped and long ones are cut, so that a contract's title can't forge lines of a message.

    Raises `TemplateInvalid` for an unknown template or other parameters than it declares.
    """
    template = template_named(name)
    if set(params) != template.placeholders:
        raise TemplateInvalid(f"{name} needs {sorted(template.placeholders)}, got {sorted(params)}")
    values = {key: _tidy(str(value)) for key, value in params.items()}
    if template.secret_placeholder is not None:
        values[template.secret_placeholder] = REDACTED if secret is None else secret
    body = template.texts.get(language, template.texts["zh"]).format_map(values)
    return f"【{signature}】{body} [{reference}]"


def template_named(name: str) -> Template:
    """Raises `TemplateInvalid`."""
    templates = load_templates()
    if name not in templates:
        raise TemplateInvalid(f"there is no template {name!r}")
    return templates[name]


@cache
def load_templates() -> Mapping[str, Template]:
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return {name: check_template(name, fields) for name, fields in data.items()}


def check_template(name: str, fields: Mapping[str, Any]) -> Template:
    """Raises `TemplateInvalid`."""
    secret = fields["secret"] or {"placeholder": None, "purpose": None, "path": None}
    template = Template(
        name=name,
        placeholders=frozenset(fields["placeholders"]),
        secret_placeholder=secret["placeholder"],
        secret_purpose=secret["purpose"],
        secret_path=secret["path"],
        texts={language: fields[language] for language in ("zh", "en")},
    )
    declared = template.placeholders | ({template.secret_placeholder} - {None})
    for language, text in template.texts.items():
        used = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
        if used != declared:
            raise TemplateInvalid(f"{name} ({language}) uses {sorted(used)}, declares {sorted(map(str, declared))}")
        for word in FILTERED_WORDS:
            if word in text:
                raise TemplateInvalid(f"{name} ({language}) has the word {word}, which carriers filter")
    return template


def _tidy(value: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in value)
    words = " ".join(printable.split())
    return words if len(words) <= _LONGEST_VALUE else words[: _LONGEST_VALUE - 1] + "…"
