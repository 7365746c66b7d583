"""`cschat export` and `cschat import`, run as people run them."""

import json

import pytest
from tests.office import Office
from tests.test_cli import cschat

from cschat import Desk, State
from cschat.core.clock import FakeClock


@pytest.fixture
def store(tmp_path):
    url = f"sqlite:///{tmp_path}/desk.db?synchronous=normal"
    clock = FakeClock("2026-03-02T09:00:00+09:00")
    with Desk.open(url, brand="shop", clock=clock, seed=1) as desk:
        Office.on(desk, clock).session(State.ACTIVE)
    return url


def test_out_and_in_again(store, tmp_path):
    out = cschat("export", "--store", store, "--brand", "shop", "-o", tmp_path / "a")
    assert (out.returncode, out.stderr) == (0, "")
    assert f"1  {tmp_path}/a/sessions.jsonl" in out.stdout
    copy = f"sqlite:///{tmp_path}/copy.db?synchronous=normal"
    done = json.loads(cschat("import", tmp_path / "a", "--store", copy, "--brand", "shop", "--json").stdout)
    assert (done["known"], done["skipped"]) == (0, [])
    cschat("export", "--store", copy, "--brand", "shop", "-o", tmp_path / "b")
    for path in (tmp_path / "a").glob("*.jsonl"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_one_table_to_standard_output(store):
    done = cschat(
        *("export", "--store", store, "--brand", "shop", "-o", "-", "--table", "messages", "--format", "csv"),
        *("--from", "2026-03-02", "--to", "2026-03-03", "--channel", "web"),
    )
    assert done.returncode == 0
    assert ",문의드려요,web,," in done.stdout
    assert cschat("export", "--store", store, "--brand", "shop", "-o", "-").returncode == 1


def test_a_bad_line_ends_with_an_error_or_is_listed(store, tmp_path):
    cschat("export", "--store", store, "--brand", "shop", "-o", tmp_path / "a", "--table", "agents")
    path = tmp_path / "a" / "agents.jsonl"
    path.write_text(path.read_text("utf-8") + '{"id": 3}\n', "utf-8")
    target = ("--store", f"sqlite:///{tmp_path}/copy.db", "--brand", "shop")
    stopped = cschat("import", path, *target)
    assert (stopped.returncode, stopped.stdout) == (1, "")
    assert stopped.stderr.startswith("cschat: line 4: ")
    done = cschat("import", path, *target, "--skip-bad")
    assert (done.returncode, done.stdout) == (0, "0 taken in, 3 were there, 1 skipped\n")
    assert "line 4" in done.stderr
