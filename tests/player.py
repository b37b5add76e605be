"""Plays a recorded transcript against a server and lists every difference, by the rules of the recording tool."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import httpx

Json = dict[str, object]

PATTERNS = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)"), "<iso>"),
    (re.compile(r"<today>T[\d:.]+Z"), "<iso>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<hex64>"),
    (re.compile(r"\border_[0-9A-Za-z]{10,20}\b"), "<order>"),
    (re.compile(r"\bmanual_\d{13}\b"), "manual_<ms>"),
)
"""What differs from run to run, and what the recording shows in its place."""


class State(Protocol):
    """Where a transcript writes past the API: the server's database."""

    def sql(self, statement: str) -> None:
        """Run and commit one statement."""


def today() -> str:
    """Answer the UTC date."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def load(path: Path) -> Json:
    """Read a transcript."""
    transcript: Json = json.loads(path.read_text())
    return transcript


@dataclass
class Player:
    """Runs the steps of one transcript; what a step captures, later ones may use."""

    client: httpx.AsyncClient
    state: State
    variables: Mapping[str, str]
    captured: dict[str, str] = field(default_factory=dict)

    async def differences(self, steps: object) -> list[str]:
        """Play every step and answer where the answers are not what was recorded."""
        assert isinstance(steps, list)
        found: list[str] = []
        for step in steps:
            if "sql" in step:
                self.state.sql(str(self._fill(step["sql"])))
            else:
                found += compare(step["expect"], await self._play(step), step["name"])
        return found

    async def _play(self, step: Json) -> Json:
        request = self._fill(step["request"])
        assert isinstance(request, dict)
        content = self._content(request)
        headers = {**request.get("headers", {}), **self._signature(request, content)}
        response = await self.client.request(
            request["method"], request["path"], params=request.get("query"), headers=headers, content=content
        )
        answer: Json = {"status": response.status_code}
        answer["content_type"] = response.headers["content-type"].split(";")[0]
        if answer["content_type"] == "application/json":
            self._capture(step.get("capture"), response.json())
            return {**answer, "json": self._normalise(response.json())}
        return answer if request["method"] == "HEAD" else {**answer, "text": self._normalise(response.text)}

    @staticmethod
    def _content(request: Json) -> bytes | None:
        if "json" in request:
            return json.dumps(request["json"], separators=(",", ":"), ensure_ascii=False).encode()
        return str(request["raw"]).encode() if "raw" in request else None

    def _signature(self, request: Json, content: bytes | None) -> dict[str, str]:
        match request.get("razorpay_signature"):
            case "valid":
                secret = self.variables["RAZORPAY_WEBHOOK_SECRET"].encode()
                return {"x-razorpay-signature": hmac.new(secret, content or b"", hashlib.sha256).hexdigest()}
            case "invalid":
                return {"x-razorpay-signature": "0" * 64}
            case _:
                return {}

    def _capture(self, paths: object, body: object) -> None:
        for name, path in (paths if isinstance(paths, dict) else {}).items():
            found = body
            for part in path.split("."):
                found = found[int(part)] if isinstance(found, list) else _field(found, part)
            self.captured[name] = str(found)

    def _fill(self, value: object) -> object:
        if isinstance(value, str):
            for name, text in {**self.variables, **self.captured, "today": today()}.items():
                value = value.replace("${" + name + "}", text)
            return value
        if isinstance(value, list):
            return [self._fill(item) for item in value]
        return {name: self._fill(item) for name, item in value.items()} if isinstance(value, dict) else value

    def _normalise(self, value: object, key: str = "") -> object:
        if isinstance(value, list):
            return [self._normalise(item) for item in value]
        if isinstance(value, dict):
            return {name: self._normalise(item, name) for name, item in value.items() if name != "details_json"}
        if isinstance(value, str):
            return self._normalise_text(value, key)
        is_time = isinstance(value, int) and 1_500_000_000_000 < value < 4_000_000_000_000
        return "<ms>" if is_time else value

    def _normalise_text(self, text: str, key: str) -> str:
        for name, captured in sorted(self.captured.items(), key=lambda pair: -len(pair[1])):
            text = text.replace(captured, f"<{name}>") if len(captured) >= 6 else text
        text = text.replace(today(), "<today>")
        for pattern, shown in PATTERNS:
            text = pattern.sub(shown, text)
        if key == "receipt":
            text = re.sub(r"^lead_[0-9a-f-]{35}$", "lead_<first 35 characters of the lead id>", text)
        return "<JSON error>" if re.search("JSON at position|JSON input", text) else text


def _field(value: object, name: str) -> object:
    assert isinstance(value, dict)
    found: object = value[name]
    return found


def compare(expected: object, actual: object, where: str) -> list[str]:
    """Answer every place where `actual` is not `expected`; the order of an object's names counts too."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if list(expected) != list(actual):
            return [f"{where}: {list(actual)}, expected {list(expected)}"]
        return [line for name in expected for line in compare(expected[name], actual[name], f"{where}.{name}")]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [line for index, pair in pairs for line in compare(*pair, f"{where}[{index}]")]
    return [] if expected == actual else [f"{where}: {actual!r}, expected {expected!r}"]
