"""The pages' common ground: one style, one strict policy, one door to Jinja2.

A page is one file that asks nothing of any host. Its policy names the digests of its one style sheet and of its one
script, so that nothing else is ever applied or run in it: no attribute, no element that a text from outside would make.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def page(template: str, functions: Mapping[str, Callable[..., object]], values: Mapping[str, object]) -> str:
    """Write a page from a template of this package, such as `reporting/page.html.j2`; it ends in a line break.

    *functions* are the template's filters and can be called as well. Raises ModuleNotFoundError without Jinja2 (the
    extra `report`).
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415  only a page needs it

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(_source),
    )
    environment.filters.update(functions, digest=digest)
    environment.globals.update(functions)
    return environment.get_template(template).render(values).rstrip() + "\n"


def _source(name: str) -> str:
    return files("deeplearn_checks").joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """Answer how a content security policy names a style sheet or script: by the SHA-256 of its text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
