"""`cschat bot`: scenarios from the command line.

May: read files, call the library, print. May not: know more than the library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import attrs
import click

from cschat import queries as q
from cschat.bots.check import Problem, World, check_source
from cschat.bots.explore import coverage, explore
from cschat.bots.format import as_data, as_yaml, load, read
from cschat.bots.graph import counts, mermaid, svg
from cschat.bots.importing import Imported, import_typebot
from cschat.bots.journey import Comparison, ScenarioJourney
from cschat.bots.rehearsal import Rehearsal
from cschat.bots.scenario import Scenario
from cschat.cli.desks import existing_desk, period
from cschat.cli.showing import as_csv, draw
from cschat.core.channels import CHANNELS
from cschat.core.scenarios import ScenarioVersion
from cschat.desk import Desk
from cschat.errors import Invalid, ScenarioError
from cschat.stats.flows import flow
from cschat.storage.codec import face
from cschat.testing.conversations import play, read_conversations

__all__ = ["bot", "existing_desk", "period"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def bot() -> None:
    """Scenarios of bots: check them, look at them, try them. Needs the extra bots."""


def _source(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(field=str(file), reason=f"is no text in UTF-8: {error.reason} at byte {error.start}") from error


def _scenario(file: Path) -> Scenario:
    try:
        return read(file)
    except ScenarioError as error:
        raise Invalid(field=str(file), reason=str(error)) from error


def _listed(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(name.strip() for name in text.split(",") if name.strip())


@bot.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--actions", metavar="A,B", help="The actions of the host; others are errors. [default: not checked]")
@click.option("--categories", metavar="A,B", help="The categories of the brand. [default: not checked]")
@click.option("--groups", metavar="A,B", help="The groups of the brand. [default: not checked]")
@click.option("--channel", "channels", multiple=True, type=click.Choice(sorted(CHANNELS)), help="A channel it must be shown on.")
@click.option("--answers", default=12, show_default=True, help="How many answers it may take to reach a person.")
@click.option("--side", is_flag=True, help="It runs beside people.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each problem.")
@click.pass_context
def check(  # noqa: PLR0917  (one parameter for each option)
    context: click.Context,
    files: tuple[Path, ...],
    actions: str | None,
    categories: str | None,
    groups: str | None,
    channels: tuple[str, ...],
    answers: int,
    side: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Find what is wrong with scenarios before they run. The exit code is 1 if there is an error.

    The FILES may call each other.
    """
    sources = {file: _source(file) for file in files}
    known: dict[str, Scenario] = {}
    for source in sources.values():
        try:
            scenario = load(source)
            known[scenario.scenario] = scenario
        except ScenarioError:
            continue  # told below, with its line
    world = World(
        actions=_listed(actions),
        categories=_listed(categories),
        groups=_listed(groups),
        scenarios=known,
        channels=channels or ("web",),
        answers_to_person=answers,
        side=side,
    )
    errors = 0
    for file, source in sources.items():
        problems = check_source(source, world)
        errors += sum(problem.severity == "error" for problem in problems)
        for problem in problems:
            click.echo(json.dumps(_plain(file, problem), ensure_ascii=False) if as_json else _told(file, problem))
        if not problems and not as_json:
            click.echo(f"{file}: nothing is wrong")
    if errors:
        context.exit(1)


def _plain(file: Path, problem: Problem) -> dict[str, Any]:
    return {"file": str(file), **attrs.asdict(problem), "severity": problem.severity, "why": problem.why}


def _told(file: Path, problem: Problem) -> str:
    place = f"{file}:{problem.line}" if problem.line else str(file)
    lines = [
        f"{place}: {problem.severity}: {f'step {problem.step}: ' if problem.step else ''}{problem.what} [{problem.kind}]",
        f"    {problem.why}",
    ]
    if problem.conversation:
        lines.append("    It shows so:" if problem.replayed else "    It may show so (playing it did not confirm it):")
        lines += _conversation(problem.conversation)
    return "\n".join(lines)


def _conversation(conversation: tuple[tuple[str, str], ...]) -> list[str]:
    lines = []
    for who, text in conversation:
        first, *rest = text.split("\n")
        lines.append(f"      {who:>8} | {first}")
        lines += [f"      {'':>8} | {line}" for line in rest]
    return lines


