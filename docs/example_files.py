"""The files of the example apps, as their pages show them: what a reader copies is what the tests run.

May: read `examples`. May not: change a letter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
APPS = ("flask_app", "django_app", "starlette_app")
_LANGUAGES = {".py": "python", ".html": "jinja"}


def _shown(file: Path, name: str) -> str:
    return f"**`{name}`**\n\n```{_LANGUAGES[file.suffix]}\n{file.read_text(encoding='utf-8')}```\n"


def _parts() -> dict[str, Callable[[], str]]:
    found: dict[str, Callable[[], str]] = {}
    for app in APPS:
        for file in sorted((EXAMPLES / app).rglob("*")):
            if file.suffix in _LANGUAGES:
                name = file.relative_to(EXAMPLES / app).as_posix()
                found[f"{app}/{name}"] = partial(_shown, file, name)
    return found


PARTS = _parts()
"""By `app/file`, what shows it."""
