"""PyTorch, for tests that write or read its files."""

import importlib
import os
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch; without it tests are skipped, except on CI."""
    if not os.environ.get("CI"):
        pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    return importlib.import_module("torch")
