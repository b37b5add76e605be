"""Imports that leave out what a library loads and nothing here uses: a check that starts fast runs often.

httpx imports its own command line with rich and pygments where these happen to be installed (30 ms, 4 MB); the
Razorpay SDK imports requests (40 ms, 4 MB), whose place our own transport takes.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

_COMMAND_LINE = "httpx._main"
_REQUESTS = "requests"


def import_httpx() -> None:
    """Import httpx without its command line, which it is prepared to miss."""
    if "httpx" in sys.modules or _COMMAND_LINE in sys.modules:
        return
    sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]  # how Python bars an import
    try:
        importlib.import_module("httpx")
    finally:
        del sys.modules[_COMMAND_LINE]


def import_razorpay() -> ModuleType:
    """Import the Razorpay SDK; requests is loaded when the SDK uses it, not before."""
    if "razorpay" in sys.modules or _REQUESTS in sys.modules:
        return importlib.import_module("razorpay")
    sys.modules[_REQUESTS] = _Deferred(_REQUESTS)
    try:
        return importlib.import_module("razorpay")
    finally:
        del sys.modules[_REQUESTS]


class _Deferred(ModuleType):
    """Stands for a module that loads itself when anything of it is wanted."""

    def __getattr__(self, name: str) -> object:
        """Load the module and answer its attribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)
