"""`cschat search` and `cschat spikes`: the search engine and the surge detector alone, on files.

May: read files, call the library, print. May not: know more than the library.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from cschat.bots import text_index
from cschat.bots.reading import read_articles, read_questions
from cschat.errors import Invalid
from cschat.lines import numbered_lines
from cschat.stats.reading import as_slot, read_series
from cschat.stats.spikes import FALSE_ALARMS, Spikes

__all__ = ["search", "spikes"]


@click.command()
@click.option(
    "--articles", required=True, type=click.Path(path_type=Path), help='JSON Lines: {"id", "title", "body"?, "examples"?: [...]}.'
)
@click.option("--queries", required=True, type=click.Path(path_type=Path), help='JSON Lines: {"id", "text"}.')
@click.option("-k", default=3, show_default=True, type=click.IntRange(1, 1000), help="How many articles for a query, at most.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), metavar="F", help="The least score of a confident answer. [default: set from data]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each query.")
def search(articles: Path, queries: Path, k: int, threshold: float | None, as_json: bool) -> None:  # noqa: FBT001
    """Find the articles that answer each query, best first, and say whether the best is good enough to be offered.

    Files may be packed (.gz, .xz). A bad line ends the run with its number, the field and what is wrong with it. Needs the extra search.
    """
    read = list(read_articles(numbered_lines(articles)))
    ids = {document.id: id for id, document in read}
    index = text_index((document for _, document in read), threshold=threshold)
    for query in read_questions(numbered_lines(queries)):
        answer = index.search(query.text, k)
        if as_json:
            hits = [{"id": ids[hit.id], "score": round(hit.score, 6)} for hit in answer.hits]
            click.echo(json.dumps({"id": query.id, "hits": hits, "confident": answer.confident}, ensure_ascii=False))
        else:
            best = ", ".join(f"{hit.id} {hit.score:.2f}" for hit in answer.hits) or "nothing"
            click.echo(f"{query.id}: {best}{'' if answer.confident else ' (no good answer)'}")


@click.command()
@click.argument("series", type=click.Path(path_type=Path))
@click.option("--slot", default="5min", show_default=True, metavar="30s|5min|1h|1d", help="How long a slot is.")
@click.option(
    "--false-alarms",
    default=FALSE_ALARMS,
    show_default=True,
    metavar="A_WEEK",
    help="How many alarms a week are borne when nothing happens.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each row.")
def spikes(series: Path, slot: str, false_alarms: float, as_json: bool) -> None:  # noqa: FBT001
    """Tell where a SERIES of counts surges above what is usual at that time of that weekday.

    SERIES is CSV (also .gz, .xz) with a header; its first two columns are a time and a count, in rising order. Slots count from the first
    row, one without a row is unknown. Each row is judged by the rows before it alone.
    """
    seen = Spikes(as_slot(slot), false_alarms)
    alarms = rows = 0
    for line in read_series(numbered_lines(series)):
        try:
            row = seen.see(line.at, line.value)
        except Invalid as error:
            raise Invalid(field=f"line {line.number}: {error.field}", reason=error.reason, line=line.number, path=str(series)) from None
        rows, alarms = rows + 1, alarms + row.spike
        if as_json:
            click.echo(json.dumps({"timestamp": line.timestamp, "value": row.value, "score": row.score, "spike": row.spike}))
        elif row.spike:
            click.echo(f"{line.timestamp}  {row.value:g}  (score {row.score:.2f})")
    if not as_json:
        click.echo(f"{alarms} surges in {rows:,} rows")
