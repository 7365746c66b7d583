"""Conversations as files: played by pytest and by the command line."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cschat.errors import Invalid, ScenarioError
from cschat.testing.conversations import play, read_conversations

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "howto" / "bots.md").read_text(encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    """The scenario and the file of the how-to page."""
    scenario = re.search(r'RETURNS = """\n(.*?)"""', PAGE, re.DOTALL)[1]
    conversations = re.search(r"```yaml\n(scenario: returns\.yaml.*?)```", PAGE, re.DOTALL)[1]
    (tmp_path / "returns.yaml").write_text(scenario, encoding="utf-8")
    (tmp_path / "returns.conversations.yaml").write_text(conversations, encoding="utf-8")
    return tmp_path


def test_the_conversations_of_the_page_hold(folder):
    read = read_conversations(folder / "returns.conversations.yaml")
    assert [play(one).play.ended for one in read] == ["resolved", "message"]


def run(folder, *words):
    return subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, encoding="utf-8")


def test_pytest_collects_them(folder):
    file = folder / "returns.conversations.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("접수했습니다", "취소했습니다"), encoding="utf-8")
    (folder / "conftest.py").write_text('pytest_plugins = ["cschat.testing.plugin"]\n', encoding="utf-8")
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert "1 failed, 1 passed" in done.stdout
    assert "반품이 접수된다, line 4 (bot: 취소했습니다): expected '취소했습니다', but the bot said:\n  반품을 접수했습니다." in done.stdout


TEST = """
def test_a_wrong_number(scenario):
    chat = scenario("returns.yaml")
    for text in ("반품", "1", "2", "3"):
        chat.says(text)
    chat.expects_handoff()
"""


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["one process", "two"])
def test_pytest_tells_which_edges_no_conversation_of_the_whole_run_has_taken(folder, processes):
    (folder / "conftest.py").write_text('pytest_plugins = ["cschat.testing.plugin"]\n', encoding="utf-8")
    (folder / "test_more.py").write_text(TEST, encoding="utf-8")
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--scenario-coverage", *processes)
    assert "3 passed" in done.stdout
    assert "= scenario coverage =" in done.stdout
    assert (
        "returns.yaml: 8 of 12 edges taken\n    hello > otherwise\n    find > on_error\n    decide > else\n    person > nobody\n"
        in done.stdout
    )
    assert "scenario coverage" not in run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", *processes).stdout


def test_the_command_line_plays_them_and_names_what_was_not_taken(folder):
    command = ("-c", "from cschat.cli import main; main()", "bot", "test", "returns.conversations.yaml")
    done = run(folder, *command, "--coverage")
    assert done.returncode == 0
    assert "returns.conversations.yaml: 반품이 접수된다: holds\n" in done.stdout
    assert "returns: 7 of 12 edges taken\n" in done.stdout
    assert "    find > on_error\n" in done.stdout
    file = folder / "returns.conversations.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("end: resolved", "handoff: {}"), encoding="utf-8")
    done = run(folder, *command, "--json")
    assert done.returncode == 1
    assert [json.loads(line)["holds"] for line in done.stdout.splitlines()] == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "scenario: x.yaml",
        "scenario: x.yaml\nconversations: [a]",
        "scenario: x.yaml\nspeed: 5\nconversations: []",
        "scenario: x.yaml\nconversations: [{lines: [{shouts: a}]}]",
        "scenario: x.yaml\nconversations: [{lines: [{bot: a, customer: b}]}]",
        "a: [",
    ],
)
def test_what_is_no_file_of_conversations_is_refused(tmp_path, text):
    path = tmp_path / "x.conversations.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((Invalid, ScenarioError)):
        read_conversations(path)