@bot.command("explore")
@click.argument("file", type=_FILE)
@click.option("--conversations", is_flag=True, help="Print the conversation that takes each edge.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each edge.")
def explore_(file: Path, conversations: bool, as_json: bool) -> None:  # noqa: FBT001
    """Take every edge of a scenario, and name those that cannot be taken."""
    found = explore(_scenario(file))
    if as_json:
        for (step, edge), conversation in found.covered.items():
            click.echo(json.dumps({"step": step, "edge": edge, "covered": True, "conversation": conversation}, ensure_ascii=False))
        for (step, edge), reason in found.uncovered.items():
            click.echo(json.dumps({"step": step, "edge": edge, "covered": False, "reason": reason}, ensure_ascii=False))
        return
    if conversations:
        for (step, edge), conversation in found.covered.items():
            click.echo("\n".join([f"{step} > {edge}", *_conversation(conversation)]))
    click.echo(f"{len(found.covered)} of {len(found.covered) + len(found.uncovered)} edges can be taken")
    for (step, edge), reason in found.uncovered.items():
        click.echo(f"  {step} > {edge}: {reason}")


@bot.command()
@click.argument("file", type=_FILE)
@click.option("--format", "form", default="mermaid", show_default=True, type=click.Choice(["mermaid", "svg"]))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def graph(file: Path, form: str, output: Path | None) -> None:
    """Draw a scenario."""
    scenario = _scenario(file)
    drawn = svg(scenario) if form == "svg" else mermaid(scenario)
    if output is None:
        click.echo(drawn, nl=False)
    else:
        output.write_text(drawn, encoding="utf-8")


@bot.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--scenario", type=_FILE, help="The scenario they are for. [default: the one that a file names, or that is called like it]")
@click.option("--coverage", "show_coverage", is_flag=True, help="Name the edges of the scenarios that no conversation took.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each conversation.")
@click.pass_context
def test(context: click.Context, files: tuple[Path, ...], scenario: Path | None, show_coverage: bool, as_json: bool) -> None:  # noqa: FBT001
    """Play the conversations of FILES and compare what the bots say. The exit code is 1 if one does not hold.

    FILES are our own, `*.conversations.yaml`, or Botium's, `*.convo.txt`.
    """
    failed, taken = 0, dict[str, tuple[Scenario, list[tuple[str, str, str]]]]()
    for file in files:
        for one in read_conversations(file, scenario):
            try:
                chat = play(one)
                reason = ""
                taken.setdefault(chat.scenario.scenario, (chat.scenario, []))[1].extend(chat.play.path)
            except AssertionError as error:
                failed, reason = failed + 1, str(error)
            if as_json:
                told = {"file": str(file), "conversation": one.name, "holds": not reason, "reason": reason}
                click.echo(json.dumps(told, ensure_ascii=False))
            else:
                click.echo(f"{file}: {one.name}: {'does not hold' if reason else 'holds'}")
                click.echo("".join(f"    {line}\n" for line in reason.splitlines()), nl=False)
    if show_coverage and not as_json:
        for name, (played, path) in taken.items():
            done, missing = coverage(played, path)
            click.echo(f"{name}: {len(done)} of {len(done) + len(missing)} edges taken")
            click.echo("".join(f"    {step} > {edge}\n" for step, edge in missing), nl=False)
    if failed:
        context.exit(1)


@bot.command("import")
@click.argument("file", type=_FILE)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the scenario to a file.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object: the scenario, the step of each block, the remarks, the problems."
)
def import_(file: Path, output: Path | None, as_json: bool) -> None:  # noqa: FBT001
    """Make a scenario of a Typebot FILE, a flow exported as JSON.

    What is different from the flow, and what the host must add, is told on standard error, and at the top of the scenario. `cschat bot
    check` says whether it may be published.
    """
    try:
        data = json.loads(_source(file))
    except (json.JSONDecodeError, RecursionError) as error:
        raise Invalid(field=str(file), reason=f"is no JSON, as a flow exported from Typebot is: {error}") from error
    try:
        imported = import_typebot(data)
    except Invalid as error:
        raise Invalid(**{**error.fields, "field": str(file)}) from error
    text = _commented(file, imported) + as_yaml(imported.scenario)
    problems = check_source(text)
    if output is not None:
        output.write_text(text, encoding="utf-8")
    if as_json:
        told = {
            "scenario": as_data(imported.scenario),
            "steps": dict(imported.steps),
            "remarks": [attrs.asdict(remark) for remark in imported.remarks],
        }
        told["problems"] = [_plain(output or file, problem) for problem in problems]
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    if output is None:
        click.echo(text, nl=False)
    for remark in imported.remarks:
        click.echo(f"{file}: {remark}", err=True)
    errors = sum(problem.severity == "error" for problem in problems)
    found = f"{_counted(errors, 'error')} and {_counted(len(problems) - errors, 'warning')}" if problems else "nothing wrong"
    click.echo(f"{file}: {len(imported.blocks)} blocks became {len(imported.scenario.steps)} steps; the checker finds {found}", err=True)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _commented(file: Path, imported: Imported) -> str:
    lines = [f"# Imported from {file.name}", *(f"# {remark}" for remark in imported.remarks)]
    return "".join(f"{' '.join(line.split())}\n" for line in lines)


