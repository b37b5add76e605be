"""Answers of Cloudflare's D1 HTTP API. Source: developers.cloudflare.com/api, D1, "Query D1 database"."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deeplearn_checks.models.wire import Wire

Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Byte = Annotated[int, Field(ge=0, lt=256)]
Cell = str | Whole | float | list[Byte] | None
"""A value of a row; a BLOB is the list of its bytes."""


class D1Problem(Wire):
    """One thing that Cloudflare says is wrong."""

    code: int = 0
    message: str = ""


class D1Refusal(Wire):
    """An answer that says `success: false`."""

    success: Literal[False]
    errors: list[D1Problem] = Field(default_factory=list)


class D1Result(Wire):
    """The rows of one statement."""

    success: Literal[True]
    results: list[dict[str, Cell]]


class D1Answer(Wire):
    """`POST /accounts/:account/d1/database/:database/query`, one result per statement."""

    success: Literal[True]
    result: list[D1Result] = Field(min_length=1, max_length=1)
