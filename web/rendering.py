"""From a template and facts to a page."""

from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from accounts.policy import Scope, masked_phone
from api.services import Services
from core import ids
from core.clock import CHINA
from core.errors import Language
from core.money import Money
from web import i18n
from web.assets import asset
from web.security import LANGUAGE_COOKIE, PAGE_HEADERS, remember_language
from web.states import look


@cache
def environment() -> Environment:
    """Escapes everything and refuses unknown names: a typing error must not become an empty page."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"asset": asset, "Scope": Scope, "ids": ids, "look": look}
    made.filters |= {"instant": instant, "day": day, "money": money, "masked_phone": masked_phone}
    return made


def instant(value: datetime) -> Markup:
    """The instant in China, with its zone: nobody should have to guess."""
    shown = value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    return Markup('<time datetime="{}">{} <span class="zone">UTC+08:00</span></time>').format(value.isoformat(), shown)


def day(value: date | None) -> Markup:
    """A dash for a day nobody knows yet."""
    if value is None:
        return Markup("—")
    return Markup('<time datetime="{0}">{0}</time>').format(value.isoformat())


def money(minor: int, currency: str = "CNY") -> str:
    """`¥480,000.00`, or with the currency's code for any other than CNY."""
    whole, _, fraction = str(Money(minor, currency)).partition(".")
    grouped = f"{int(whole):,}.{fraction}"
    return f"¥{grouped}" if currency == "CNY" else f"{grouped} {currency}"


def language_of(request: Request) -> Language:
    """`?lang=`, else the cookie, else what is known of whoever looks, else Chinese."""
    asked = i18n.known(request.query_params.get("lang"))
    remembered = i18n.known(request.cookies.get(LANGUAGE_COOKIE))
    preferred = i18n.known(getattr(request.state, "preferred_language", None))
    return asked or remembered or preferred or i18n.DEFAULT


def prefer_language(request: Request, language: str) -> None:
    """What the sender of a link knows of its reader; the reader's own choice goes first."""
    request.state.preferred_language = language


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """The page, with the head, the language and the headers every page has."""
    language = language_of(request)
    services: Services = request.app.state.services
    text = (
        environment()
        .get_template(template)
        .render(
            t=i18n.translator(language),
            word=partial(i18n.word, language),
            language=language,
            platform=services.platform,
            viewer=getattr(request.state, "viewer", None),
            path=request.url.path,
            now=services.clock.now(),
            switch_language=_address_in_other_language(request, language),
            **context,
        )
    )
    response = HTMLResponse(text, status, PAGE_HEADERS)
    if request.query_params.get("lang") == language:
        remember_language(request, response, language)
    return response


def _address_in_other_language(request: Request, language: Language) -> str:
    others = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    return "?" + urlencode([*others, ("lang", "en" if language == "zh" else "zh")])
