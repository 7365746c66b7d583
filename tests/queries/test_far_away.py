"""An instant near the end of all time is no time of a desk: nothing is counted to it."""

from datetime import UTC, datetime

import pytest

from cschat import commands as c
from cschat import queries as q
from cschat.core.campaigns import Audience
from cschat.errors import Invalid

SOON = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.mark.parametrize("far", [datetime(9999, 12, 31, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)])
@pytest.mark.parametrize("ask", [q.Summary, q.Trends, q.BestMembers])
def test_a_period_stays_within_what_can_be_counted(ask, far):
    with pytest.raises(Invalid, match="1970 to 2999"):
        ask(min(SOON, far), max(SOON, far))


def test_what_is_just_within_is_taken(memory_office):
    assert memory_office.agent.ask(q.Report(datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC), measures=["turns"]))


@pytest.mark.parametrize("field", ["seen", "unseen"])
def test_so_does_an_audience(field):
    with pytest.raises(Invalid, match=f"audience.{field}"):
        c.AddCampaign("봄", "봄", "안녕하세요", type="notice", ways=["mail"], audience=Audience(**{field: 2**62}))
