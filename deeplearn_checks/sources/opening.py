"""Opening files of text that other programs wrote."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO


@contextmanager
def opened_text(file: Path) -> Iterator[TextIO]:
    """Open a file of text in UTF-8, or in UTF-16 where it says so; raises ConfigurationError, also while it is read."""
    try:
        with file.open("rb") as binary:
            wide = binary.read(2) in {b"\xff\xfe", b"\xfe\xff"}
        with file.open(encoding="utf-16" if wide else "utf-8-sig", newline="") as text:
            yield text
    except OSError as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem.strerror}") from None
    except UnicodeError:
        raise ConfigurationError(f"{file} is no text in UTF-8; export or save it as such") from None
