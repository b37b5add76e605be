"""The file: gzip'd JSON lines, written whole or not at all, and read with care, for it may come from anywhere."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from deeplearn_checks.bundle.contents import FORMAT, VERSION, Bundle, Manifest, Recorded
from deeplearn_checks.results import RunReport
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 256 * 1024 * 1024
"""The largest bundle that is written or read, in bytes after decompression."""
_CHUNK = 1 << 20


class BundleError(ConfigurationError):
    """A bundle that cannot be written or read; the text is one line."""


class _Ending(BaseModel):
    """The last line: how many lines stand before it, and the SHA-256 of their bytes, in hex."""

    model_config = ConfigDict(strict=True)
    lines: int
    sha256: str


def packed(bundle: Bundle, limit: int = LIMIT) -> bytes:
    """Write a bundle as bytes: the same bundle, the same bytes. Raises BundleError beyond *limit* bytes of content."""
    lines = [bundle.manifest.model_dump_json().encode()]
    lines += [one.model_dump_json().encode() for one in bundle.exchanges]
    lines.append(json.dumps(asdict(bundle.report)).encode())
    content = b"".join(line + b"\n" for line in lines)
    ending = _Ending(lines=len(lines), sha256=sha256(content).hexdigest()).model_dump_json().encode() + b"\n"
    if len(content) + len(ending) > limit:
        raise BundleError(f"the exchanges of this run are too large for a bundle: more than {limit >> 20} MiB")
    written = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=written, mtime=0) as file:
        file.write(content + ending)
    return written.getvalue()


def unpacked(packed: bytes, limit: int = LIMIT) -> Bundle:
    """Read a bundle from bytes; raises BundleError, one line, for whatever is no whole bundle of a known version."""
    *lines, last = _content(packed, limit).splitlines(keepends=True) or [b""]
    manifest = _manifest(lines[0] if lines else last)
    try:
        ending = _Ending.model_validate_json(last)
        exchanges = tuple(Recorded.model_validate_json(line) for line in lines[1:-1])
        report = _reports().validate_json(lines[-1])
    except (ValidationError, IndexError):
        raise BundleError("is damaged: a part of it cannot be read") from None
    if (ending.lines, ending.sha256) != (len(lines), sha256(b"".join(lines)).hexdigest()):
        raise BundleError("is damaged: its parts are not those that were written")
    return _coherent(Bundle(manifest, exchanges, report))


def _content(packed: bytes, limit: int) -> bytes:
    """Decompress, up to the limit."""
    content = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            while chunk := file.read(_CHUNK):
                content += chunk
                if len(content) > limit:
                    raise BundleError(f"is larger than {limit >> 20} MiB when unpacked, and is not read")
    except EOFError:
        raise BundleError("is cut off: its end is missing") from None
    except (OSError, zlib.error):
        damaged = packed.startswith(b"\x1f\x8b")
        raise BundleError("is damaged: it cannot be unpacked" if damaged else "is no bundle") from None
    return bytes(content)


def _manifest(line: bytes) -> Manifest:
    """Read the first line, and refuse what is foreign or newer before anything else of it is believed."""

    class Head(BaseModel):
        format: str
        version: int

    try:
        head = Head.model_validate_json(line)
    except ValidationError:
        raise BundleError("is no bundle") from None
    if head.format != FORMAT:
        raise BundleError("is no bundle")
    if head.version > VERSION:
        text = f"is of version {head.version}, and this deeplearn-checks reads up to version {VERSION}: update it"
        raise BundleError(text)
    try:
        return Manifest.model_validate_json(line)
    except ValidationError:
        raise BundleError("is damaged: its manifest cannot be read") from None


def _coherent(bundle: Bundle) -> Bundle:
    """Refuse a bundle whose parts contradict each other."""
    numbers = [one.number for one in bundle.exchanges]
    used = {number for numbers in bundle.manifest.unfinished.values() for number in numbers}
    used |= {number for result in bundle.report.results for number in result.exchanges}
    if numbers != [*range(1, bundle.manifest.requests + 1)] or not used <= set(numbers):
        raise BundleError("is damaged: its exchanges are not those that its manifest counts")
    return bundle


@cache
def _reports() -> TypeAdapter[RunReport]:
    return TypeAdapter(RunReport)


def load(path: Path) -> Bundle:
    """Read the bundle of a file; raises BundleError, which names the file."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
        return unpacked(content)
    except OSError as problem:
        raise BundleError(f"{path} cannot be read: {problem.strerror}") from None
    except BundleError as problem:
        raise BundleError(f"{path} {problem}") from None


def save(bundle: Bundle, path: Path) -> None:
    """Write the bundle to a file that only its owner reads, whole or not at all; raises BundleError."""
    content = packed(bundle)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with suppress(FileNotFoundError):
            part.unlink()
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
    except OSError as problem:
        with suppress(OSError):
            part.unlink()
        raise BundleError(f"{path} cannot be written: {problem.strerror}") from None


def writable(path: Path) -> Path:
    """Answer the path if a bundle can be written there; raises BundleError."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise BundleError(f"{path} cannot be written: give a file in a folder that exists and may be written to")
    return path
