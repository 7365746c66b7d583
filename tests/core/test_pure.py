"""The core is pure: imported alone, it brings nothing that does input or output."""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys

import cschat.core

FORBIDDEN = {"asyncio", "socket", "sqlite3", "anyio", "jinja2", "trio"}


def test_the_core_brings_no_network_no_database_and_no_loop():
    modules = [f"cschat.core.{module.name}" for module in pkgutil.iter_modules(cschat.core.__path__)]
    stubs = "import sys, types, pathlib; top = types.ModuleType('cschat'); top.__path__ = [sys.argv[1]]; sys.modules['cschat'] = top\n"
    code = f"{stubs}import {', '.join(modules)}\nprint(*sorted(sys.modules))"
    folder = str(next(iter(cschat.__path__)))
    alone = {name: value for name, value in os.environ.items() if not name.startswith("COV")}  # measuring brings sqlite3
    loaded = subprocess.run([sys.executable, "-c", code, folder], env=alone, capture_output=True, text=True, check=True).stdout.split()
    assert {*modules} <= {*loaded}
    assert FORBIDDEN & {*loaded} == set()
    ours = {name for name in loaded if name.startswith("cschat.") and not name.startswith("cschat.core")}
    assert ours == {"cschat.errors"}
