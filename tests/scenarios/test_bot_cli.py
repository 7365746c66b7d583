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


def test_explore_says_why_an_edge_cannot_be_taken(bad):
    told = cschat("explore", bad).stdout.splitlines()
    assert told == [
        "11 of 15 edges can be taken",
        "  decide > when:1: what follows fails, at the step confirm: oder.item is not known",
        "  confirm > choose:1: its step fails: oder.item is not known",
        "  confirm > choose:2: its step fails: oder.item is not known",
        "  done > next: its step is never reached",
    ]


def test_graph_draws(good, tmp_path):
    assert cschat("graph", good).stdout.startswith('flowchart TD\n  start(("환불")) --> s0\n')
    assert cschat("graph", good, "--format", "svg", "-o", tmp_path / "x.svg").returncode == 0
    assert "배송 조회" in (tmp_path / "x.svg").read_text(encoding="utf-8")


def test_chat_talks(good):
    answer = 'find_order={"status": "배송완료", "item": "머그컵"}'
    done = cschat("chat", good, "--action", answer, said="환불이요\n12\n1234567890\n네, 환불할게요\n")
    assert done.stdout.endswith("  머그컵 환불을 진행할까요?\n  [네, 환불할게요]\n  [아니요]\n  환불을 접수했습니다.\n(resolved)\n")
    assert "다시 한번 확인해 주세요." in done.stdout


FLOW = {
    "name": "환불",
    "groups": [
        {
            "id": "g",
            "title": "인사",
            "blocks": [
                {"id": "b1", "type": "text", "content": {"richText": [{"type": "p", "children": [{"text": "무엇을 도와드릴까요?"}]}]}},
                {"id": "b2", "type": "choice input", "items": [{"id": "i1", "content": "환불"}, {"id": "i2", "content": "교환"}]},
                {"id": "b3", "type": "Wait", "options": {"secondsToWaitFor": "1"}},
            ],
        },
        {"id": "lost", "title": "잊힌 그룹", "blocks": [{"id": "b4", "type": "text", "content": {"plainText": "아무도 못 봐요"}}]},
    ],
    "edges": [],
    "variables": [],
}


@pytest.fixture
def exported(tmp_path):
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(FLOW), encoding="utf-8")
    return path


def test_import_writes_a_scenario_that_can_be_checked_and_tried(exported, tmp_path):
    done = cschat("import", exported, "-o", tmp_path / "out.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    assert "lost: wait b3 in '인사': there is no waiting here" in done.stderr
    assert done.stderr.endswith("4 blocks became 3 steps; the checker finds 1 error and 0 warnings\n")
    text = (tmp_path / "out.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Imported from flow.json\n# lost: wait b3 in '인사'")
    assert "  인사:\n    choose: [{label: 환불, goto: stop}, {label: 교환, goto: stop}]\n    say: 무엇을 도와드릴까요?\n" in text
    assert "step 잊힌_그룹: no way leads here [unreachable]" in cschat("check", tmp_path / "out.yaml").stdout
    assert cschat("chat", tmp_path / "out.yaml", said="환불\n").stdout.endswith("(resolved)\n")


def test_import_without_a_file_to_write_prints_the_scenario(exported):
    assert cschat("import", exported).stdout.startswith("# Imported from flow.json\n")


def test_import_as_json(exported):
    told = json.loads(cschat("import", exported, "--json").stdout)
    assert told["steps"] == {"b1": "인사", "b2": "인사", "b4": "잊힌_그룹"}
    assert [(one["kind"], one["block"], one["group"]) for one in told["remarks"]] == [("lost", "b3", "인사")]
    assert [problem["kind"] for problem in told["problems"]] == ["unreachable"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"groups": [], "edges": []}', "\udcff"])
def test_import_of_what_is_no_flow_is_one_line(tmp_path, text):
    (tmp_path / "x.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    done = cschat("import", tmp_path / "x.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cschat: ")
    assert done.stderr.count("\n") == 1
