"""Export yesterday: every session that was opened that day with all that was said, as JSON Lines, and one line of figures by SQL.

    python export_yesterday.py support.db yesterday.jsonl

Days are those of the brand's time zone. Nobody is held up: the desk may go on working while this reads.
"""

import json
import sqlite3
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cschat import Desk, Session
from cschat import queries as q
from cschat.storage.codec import face


def main(database, target):
    with Desk.open(f"sqlite:///{database}", brand="shop") as desk:
        zone = ZoneInfo(desk.ask(q.GetBrand()).zone)
        today = datetime.combine(datetime.now(zone).date(), time(), zone)
        yesterday = today - timedelta(days=1)
        with Path(target).open("w", encoding="utf-8") as file:
            for session in desk.store.stream(Session, brand="brd_shop"):
                if yesterday <= session.opened_at < today:
                    messages = [face(message) for message in desk.each(q.Transcript(session))]
                    file.write(json.dumps({**face(session), "messages": messages}, ensure_ascii=False) + "\n")
    print_figures(database, yesterday, today)


def print_figures(database, begin, end):
    """The same day in plain SQL. Times in the views are ISO text in UTC, so they compare as text."""
    utc = [moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S") for moment in (begin, end)]
    connection = sqlite3.connect(database)
    opened, closed = connection.execute(
        "SELECT count(*), count(closed_at) FROM sessions WHERE brand = 'brd_shop' AND opened_at >= ? AND opened_at < ?", utc
    ).fetchone()
    (said,) = connection.execute("SELECT count(*) FROM messages WHERE brand = 'brd_shop' AND at >= ? AND at < ?", utc).fetchone()
    connection.close()
    print(f"{begin:%Y-%m-%d}: {opened} sessions opened, {closed} of them closed by now, {said} messages")


if __name__ == "__main__":
    main(*(sys.argv[1:] or ("support.db", "yesterday.jsonl")))
