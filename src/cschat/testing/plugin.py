"""The pytest plugin: the fixture `scenario`, and files named `*.conversations.yaml` or, Botium's, `*.convo.txt` as tests.

Put `pytest_plugins = ["cschat.testing.plugin"]` into the conftest.py at the top of your tests.

May: offer fixtures and collect files. May not: be imported by anything but pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cschat.testing.chat import Chat
from cschat.testing.conversations import BOTIUM, Conversation, play, read_conversations

__all__ = ["pytest_collect_file", "scenario"]


class _File(pytest.File):
    """A file of conversations."""

    def collect(self) -> Iterator[_Item]:
        for one in read_conversations(self.path):
            item: _Item = _Item.from_parent(self, name=one.name)
            item.conversation = one
            yield item


class _Item(pytest.Item):
    """One conversation."""

    conversation: Conversation

    def runtest(self) -> None:
        play(self.conversation)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What does not hold, without the way through this code."""
        return str(excinfo.value) if excinfo.errisinstance(AssertionError) else super().repr_failure(excinfo, style)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> _File | None:
    """Collect `*.conversations.yaml` and `*.convo.txt`."""
    return _File.from_parent(parent, path=file_path) if file_path.name.endswith((".conversations.yaml", BOTIUM)) else None


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Callable[..., Chat]:
    """Begins a conversation with a scenario, given as for `Chat`; a file is looked for beside the test."""

    def begin(source: Any, **settings: Any) -> Chat:
        named = isinstance(source, str) and "\n" not in source and source.endswith((".yaml", ".yml", ".json"))
        return Chat(request.path.parent / Path(source) if named else source, **settings)

    return begin