@bot.command()
@click.argument("file", type=_FILE)
@click.option("--language", default="ko", show_default=True)
@click.option(
    "--refused", type=click.Choice(["closed", "lunch", "holiday", "nobody", "overflow", "suspended"]), help="Nobody can come, and why."
)
@click.option("--action", "actions", multiple=True, metavar="NAME=JSON", help="What an action answers; one that is not given fails.")
def chat(file: Path, language: str, refused: str | None, actions: tuple[str, ...]) -> None:
    """Try a scenario: type what a customer would. Ctrl-D ends it."""
    play = Rehearsal(_scenario(file), actions=dict(_action(text) for text in actions), refused=refused, language=language)
    shown = 0
    while True:
        for line in play.lines[shown:]:
            if line.who == "bot":
                click.echo("\n".join(f"  {text}" for text in line.text.split("\n")))
        shown = len(play.lines)
        if play.failure is not None:
            raise play.failure
        if play.over:
            click.echo(f"({play.ended})")
            return
        said = _typed()
        if not said:
            return
        if said.strip():
            play.says(said.strip())


def _typed() -> str:
    """One line, with its end; nothing when there are no more."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    try:
        return input("> ") + "\n"
    except EOFError:
        return ""


def _action(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    try:
        return name.strip(), json.loads(value) if equals else None
    except json.JSONDecodeError as error:
        raise Invalid(field="action", reason=f"{value!r} is no JSON: {error.msg}", allowed=['find_order={"status": "배송중"}']) from error


# ------------------------------------------------------------------------------------------------------ what has happened

_STORE = click.option("--store", required=True, metavar="URL", help="The desk's store, such as sqlite:///support.db.")
_BRAND = click.option("--brand", default="main", show_default=True, help="The short name of the brand.")
_FROM = click.option("--from", "start", metavar="ISO", help="Sessions opened from here on; a time without a zone is the brand's.")
_TO = click.option("--to", "end", metavar="ISO", help="Sessions opened before this.")
_MOST = click.option("--most", default=100_000, show_default=True, help="How many sessions to read, the newest first.")


@bot.command()
@click.argument("name")
@_STORE
@_BRAND
@click.option("--version", type=click.IntRange(1), help="Which version. [default: the latest]")
@click.option("--compare", type=click.IntRange(1), metavar="M", help="Put this version beside it.")
@_FROM
@_TO
@click.option("--patience", default=1800.0, show_default=True, metavar="SECONDS", help="Who stands at a step for longer has left.")
@_MOST
@click.option("--format", "form", default="table", show_default=True, type=click.Choice(["table", "csv", "json", "mermaid", "svg"]))
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw what became of customers at each step: a file .png, .svg or .json.",
)
@click.option("--language", default="ko", show_default=True, help="The language of pictures.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file.")
def journey(  # noqa: PLR0917  (one parameter for each option)
    name: str,
    store: str,
    brand: str,
    version: int | None,
    compare: int | None,
    start: str | None,
    end: str | None,
    patience: float,
    most: int,
    form: str,
    chart: Path | None,
    language: str,
    output: Path | None,
) -> None:
    """How customers moved through the scenario NAME, step by step: where they left, asked for a person, were not understood."""
    if compare is not None and (form in ("csv", "mermaid", "svg") or chart is not None):
        raise Invalid(field="format", reason="two versions have two pictures", allowed=["table", "json"])
    with existing_desk(store, brand) as desk:
        how: dict[str, Any] = {"patience": patience, "most": most, **period(desk, start, end)}
        found: ScenarioJourney | Comparison
        if compare is None:
            found = desk.ask(q.Journey(name, version, **how))
        else:
            found = desk.ask(q.JourneyComparison(name, compare, version, **how))
        if form == "json":
            told = json.dumps(_as_data(found), ensure_ascii=False) + "\n"
        elif isinstance(found, Comparison):
            told = _compared(found)
        elif form == "table":
            told = _journey(found)
        elif form == "csv":
            told = as_csv(found.table())
        else:
            drawing = _drawn(desk, found)
            told = (svg if form == "svg" else mermaid)(drawing, counts(found, language))
        if chart is not None and isinstance(found, ScenarioJourney):
            draw(flow(found, language), chart)
    if output is None:
        click.echo(told, nl=False)
    else:
        output.write_text(told, encoding="utf-8")


def _as_data(found: ScenarioJourney | Comparison) -> Any:
    if isinstance(found, ScenarioJourney):
        return face(found)
    return {**face(found), "differences": [{**face(one), "change": one.change} for one in found.differences]}


def _drawn(desk: Desk, found: ScenarioJourney) -> Scenario:
    versions = desk.store.stream(ScenarioVersion, brand=desk.ask(q.GetBrand()).id)
    return next(load(one.document) for one in versions if (one.name, one.version) == (found.scenario, found.version))


def _journey(found: ScenarioJourney) -> str:
    head = ("step", "in", "dropped", "person", "asked", "wrong", "failed", "waiting", "mean", "p50", "p90", "left by")
    rows = [
        (
            step.step,
            str(step.inflow),
            _of(step.dropped, step.share(step.dropped)),
            *(str(count) for count in (step.people, step.asked, step.wrong, step.failures, step.waiting)),
            *(_seconds(value) for value in (step.spent.mean, step.spent.p50, step.spent.p90)),
            ", ".join(f"{edge} {count}" for edge, count in step.outflow.items() if count) or "-",
        )
        for step in found.steps
    ]
    return f"{_headline(found)}\n{_columns([head, *rows])}"


def _compared(found: Comparison) -> str:
    head = ("step", "measure", f"version {found.before.version}", f"version {found.after.version}", "change")
    rows = [
        (
            one.step,
            one.measure,
            *(_measure(one.measure, value) for value in (one.before, one.after)),
            _measure(one.measure, one.change, "+"),
        )
        for one in found.differences
        if one.before or one.after
    ]
    return f"{_headline(found.before)}\n{_headline(found.after)}\n{_columns([head, *rows])}"


def _headline(found: ScenarioJourney) -> str:
    more = ", and there are more" if found.cut else ""
    return f"{found.scenario}, version {found.version}: begun {found.runs} times in {found.sessions} sessions ({found.read} read{more})"


def _of(count: int, share: float | None) -> str:
    return f"{count} ({share:.0%})" if count and share is not None else str(count)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s" if value < 90 else f"{value / 60:.1f} min"


def _measure(name: str, value: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    if name in ("reached", "wrong"):  # no shares: there may be several for each
        return f"{value:{sign}.2f}"
    return f"{value:{sign}.1f} s" if name.endswith("_seconds") else f"{value:{sign}.1%}"


def _columns(rows: Iterable[tuple[str, ...]]) -> str:
    """Rows as columns, the first and the last to the left; Hangul takes two places."""
    listed = list(rows)
    widths = [max(_width(row[at]) for row in listed) for at in range(len(listed[0]))]
    lines = []
    for row in listed:
        first, *middle = (" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([row[0] + first, *(gap + cell for gap, cell in zip(middle[:-1], row[1:-1], strict=True)), row[-1]]))
    return "".join(f"{line}\n" for line in lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


@bot.command()
@_STORE
@_BRAND
@click.option("--scenario", metavar="NAME", help="Only what was asked in this scenario.")
@click.option("--least", default=2, show_default=True, type=click.IntRange(1), help="The smallest group to show.")
@_FROM
@_TO
@_MOST
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each group.")
def candidates(  # noqa: PLR0917  (one parameter for each option)
    store: str,
    brand: str,
    scenario: str | None,
    least: int,
    start: str | None,
    end: str | None,
    most: int,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Questions that reached people or got no answer, like ones together: candidates for new steps."""
    with existing_desk(store, brand) as desk:
        found = desk.ask(q.Candidates(scenario, least=least, most=most, **period(desk, start, end)))
    for group in found:
        if as_json:
            click.echo(json.dumps(face(group), ensure_ascii=False))
            continue
        click.echo(f"{group.size} x {group.typical}")
        click.echo("".join(f"      {text}\n" for text in group.examples), nl=False)
        places = ", ".join(
            f"{one.scenario} > {one.step} {one.count}" if one.scenario else f"no scenario {one.count}" for one in group.origins
        )
        click.echo(f"      at {places}; {', '.join(f'{why} {count}' for why, count in group.why.items())}; to people {group.people}")
