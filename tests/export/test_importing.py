"""What was exported comes back as it was, whatever the format, and nothing of a bad line comes in."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.export.conftest import lived
from tests.export.spoiling import JSON, places, replaced
from tests.office import Office

from cschat import Actor, Desk, State
from cschat import commands as c
from cschat import queries as q
from cschat.core.clock import FakeClock
from cschat.data import Filter, export
from cschat.data.exporting import file_hash
from cschat.data.formats import FORMATS
from cschat.data.importing import import_folder
from cschat.errors import Forbidden, Invalid
from cschat.kinds import CORE_KINDS, UNDER_WAY
from cschat.storage.content import content_hash


@pytest.fixture(scope="module")
def full():
    office = lived("memory:")
    yield office
    office.desk.close()


@pytest.fixture
def empty(full):
    with Desk.open("memory:", brand="shop", clock=full.clock) as desk:
        yield desk


@pytest.fixture
def small():
    clock = FakeClock("2026-03-02T09:00:00+09:00")
    office = Office.on(Desk.open("memory:", brand="shop", clock=clock, seed=1), clock)
    office.session(State.ACTIVE)
    yield office
    office.desk.close()


def exported(desk, folder, **how):
    export(desk, folder, **how)
    return folder


@pytest.mark.parametrize("form", list(FORMATS))
def test_out_and_in_and_out_again_is_the_same_in_every_byte(full, tmp_path, form):
    first = exported(full.desk, tmp_path / "a", format=form)
    with Desk.open(f"sqlite:///{tmp_path}/fresh.db?synchronous=normal", brand="shop", clock=full.clock) as fresh:
        done = import_folder(fresh, first)
        assert done.skipped == ()
        assert content_hash(fresh.store, CORE_KINDS) == content_hash(full.desk.store, CORE_KINDS)
        second = exported(fresh, tmp_path / "b", format=form)
        for path in first.iterdir():
            assert path.read_bytes() == (second / path.name).read_bytes()
        again = import_folder(fresh, second)
        assert (again.new, again.known) == (0, done.new)


def test_a_desk_that_was_imported_works_on(full, empty, tmp_path):
    import_folder(empty, exported(full.desk, tmp_path / "a"))
    assert empty.ask(q.SelfCheck()) == full.desk.ask(q.SelfCheck()) == []
    visitor = empty.acting_as(Actor.member("new"))
    session = visitor.do(c.OpenSession(text="다시 왔어요"))
    assert [message.text for message in visitor.each(q.Transcript(session))] == ["다시 왔어요"]
    agent = empty.acting_as(Actor.agent(full.sora))
    agent.do(c.ChangeAgent(full.sora, name="소라"))


def test_the_numbers_are_the_same(full, empty, tmp_path):
    import_folder(empty, exported(full.desk, tmp_path / "a"))
    month = q.Report(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), by=["agent"])
    lines = full.desk.ask(month).lines
    assert len(lines) > 1
    assert empty.ask(month).lines == lines


def test_nobody_is_told_of_the_past(full, empty, tmp_path):
    import_folder(empty, exported(full.desk, tmp_path / "a"))
    position = empty.store.position()
    followers = empty.store.read(lambda tx: [tx.peek(kind, id) for kind, id in _followers(empty)])
    assert followers
    assert {one.position for one in followers} == {position}


def _followers(desk):
    from cschat.transport.relay import Follower

    return [(Follower, record.id) for record in desk.store.stream(Follower)]


def test_one_packed_file_comes_in_alone(full, empty, tmp_path):
    folder = exported(full.desk, tmp_path / "a")
    packed = tmp_path / "agents.jsonl.gz"
    packed.write_bytes(gzip.compress((folder / "agents.jsonl").read_bytes()))
    assert import_folder(empty, packed).new == 4
    assert len([*empty.ask(q.Agents()), *empty.ask(q.Agents(removed=True))]) == 4


def test_customers_and_agents_may_not(small, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    for door in (small.visitor, small.agent):
        with pytest.raises(Forbidden):
            import_folder(door, folder)


def test_a_damaged_file_is_refused_whole(small, empty, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    path = folder / "events.jsonl"
    path.write_text(path.read_text("utf-8").replace("문의드려요", "문의드려여"), "utf-8")
    with pytest.raises(Invalid, match="SHA-256"):
        import_folder(empty, folder)
    assert empty.store.position() == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [('"brand"', '"bran"'), ('"agents"', '"spies"'), ("agents.jsonl", "nowhere.jsonl"), ("{", "[")],
    ids=list("abcd"),
)
def test_a_manifest_that_is_none_is_refused(small, empty, tmp_path, old, new):
    folder = exported(small.desk, tmp_path / "a")
    path = folder / "manifest.json"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(Invalid):
        import_folder(empty, folder)
    assert empty.store.position() == 0


@pytest.mark.parametrize(
    "how", [{"only": Filter(channel="web")}, {"public": True}, {"tables": ["agents", "events"]}], ids=["filtered", "public", "part"]
)
def test_what_is_not_whole_is_refused(small, empty, tmp_path, how):
    with pytest.raises(Invalid, match="whole"):
        import_folder(empty, exported(small.desk, tmp_path / "a", **how))


def test_another_brand_is_refused(small, empty, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    with pytest.raises(Invalid, match="brd_shop"):
        import_folder(empty.brand("other"), folder)
    with pytest.raises(Invalid, match="line 1: brand"):
        import_folder(empty.brand("other"), folder / "agents.jsonl")


def without(name):
    return lambda row: {key: value for key, value in row.items() if key != name}


BAD = {
    "no JSON": (lambda row: '{"id": ', "", "events"),
    "no object": (lambda row: "[1]", "", "events"),
    "a NUL": (lambda row: json.dumps(row | {"actor": "a\0"}), "", "events"),
    "no type": (without("type"), "type", "events"),
    "an unknown type": (lambda row: row | {"type": "Nonsense"}, "type", "events"),
    "no body": (lambda row: row | {"body": 3}, "body", "events"),
    "a wrong body": (lambda row: row | {"body": row["body"] | {"name": 7}}, "body.name", "events"),
    "too much in a body": (lambda row: row | {"body": row["body"] | {"more": 7}}, "body.more", "events"),
    "a wrong time": (lambda row: row | {"at": "gestern"}, "at", "events"),
    "a time without a zone": (lambda row: row | {"at": "2026-03-02T09:00:00"}, "at", "events"),
    "a seq that does not follow": (lambda row: row | {"seq": 7}, "seq", "events"),
    "a seq below one": (lambda row: row | {"seq": 0}, "seq", "events"),
    "no seq": (without("seq"), "", "events"),
    "another brand": (lambda row: row | {"brand": "brd_x"}, "brand", "events"),
    "another kind's id": (lambda row: row | {"id": "tag_1"}, "id", "agents"),
    "a wrong choice": (lambda row: row | {"status": "asleep"}, "status", "agents"),
    "an unknown field": (lambda row: row | {"colour": "red"}, "colour", "agents"),
    "a wrong list": (lambda row: row | {"groups": [1]}, "groups[0]", "agents"),
    "text for a number": (lambda row: row | {"capacity": "3"}, "capacity", "agents"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_line_is_named_and_nothing_of_it_comes_in(small, empty, tmp_path, case):
    spoil, field, table = BAD[case]
    good = (exported(small.desk, tmp_path / "a") / f"{table}.jsonl").read_text("utf-8").splitlines()
    bad = spoil(json.loads(good[1]))
    path = tmp_path / f"{table}.jsonl"
    path.write_text("\n".join([good[0], bad if isinstance(bad, str) else json.dumps(bad), good[2]]) + "\n", "utf-8")
    with pytest.raises(Invalid) as error:
        import_folder(empty, path)
    assert error.value.field == (f"line 2: {field}" if field else "line 2")
    assert error.value.line == 2
    done = import_folder(empty, path, skip_bad=True)
    assert (done.new, done.known, len(done.skipped)) == (1, 1, 1)
    assert done.skipped[0].field == error.value.field


@given(st.lists(st.integers(0, 2**32), min_size=3, max_size=3), JSON)
def test_whatever_stands_in_a_line_it_comes_in_or_is_refused(full_rows, chosen, new):
    table = sorted(full_rows)[chosen[0] % len(full_rows)]
    row = full_rows[table][chosen[1] % len(full_rows[table])]
    spots = list(places(row))
    bad = replaced(row, spots[chosen[2] % len(spots)], new)
    with Desk.open("memory:", brand="shop") as desk, TemporaryDirectory() as folder:
        file = Path(folder) / f"{table}.jsonl"
        file.write_text(json.dumps(bad) + "\n", "utf-8")
        done = import_folder(desk, file, skip_bad=True)
        kept = [*desk.store.stream_log()] or [record for kind in (*CORE_KINDS, *UNDER_WAY) for record in desk.store.stream(kind)]
        assert (len(kept), len(done.skipped)) in {(0, 1), (1, 0)}


class Rows(dict):
    """Rows by table; too many to be printed."""

    def __repr__(self):
        return "Rows"


@pytest.fixture(scope="module")
def full_rows(full, tmp_path_factory):
    folder = exported(full.desk, tmp_path_factory.mktemp("rows") / "a")
    return Rows(
        {
            path.stem: [json.loads(line) for line in lines]
            for path in folder.glob("*.jsonl")
            if path.stem not in ("messages", "overview") and (lines := path.read_text("utf-8").splitlines())
        }
    )


def test_bad_cells_are_named(small, empty, tmp_path):
    text = (exported(small.desk, tmp_path / "a", format="csv") / "agents.csv").read_text("utf-8")
    head, first, *_ = text.splitlines()
    path = tmp_path / "agents.csv"
    for line, field in ((first.replace(",1000,", ",many,", 1), "line 2: capacity"), (first + ",more", "line 2")):
        path.write_text(f"{head}\n{line}\n", "utf-8")
        with pytest.raises(Invalid) as error:
            import_folder(empty, path)
        assert error.value.field == field
    path.write_text(f'{head}\n"half', "utf-8")
    with pytest.raises(Invalid, match="line 2"):
        import_folder(empty, path)


def test_what_is_there_is_not_replaced(small, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    small.desk.do(c.ChangeAgent(small.mina, name="미나"))
    with pytest.raises(Invalid, match="id"):
        import_folder(small.desk, folder / "agents.jsonl")
    assert import_folder(small.desk, folder, skip_bad=True).skipped[0].field.endswith("id")
    assert small.mina.id in {agent.id for agent in small.desk.ask(q.Agents()) if agent.name == "미나"}


def test_a_key_that_is_taken_is_refused(small, empty, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    empty.do(c.RegisterCustomer(guest="browser-a"))
    with pytest.raises(Invalid, match=r"line \d: key"):
        import_folder(empty, folder / "customers.jsonl")


def test_an_import_that_was_stopped_can_be_run_again(small, empty, tmp_path):
    folder = exported(small.desk, tmp_path / "a")
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    half = tmp_path / "events.jsonl"
    half.write_bytes(b"".join(lines[:5]))
    import_folder(empty, half)
    done = import_folder(empty, folder)
    assert done.known == 5
    assert file_hash(exported(empty, tmp_path / "b") / "events.jsonl") == file_hash(folder / "events.jsonl")
