"""`cschat bot`, as it is typed."""

import json
import subprocess
import sys

import pytest
from tests.scenarios.refund import REFUND


def cschat(*words, said=""):
    command = [sys.executable, "-c", "from cschat.cli import main; main()", "bot", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, input=said, encoding="utf-8")


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "refund.yaml"
    path.write_text(REFUND, encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(REFUND.replace("{{ order.item }}", "{{ oder.item }}"), encoding="utf-8")
    return path


def test_check_says_that_nothing_is_wrong(good):
    done = cschat("check", good, "--actions", "find_order")
    assert (done.returncode, done.stdout) == (0, f"{good}: nothing is wrong\n")


def test_check_tells_file_line_step_and_the_conversation_and_exits_with_1(bad):
    done = cschat("check", bad)
    assert done.returncode == 1
    assert f"{bad}:24: error: step confirm: oder.item is not known [variable]" in done.stdout
    assert "customer | 환불\n" in done.stdout
    assert "It shows so:" in done.stdout


def test_check_as_json(bad):
    (line,) = cschat("check", bad, "--json").stdout.splitlines()
    problem = json.loads(line)
    assert (problem["step"], problem["line"], problem["severity"], problem["replayed"]) == ("confirm", 24, "error", True)


def test_check_of_what_is_no_scenario(tmp_path):
    (tmp_path / "x.yaml").write_text("scenario: x\nstart: a\nsteps:\n  a: {sey: no}\n", encoding="utf-8")
    done = cschat("check", tmp_path / "x.yaml")
    assert done.returncode == 1
    assert "x.yaml:4: error: step a: says nothing" in done.stdout


def test_explore_takes_every_edge(good):
    assert cschat("explore", good).stdout == "15 of 15 edges can be taken\n"
    lines = [json.loads(line) for line in cschat("explore", good, "--json").stdout.splitlines()]
    assert len(lines) == 15
    assert all(line["covered"] for line in lines)


def test_graph_draws(good, tmp_path):
    assert cschat("graph", good).stdout.startswith('flowchart TD\n  start(("환불")) --> s0\n')
    assert cschat("graph", good, "--format", "svg", "-o", tmp_path / "x.svg").returncode == 0
    assert "배송 조회" in (tmp_path / "x.svg").read_text(encoding="utf-8")


def test_chat_talks(good):
    answer = 'find_order={"status": "배송완료", "item": "머그컵"}'
    done = cschat("chat", good, "--action", answer, said="환불이요\n12\n1234567890\n네, 환불할게요\n")
    assert done.stdout.endswith("  머그컵 환불을 진행할까요?\n  [네, 환불할게요]\n  [아니요]\n  환불을 접수했습니다.\n(resolved)\n")
    assert "다시 한번 확인해 주세요." in done.stdout
