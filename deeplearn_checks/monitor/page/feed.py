"""The incidents as an Atom feed (RFC 4287): an entry when one opens, another when it is over."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.etree import ElementTree as ET

from deeplearn_checks.monitor.page.words import iso, length, moment
from deeplearn_checks.reporting.wording import line

if TYPE_CHECKING:
    from deeplearn_checks.monitor.page.reading import Snapshot
    from deeplearn_checks.monitor.store import Incident

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"
_NAME = "deeplearn-checks monitor"


def feed(snapshot: Snapshot, url: str) -> bytes:
    """Write the feed, newest entry first; *url* is where people find the page, empty where nobody said."""
    root = ET.Element("feed", xmlns=_ATOM)
    _add(root, "id", _urn(url, *(one.now.name for one in snapshot.targets)))
    _add(root, "title", "Incidents of " + (", ".join(line(one.now.name) for one in snapshot.targets[:5]) or "nothing"))
    entries = sorted(
        (entry for incident in snapshot.incidents for entry in _entries(incident, url)),
        key=lambda entry: entry[0],
        reverse=True,
    )
    _add(root, "updated", iso(entries[0][0] if entries else 0))
    author = ET.SubElement(root, "author")
    _add(author, "name", _NAME)
    _add(root, "generator", _NAME)
    if url:
        base = url.rstrip("/")
        ET.SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{base}/feed.atom")
        ET.SubElement(root, "link", rel="alternate", type="text/html", href=f"{base}/")
    root.extend(element for _, element in entries)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _entries(one: Incident, url: str) -> list[tuple[int, ET.Element]]:
    """Answer the entries of an incident, each with its instant."""
    opened = f"{one.severity}: {line(one.summary)}"
    found = [_entry(one, url, "opened", one.began_ms, opened)]
    if one.ended_ms:
        lasted = length(one.ended_ms - one.began_ms)
        found.append(_entry(one, url, "recovered", one.ended_ms, f"Recovered after {lasted}: {line(one.summary)}"))
    return found


def _entry(one: Incident, url: str, change: str, at_ms: int, said: str) -> tuple[int, ET.Element]:
    entry = ET.Element("entry")
    _add(entry, "id", _urn(one.target, one.diagnostic, str(one.began_ms), change))
    _add(entry, "title", f"{line(one.target)}: {line(one.cause) or one.diagnostic} {change}")
    _add(entry, "updated", iso(at_ms))
    ET.SubElement(entry, "category", term=line(one.severity))
    told = f"{said} Found by {line(one.diagnostic)}, since {moment(one.began_ms)}."
    _add(entry, "content", told).set("type", "text")
    if url:
        href = f"{url.rstrip('/')}/target/{quote(one.target, safe='')}"
        ET.SubElement(entry, "link", rel="alternate", type="text/html", href=href)
    return at_ms, entry


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    """Add an element; the text holds what XML can, for the library escapes what is left."""
    element = ET.SubElement(parent, name)
    element.text = line(text)
    return element


def _urn(*parts: str) -> str:
    """Answer a name that stays the same for the same thing, wherever the page is."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join(("deeplearn-checks", *parts))).urn
