"""What a test needs of the machine, beyond Python.

May: skip a test with one line that says what is missing; fail it where nothing may be missing (CI sets `CSCHAT_NEEDS_ALL`).
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


def need(there: bool, what: str) -> None:
    """Skip the test unless `what` is there."""
    if not there:
        (pytest.fail if os.environ.get("CSCHAT_NEEDS_ALL") else pytest.skip)(f"needs {what}")


def need_korean_font() -> None:
    """Skip the test unless there is a font with Hangul (Debian: fonts-noto-cjk)."""
    command = shutil.which("fc-list")
    fonts = "" if command is None else subprocess.run([command, ":lang=ko"], capture_output=True, text=True, check=True).stdout
    need(bool(fonts.strip()), "a Korean font (Debian: fontconfig and fonts-noto-cjk)")
