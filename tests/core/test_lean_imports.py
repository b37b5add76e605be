"""What a library loads and nothing uses is left out, and everything works all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

FIRST = "import sys; from deeplearn_checks.lean_imports import *;"
USE_REQUESTS = "import requests; r = requests.Response(); r._content = 'é'.encode(); print(r.apparent_encoding);"


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("import_httpx(); import_httpx(); print('rich' in sys.modules, 'httpx._main' in sys.modules)", "False False"),
        ("import httpx; before = httpx; import_httpx(); print(httpx is before)", "True"),
        ("import_razorpay(); print('requests' in sys.modules, 'urllib3' in sys.modules)", "False False"),
        ("import requests; print(import_razorpay().__name__)", "razorpay"),
        ("import_razorpay();" + USE_REQUESTS, "utf-8"),
        ("import_razorpay(); import requests, razorpay.client as c; print(c.requests.get is requests.get)", "True"),
        ("import_razorpay(); import razorpay.client as c; print(hasattr(c.requests, '__wrapped__'))", "False"),
    ],
    ids=["httpx", "it is there", "razorpay", "requests is there", "it is used", "the SDK uses it", "it is inspected"],
)
def test_a_library_is_imported_without_what_nobody_uses(program: str, printed: str) -> None:
    """It works as if all of it were there, whether or not it was imported before."""
    ended = subprocess.run(  # noqa: S603  our own interpreter on our own program
        [sys.executable, "-c", FIRST + program], capture_output=True, text=True, check=True
    )

    assert ended.stdout.strip() == printed
