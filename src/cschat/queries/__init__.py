"""Everything that can be asked; `from cschat import queries as q`.

May: read. May not: write, or show a customer what is not theirs.
"""

from cschat.queries.customers import Customers, CustomerSessions, GetCustomer
from cschat.queries.health import Finding, SelfCheck
from cschat.queries.lists import ClosedList, ConsultingList, Counts, CountsByState, Queue, ReviewList
from cschat.queries.outgoing import AlertTargets, Webhooks
from cschat.queries.protocol import Page, Query
from cschat.queries.sessions import GetSession, History, QueuePosition, Transcript
from cschat.queries.team import Agents, Categories, GetBrand, Groups, Tags

QUERIES: tuple[type, ...] = (
    Agents,
    AlertTargets,
    Categories,
    ClosedList,
    ConsultingList,
    CountsByState,
    CustomerSessions,
    Customers,
    GetBrand,
    GetCustomer,
    GetSession,
    Groups,
    History,
    Queue,
    QueuePosition,
    ReviewList,
    SelfCheck,
    Tags,
    Transcript,
    Webhooks,
)
"""Every query: the wire list."""

__all__ = [
    "QUERIES",
    "Agents",
    "AlertTargets",
    "Categories",
    "ClosedList",
    "ConsultingList",
    "Counts",
    "CountsByState",
    "CustomerSessions",
    "Customers",
    "Finding",
    "GetBrand",
    "GetCustomer",
    "GetSession",
    "Groups",
    "History",
    "Page",
    "Query",
    "Queue",
    "QueuePosition",
    "ReviewList",
    "SelfCheck",
    "Tags",
    "Transcript",
    "Webhooks",
]
