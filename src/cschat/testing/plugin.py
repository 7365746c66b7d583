"""The pytest plugin: the fixture `scenario`, `--scenario-coverage`, and files as tests: `*.conversations.yaml` and Botium's `*.convo.txt`.

Put `pytest_plugins = ["cschat.testing.plugin"]` into the conftest.py at the top of your tests.

May: offer fixtures, collect files, report. May not: be imported by anything but pytest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cschat.testing.chat import Chat
from cschat.testing.conversations import BOTIUM, Conversation, begin, play, read_conversations

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
    "scenario",
]

_Taken = dict[str, dict[str, bool]]
"""By scenario, by edge ("hello > choose:1"): whether a conversation of this run has taken it."""
_TAKEN = pytest.StashKey[_Taken]()
_WORKER = "cschat_scenario_coverage"


# ----------------------------------------------------------------------------------------------------------- conversations


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
        chat = begin(self.conversation)
        try:
            play(self.conversation, chat)
        finally:
            _note(self.config, [chat])

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What does not hold, without the way through this code."""
        return str(excinfo.value) if excinfo.errisinstance(AssertionError) else super().repr_failure(excinfo, style)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> _File | None:
    """Collect `*.conversations.yaml` and `*.convo.txt`."""
    return _File.from_parent(parent, path=file_path) if file_path.name.endswith((".conversations.yaml", BOTIUM)) else None


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Iterator[Callable[..., Chat]]:
    """Begins a conversation with a scenario, given as for `Chat`; a file is looked for beside the test."""
    chats: list[Chat] = []

    def converse(source: Any, **settings: Any) -> Chat:
        named = isinstance(source, str) and "\n" not in source and source.endswith((".yaml", ".yml", ".json"))
        chats.append(Chat(request.path.parent / Path(source) if named else source, **settings))
        return chats[-1]

    yield converse
    _note(request.config, chats)


# ---------------------------------------------------------------------------------------------------------------- coverage


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option `--scenario-coverage`."""
    group = parser.getgroup("cschat")
    group.addoption("--scenario-coverage", action="store_true", help="tell which edges of the scenarios no conversation has taken")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count, if asked to."""
    if config.getoption("--scenario-coverage"):
        config.stash[_TAKEN] = {}


def _note(config: pytest.Config, chats: Iterable[Chat]) -> None:
    if _TAKEN in config.stash:
        for chat in chats:
            _add(config.stash[_TAKEN], chat.taken())


def _add(all_: _Taken, more: _Taken) -> None:
    for source, edges in more.items():
        known = all_.setdefault(source, {})
        for edge, taken in edges.items():
            known[edge] = known.get(edge, False) or taken


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands on what it has counted."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if _TAKEN in session.config.stash and output is not None:
        output[_WORKER] = session.config.stash[_TAKEN]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take what a worker has counted."""
    if _TAKEN in node.config.stash:
        _add(node.config.stash[_TAKEN], getattr(node, "workeroutput", {}).get(_WORKER, {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """For each scenario how many of its edges were taken, and the others by name."""
    taken = config.stash.get(_TAKEN, None)
    if taken is None:
        return
    terminalreporter.section("scenario coverage")
    for source, edges in sorted(taken.items()):
        path = Path(source)
        name = path.relative_to(config.rootpath) if path.is_absolute() and path.is_relative_to(config.rootpath) else source
        terminalreporter.write_line(f"{name}: {sum(edges.values())} of {len(edges)} edges taken")
        for edge, done in edges.items():
            if not done:
                terminalreporter.write_line(f"    {edge}")
