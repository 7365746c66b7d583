"""What the pages take from the code is what the code says, and what they say that their blocks print is what these print."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import generate
import pytest
import tables

from cschat import commands, queries
from cschat.commands import carrying, protocol
from cschat.core import events, leases
from cschat.queries import protocol as paging
from cschat.storage import connecting, front, postgres, sqlite
from cschat.transport import alerts, folder, http, metering, relay, webhooks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", generate.files(), ids=name_of)
def test_a_page_is_as_generated(path):
    assert path.read_text(encoding="utf-8") == generate.files()[path], "run: python docs/generate.py"


def test_every_part_that_can_be_generated_is_on_a_page():
    taken = {name for page in PAGES for name in re.findall(r"<!-- generated: (\S+) -->", page.read_text(encoding="utf-8"))}
    assert taken == set(generate.PARTS)


@pytest.mark.parametrize(
    ("page", "package", "classes"), [("commands", "commands", commands.COMMANDS), ("queries", "queries", queries.QUERIES)]
)
def test_the_reference_has_every_command_and_query(page, package, classes):
    text = (ROOT / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")
    assert set(re.findall(rf"autoclass:: cschat\.{package}\.(\w+)\n   :no-members:", text)) >= {kind.__name__ for kind in classes}


def test_every_event_can_be_recorded_by_a_command():
    by_reactors = {"ActionRequested", "AlertRaised", "ScenarioFailed", "Routed", "OfferPassed", "PassedByAll", "RuleFired", "RuleStopped"}
    by_reactors |= {"SlaWarned", "SlaBreached", "CampaignStarted", "CampaignMailed", "CampaignDone", "LeftUnread"}
    assert {name for command in commands.COMMANDS for name in tables.recorded(command)} | by_reactors == set(events.BODIES)


@pytest.mark.parametrize("page", [page for page in PAGES if "```text" in page.read_text(encoding="utf-8")], ids=name_of)
def test_a_page_prints_what_it_says(page, tmp_path):
    blocks = _FENCE.findall(page.read_text(encoding="utf-8"))
    names = {"__name__": "page"}
    with contextlib.chdir(tmp_path):
        for (language, code), (following, said) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            if language != "python":
                continue
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(compile(code, str(page), "exec"), names)
            expected = said if following == "text" else ""
            assert printed.getvalue().splitlines() == expected.splitlines(), code


@pytest.mark.slow
def test_the_commands_of_the_bot_tutorial_print_what_it_says(tmp_path):
    blocks = _FENCE.findall((ROOT / "docs" / "tutorial-bot.md").read_text(encoding="utf-8"))
    names, compared = {"__name__": "page"}, 0
    commands_there = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    with contextlib.chdir(tmp_path):
        for language, code in blocks:
            if language == "python":
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(code, "tutorial-bot.md", "exec"), names)
            for command, said in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", code if language == "console" else "", re.MULTILINE):
                done = subprocess.run(shlex.split(command), env=commands_there, capture_output=True, text=True, encoding="utf-8")
                assert re.sub(r" in [\d.]+s$", "", done.stdout, flags=re.MULTILINE) == said, done.stderr
                compared += 1
    assert compared == 5


def test_the_tests_on_the_pytest_page_are_tests_that_pass(tmp_path):
    page = (ROOT / "docs" / "howto" / "test-with-pytest.md").read_text(encoding="utf-8")
    (tmp_path / "test_page.py").write_text(
        "\n".join(code for language, code in _FENCE.findall(page) if language == "python"), encoding="utf-8"
    )
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_page.py"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= page.count("def test_")


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CHANGELOG.md"], ids=name_of)
def test_links_of_pages_that_sphinx_does_not_check_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_numbers_that_pages_state_are_those_of_the_code():
    said = {
        "explanation/storage.md": {"256 commands or 10 ms": (front.MAX_BATCH, front.MAX_SECONDS) == (256, 0.01)}
        | {"up to ten seconds": sqlite.BUSY_SECONDS == 10, "forty times a second": connecting.POLL_SECONDS == (0.025, 0.25)},
        "explanation/one-way-through.md": {
            "after 32 links": protocol.MAX_CHAIN == 32,
            "seven days": carrying.KEEP_REQUESTS == 7 * 86_400_000_000,
        },
        "howto/host-effects.md": {"for 60 seconds": relay.LEASE_SECONDS == 60, "after 1, 2, 4": relay.FIRST_PAUSE_SECONDS == 1}
        | {"After the tenth attempt": relay.MAX_TRIES == 10},
        "howto/alerts.md": {
            "up to ten minutes": alerts.PATIENCE.longest == 600,
            "more than a day late": alerts.MAX_LATE == 86_400_000_000,
        },
        "howto/webhooks.md": {
            "within 15 seconds": http.TIMEOUT_SECONDS == 15,
            "from 5 seconds up to 12 hours, 18 times": relay.Patience(18, 5, 43_200) == webhooks.PATIENCE,
        },
        "howto/operations.md": {
            "goes on after 10 seconds": leases.LEASE_SECONDS == 10,
            "leased by itself for 60 seconds": relay.LEASE_SECONDS == folder.LEASE_SECONDS == 60,
            "every 15 seconds": metering.EVERY_SECONDS == 15,
        },
        "howto/errors.md": {"five times": front.MAX_TRIES == 5},
        "howto/postgres.md": {
            "up to ten for reading": postgres.MOST_READERS == 10,
            "for up to ten seconds": postgres.DOUBT_SECONDS == 10,
            "for ten seconds": postgres.LOCK_SECONDS == 10,
            "after five seconds": postgres.IDLE_SECONDS == 5,
        },
        "reference/queries.md": {"1 to 1000": paging.MAX_LIMIT == 1000},
    }
    for page, numbers in said.items():
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for words, true in numbers.items():
            assert words in text, f"{page} no longer says {words!r}"
            assert true, f"{page} says {words!r}"
