"""Imports that leave out what a library loads and nothing here uses: a check that starts fast runs often.

httpx imports its own command line with rich and pygments where these happen to be installed (30 ms, 4 MB);
requests, which the Razorpay SDK imports, loads a detector of character sets (15 ms, 3 MB).
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from types import ModuleType

_COMMAND_LINE = "httpx._main"
_DETECTOR = "charset_normalizer"


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
    """Import the Razorpay SDK; the detector that requests wants is loaded when somebody uses it, not before."""
    if "requests" in sys.modules or _DETECTOR in sys.modules:
        return importlib.import_module("razorpay")
    sys.modules[_DETECTOR] = _Deferred(_DETECTOR)
    try:
        return importlib.import_module("razorpay")
    finally:
        del sys.modules[_DETECTOR]


class _Deferred(ModuleType):
    """Stands for a module that knows its version and loads itself when anything else of it is wanted."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__version__ = importlib.metadata.version(name)

    def __getattr__(self, name: str) -> object:
        """Load the module and answer its attribute."""
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)
