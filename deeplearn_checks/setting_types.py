"""How the values of settings are read: what cannot be used is a ValueError that says what to give instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, SecretStr

from deeplearn_checks.finding import Effects, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


def own(name: str) -> AliasChoices:
    """Name the variable of a setting that is this tool's own."""
    return AliasChoices(f"DEEPLEARN_CHECKS_{name.upper()}")


def on_this_machine(host: str) -> bool:
    """Whether a host, in lower case, is this machine."""
    return host.startswith("127.") or host.endswith(".localhost") or host in {"localhost", "::1"}


def _origin(url: str) -> str:
    """Accept an http(s) URL and answer it without a trailing slash."""
    parts = urlsplit(url.strip())
    if "@" in url or parts.query or parts.fragment:
        raise ValueError("a base URL holds no credentials, query or fragment")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no URL; give one such as https://api.example.com")
    _ = parts.port  # raises ValueError where it is no number
    return url.strip().rstrip("/")


def _level(names: Mapping[str, int]) -> BeforeValidator:
    """Read a word of *names* as its member."""

    def read(value: object) -> object:
        if isinstance(value, str):
            if value.strip().lower() not in names:
                raise ValueError(f"{value!r} is not one of {', '.join(names)}")
            return names[value.strip().lower()]
        return value

    return BeforeValidator(read)


def words(value: object) -> object:
    """Split a comma-separated text."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _header(secret: SecretStr) -> SecretStr:
    """Accept what a header can hold: anything else would fail on the wire, far from its cause."""
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise ValueError("holds a character, or white space around it, that no header can; copy it again")
    return secret


def _cloudflare(url: str) -> str:
    """Accept Cloudflare's API, or a stand-in on this machine: a token that reads a whole database goes there."""
    parts = urlsplit(url)
    if (parts.scheme, parts.netloc) == ("https", "api.cloudflare.com") or on_this_machine(parts.hostname or ""):
        return url
    raise ValueError("only https://api.cloudflare.com, or an address of this machine, is given the token")


HeaderSecret = Annotated[SecretStr, AfterValidator(_header)]
Origin = Annotated[str, AfterValidator(_origin)]
GatewayOrigin = Annotated[Origin, AfterValidator(lambda url: url.removesuffix("/v1"))]  # the SDK adds the version
D1Origin = Annotated[Origin, AfterValidator(_cloudflare)]
OptionalOrigin = Annotated[str, AfterValidator(lambda url: _origin(url) if url.strip() else "")]
EffectsLevel = Annotated[Effects, _level({level.label: level for level in Effects})]
Gate = Annotated[Severity, _level({level.label: level for level in Severity})]
