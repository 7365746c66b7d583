"""The cschat command, run as people run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cschat import Actor, Desk
from cschat import commands as c

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop" / "conversations.jsonl"
GOOD = '{"id": "1", "intent": "배송", "turns": [{"from": "customer", "text": "언제 와요?"}, {"from": "agent", "text": "내일요"}]}\n'


def cschat(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cschat.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env={**os.environ, "COLUMNS": "100"}, timeout=100)


OPTIONS = """
store agents slots arrivals rate thin service customers warmup policy patience start end zone seed json skip-bad
"""


def test_help_names_every_option():
    text = cschat("simulate", "--help").stdout
    for option in OPTIONS.split():
        assert f"--{option} " in text or f"--{option}\n" in text


def test_json_is_one_object_with_every_figure():
    done = cschat("simulate", SHOP, "--json")
    figures = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr == ""
    assert {
        "sessions", "messages", "commands", "closed", "p_wait", "mean_wait_s", "p90_wait_s", "mean_queue", "occupancy", "wall_s",
        "commands_per_s", "content_hash", "abandoned", "refused", "agent_least", "agent_mean", "agent_most",
    } <= figures.keys()  # fmt: skip
    assert (figures["sessions"], figures["closed"], figures["messages"]) == (120, 120, 792)


def test_the_same_seed_has_the_same_content_on_memory_and_sqlite(tmp_path):
    options = ["--agents", "1", "--slots", "2", "--rate", "200", "--customers", "150", "--service", "exp:60", "--seed", "3", "--json"]
    first = json.loads(cschat("simulate", SHOP, *options).stdout)
    second = json.loads(cschat("simulate", SHOP, *options, "--store", f"sqlite:///{tmp_path}/a.db").stdout)
    assert first["content_hash"] == second["content_hash"]
    assert first["sessions"] == 150
    assert first["p_wait"] > 0


def test_a_policy_from_a_file_hands_out_and_who_is_impatient_leaves(tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "mode: auto\norder: round_robin\nagents:\n  - {name: 민아, capacity: 1}\n  - {name: 준호, capacity: 1}\n", encoding="utf-8"
    )
    figures = json.loads(cschat("simulate", SHOP, "--policy", policy, "--rate", "300", "--patience", "exp:60", "--json").stdout)
    assert (figures["sessions"], figures["closed"]) == (120, 120)
    assert figures["abandoned"] > 0
    assert 2 * figures["agent_mean"] == figures["sessions"] - figures["abandoned"]
    assert figures["agent_most"] - figures["agent_least"] <= 3


def test_what_if_compares_what_was_recorded_with_another_policy(tmp_path):
    store = f"sqlite:///{tmp_path}/a.db"
    cschat("simulate", SHOP, "--store", store, "--agents", "2", "--slots", "1", "--rate", "200")
    policy = tmp_path / "policy.json"
    policy.write_text('{"mode": "auto", "order": "round_robin"}')
    found = json.loads(cschat("what-if", "--policy", policy, "--store", store, "--json").stdout)
    assert found.keys() == {"recorded", "replayed", "changed"}
    assert {outcome["requests"] for outcome in found.values()} == {120}
    assert found["changed"]["mean_wait_s"] == pytest.approx(found["recorded"]["mean_wait_s"], rel=0.001)
    loads = found["changed"]["loads"]
    assert sum(loads.values()) == 120
    table = cschat("what-if", "--policy", policy, "--store", store, "--from", "2026-03-02T09:30").stdout
    assert "replayed" in table
    assert "had 상담사 1" in table


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--store", "sqlite:///missing.db"], "there is no file missing.db"),
        (["--store", "memory:"], "nobody asked for a person"),
        (["--store", "memory:", "--from", "yesterday"], "from: 'yesterday' is no ISO time"),
    ],
)
def test_a_what_if_of_nothing_is_a_clear_error(tmp_path, options, said):
    policy = tmp_path / "policy.json"
    policy.write_text("{}")
    done = cschat("what-if", "--policy", policy, *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert not (tmp_path / "missing.db").exists()


def test_people_get_a_table_and_a_way_to_look_further(tmp_path):
    done = cschat("simulate", SHOP, "--store", "sqlite:///a.db", cwd=tmp_path)
    assert "120 (120 closed)" in done.stdout
    assert "sqlite-utils a.db 'SELECT" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_a_bad_line_is_named_and_nothing_of_it_is_imported(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(GOOD + '{"id": "2", "intent": null, "turns": [{"from": "nobody", "text": "?"}]}\n' + GOOD)
    done = cschat("simulate", file, "--store", "sqlite:///a.db", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "line 2: turns[0].from" in done.stderr


def test_bad_lines_can_be_skipped_and_are_listed(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(GOOD + "no json\n" + GOOD + "\n" + '{"id": "3"}\n')
    done = cschat("simulate", file, "--skip-bad", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["sessions"] == 2
    assert json.loads(done.stdout)["skipped"] == 2
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["line 2", "line 5"]


def test_bad_lines_are_listed_once_when_the_file_is_repeated(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(GOOD + "no json\n")
    done = cschat("simulate", file, "--skip-bad", "--json", "--customers", "5")
    assert json.loads(done.stdout)["skipped"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--service", "slow"], "service: 'slow' is no service time"),
        (["--zone", "Mars/Base"], "zone: 'Mars/Base' is no time zone"),
        (["--start", "yesterday"], "start: 'yesterday' is no ISO time"),
        (["--store", "mysql://x"], "url: there is no store for 'mysql'"),
        (["--arrivals", "missing.csv"], "missing.csv"),
        (["--rate", "0"], "rate"),
        (["--agents", "0"], "agents"),
        (["--patience", "chars:20"], "patience: 'chars:20' is no patience"),
        (["--policy", "missing.yaml"], "missing.yaml"),
    ],
)
def test_a_bad_option_is_a_clear_error(options, said):
    done = cschat("simulate", SHOP, *options)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_a_clear_error():
    done = cschat("simulate", "missing.jsonl")
    assert done.returncode == 1
    assert "missing.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_arrivals_come_from_a_file_within_a_period(tmp_path):
    counts = tmp_path / "counts.csv"
    counts.write_text("time,calls\n2026-03-02 09:00:00,5\n2026-03-02 09:05:00,7\n2026-03-02 09:10:00,4\n")
    whole = json.loads(cschat("simulate", SHOP, "--arrivals", counts, "--json").stdout)
    part = json.loads(
        cschat("simulate", SHOP, "--arrivals", counts, "--start", "2026-03-02T09:05", "--end", "2026-03-02T09:10", "--json").stdout
    )
    none = json.loads(cschat("simulate", SHOP, "--arrivals", counts, "--thin", "1e-9", "--customers", "3", "--json").stdout or "{}")
    assert (whole["sessions"], part["sessions"], none) == (16, 7, {})


def test_search_prints_one_line_for_each_query(tmp_path):
    articles, queries = tmp_path / "articles.jsonl", tmp_path / "queries.jsonl"
    articles.write_text(
        '{"id": 1, "title": "환불은 어떻게 하나요?"}\n\n{"id": "b", "title": "배송 조회", "examples": ["택배 어디"]}\n', encoding="utf-8"
    )
    queries.write_text('{"id": "q1", "text": "환불"}\n{"id": 2, "text": "택배 어디예요"}\n{"id": "q3", "text": ""}\n', encoding="utf-8")
    done = cschat("search", "--articles", articles, "--queries", queries, "-k", "1", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["id"], [hit["id"] for hit in row["hits"]], row["confident"]) for row in rows] == [
        ("q1", [1], True),
        (2, ["b"], True),
        ("q3", [], False),
    ]
    assert all(0 < hit["score"] <= 1 for row in rows for hit in row["hits"])
    assert "no good answer" in cschat("search", "--articles", articles, "--queries", queries).stdout


def test_search_names_the_line_and_field_of_a_bad_article(tmp_path):
    articles, queries = tmp_path / "articles.jsonl", tmp_path / "queries.jsonl"
    articles.write_text('{"id": "a", "title": "x", "examples": ["y", 3]}\n')
    queries.write_text("")
    done = cschat("search", "--articles", articles, "--queries", queries, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 1: examples[1]: is a number" in done.stderr


def test_history_is_searched_and_its_index_made_anew(tmp_path):
    store = f"sqlite:///{tmp_path}/desk.db"
    with Desk.open(store) as desk:
        for number in range(3):
            desk.acting_as(Actor.guest(f"browser-{number}")).do(c.OpenSession(text=f"재배송 {number}\n언제 오나요", subject="배송"))
    done = cschat("history", "배송 언제", "--store", store, "--limit", "2")
    first, second, more = done.stdout.splitlines()
    assert first.endswith("customer  재[배송] 2 [언제] 오나요")
    assert second.endswith("customer  재[배송] 1 [언제] 오나요")
    done = cschat("reindex", "--store", store)
    assert (done.returncode, done.stdout) == (0, "The index holds what was said up to position 9.\n")
    following = more.removeprefix("more: --after ")
    page = json.loads(cschat("history", "배송 언제", "--store", store, "--after", following, "--json").stdout)
    assert page["next"] is None
    [hit] = page["items"]
    assert (hit["snippet"], hit["marks"], hit["author"]) == ("재배송 0\n언제 오나요", [[1, 3], [6, 8]], "customer")
    assert cschat("history", "배송", "--store", store, "--to", "2020-01-01", "--json").stdout == '{"items": [], "next": null}\n'
    bad = cschat("history", "배", "--store", store)
    assert (bad.returncode, bad.stderr.count("\n")) == (1, 1)
    assert cschat("reindex", "--store", f"sqlite:///{tmp_path}/none.db").returncode == 1
