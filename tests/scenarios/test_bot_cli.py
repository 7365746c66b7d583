"""`cschat bot`, as it is typed."""

import csv
import io
import json
import subprocess
import sys

import pytest
from tests.scenarios.refund import REFUND

from cschat import Actor, Desk
from cschat import commands as c
from cschat.testing import FakeClock


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


@pytest.fixture
def store(tmp_path):
    """A desk's file: one customer has left at the order number, two have asked for what nobody knew."""
    url, clock = f"sqlite:///{tmp_path}/desk.db", FakeClock("2026-03-02T09:00:00+09:00")
    with Desk.open(url, clock=clock, seed=1) as desk:
        desk.do(c.PublishScenario(REFUND))
        desk.do(c.ChangeBrand(entry=[{"scenario": "refund"}], zone="Asia/Seoul"))
        for who, text in (("a", "환불"), ("b", "쿠폰이 적용되지 않아요"), ("c", "쿠폰 적용이 안 돼요")):
            visitor = desk.acting_as(Actor.guest(who))
            session = visitor.do(c.OpenSession(text=text))
            if who == "a":
                desk.advance(seconds=7)
                visitor.do(c.EndSession(session))
        desk.do(c.PublishScenario(REFUND.replace("retries: 2", "retries: 1")))
    return url


def test_journey_as_a_table(store):
    lines = cschat("journey", "refund", "--store", store, "--version", 1, "--patience", 1e8).stdout.splitlines()
    assert lines[0] == "refund, version 1: begun 3 times in 3 sessions (3 read)"
    assert lines[1].split()[:8] == ["step", "in", "dropped", "person", "asked", "wrong", "failed", "waiting"]
    assert lines[3].split()[:3] == ["order_no", "1", "1"]
    assert "(100%)" in lines[3]
    assert "choose:1 1, otherwise 2" in lines[2]


def test_journey_of_a_period_and_of_the_latest_version(store):
    for period, count in ((["--from", "2026-03-02T09:00"], 3), (["--from", "2026-03-02T09:01"], 0), (["--to", "2026-03-02T00:00Z"], 0)):
        assert f"({count} read)" in cschat("journey", "refund", "--store", store, *period).stdout
    assert cschat("journey", "refund", "--store", store).stdout.startswith("refund, version 2: begun 0 times in 0 sessions (3 read)\n")


def test_journey_as_data_and_as_pictures(store, tmp_path):
    told = json.loads(cschat("journey", "refund", "--store", store, "--version", 1, "--format", "json").stdout)
    assert (told["runs"], told["steps"][1]["step"], told["steps"][1]["dropped"], told["steps"][1]["spent"]["mean"]) == (
        3,
        "order_no",
        1,
        None,
    )
    drawn = cschat("journey", "refund", "--store", store, "--version", 1, "--format", "mermaid").stdout
    assert drawn.startswith("flowchart TD")
    assert "유입 1 · 이탈 1" in drawn
    assert cschat("journey", "refund", "--store", store, "--format", "svg", "--language", "en", "-o", tmp_path / "x.svg").returncode == 0
    assert "0 in" in (tmp_path / "x.svg").read_text(encoding="utf-8")


def test_journey_as_rows_and_as_a_chart(store, tmp_path):
    asked = ("journey", "refund", "--store", store, "--version", 1, "--format", "csv")
    rows = [*csv.DictReader(io.StringIO(cschat(*asked, "--chart", tmp_path / "x.json").stdout))]
    assert [(row["step"], row["inflow"], row["dropped"]) for row in rows[:2]] == [("hello", "3", "0"), ("order_no", "1", "1")]
    bars = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    told = [(row["step"], row["what"], row["visits"]) for row in bars["data"]["values"]]
    assert ("order_no", "이탈", 1) in told
    assert sum(count for step, _, count in told if step == "hello") == 3
    assert cschat(*asked, "--chart", tmp_path / "x.png", "--language", "en").returncode == 0
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert "no ending that names a picture" in cschat(*asked, "--chart", tmp_path / "x.gif").stderr


def test_journeys_of_two_versions_side_by_side(store):
    done = cschat("journey", "refund", "--store", store, "--compare", 1)
    assert "step" in done.stdout
    assert "version 1" in done.stdout.splitlines()[2]
    told = json.loads(cschat("journey", "refund", "--store", store, "--compare", 1, "--format", "json").stdout)
    assert (told["before"]["version"], told["after"]["version"]) == (1, 2)
    assert {"step": "order_no", "measure": "dropped", "before": 1.0, "after": None, "change": None} in told["differences"]


def test_candidates_as_text_and_as_data(store):
    lines = cschat("candidates", "--store", store).stdout.splitlines()
    assert lines[0].startswith("2 x 쿠폰")
    assert lines[1].strip().startswith("쿠폰")
    assert lines[2].strip().startswith("at refund > hello 2; asked_for_person 2, otherwise 2")
    (line,) = cschat("candidates", "--store", store, "--json").stdout.splitlines()
    assert json.loads(line)["size"] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["journey", "refund", "--store", "sqlite:///nothing.db"], "there is no file nothing.db"),
        (["journey", "no", "--store", "STORE"], "there is no scenario no"),
        (["journey", "refund", "--store", "STORE", "--from", "soon"], "is no ISO time"),
        (["journey", "refund", "--store", "STORE", "--compare", "1", "--format", "svg"], "two versions have two pictures"),
        (["journey", "refund", "--store", "STORE", "--compare", "1", "--chart", "x.png"], "two versions have two pictures"),
    ],
)
def test_what_cannot_be_told_is_one_line(store, words, told):
    done = cschat(*(store if word == "STORE" else word for word in words))
    assert (done.returncode, told in done.stderr, len(done.stderr.splitlines())) == (1, True, 1), done.stderr


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
