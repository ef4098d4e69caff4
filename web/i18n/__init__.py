"""The message catalogue: one TOML file per language, a table per page, the same keys in each.

Chinese is the first language; a person switches with `?lang=en`, which a cookie remembers. Texts name their facts in
braces, as `str.format` does.
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

from core.errors import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")
DEFAULT: Language = "zh"

Translate = Callable[..., str]


@cache
def catalogue(language: Language) -> dict[str, str]:
    """All texts of a language by `page.key`."""
    with (Path(__file__).parent / f"{language}.toml").open("rb") as file:
        pages = tomllib.load(file)
    return {f"{page}.{key}": text for page, texts in pages.items() for key, text in texts.items()}


def translator(language: Language) -> Translate:
    """`t("page.key", fact=…)`. Raises `KeyError` for an unknown key: a page must not show one to a person."""
    texts = catalogue(language)

    def translate(key: str, **facts: object) -> str:
        return texts[key].format(**facts)

    return translate


def word(language: Language, value: str, *groups: str) -> str:
    """The word for a value of an open vocabulary, from the first group that has one; else the value itself."""
    texts = catalogue(language)
    return next((texts[f"{group}.{value}"] for group in groups if f"{group}.{value}" in texts), value)


def known(language: str | None) -> Language | None:
    """The language if we speak it."""
    return next((spoken for spoken in LANGUAGES if spoken == language), None)
