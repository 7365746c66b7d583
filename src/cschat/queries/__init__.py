"""Everything that can be asked; `from cschat import queries as q`.

May: read. May not: write, or show a customer what is not theirs.
"""

from cschat.queries.customers import Customers, CustomerSessions, GetCustomer
from cschat.queries.health import Finding, SelfCheck
from cschat.queries.hours import GetHours, Opening, OpeningHours
from cschat.queries.journey import Candidates, Journey, JourneyComparison
from cschat.queries.knowledge import (
    Articles,
    CannedResponses,
    FoundArticle,
    GetArticle,
    RenderCannedResponse,
    SearchArticles,
    Sections,
    Source,
    Suggestion,
    SuggestReplies,
)
from cschat.queries.lists import ClosedList, ConsultingList, Counts, CountsByState, Queue, ReviewList
from cschat.queries.outgoing import AlertTargets, Webhooks
from cschat.queries.protocol import Page, Query
from cschat.queries.sessions import GetSession, History, QueuePosition, Transcript
from cschat.queries.team import Agents, Categories, GetBrand, Groups, Tags

QUERIES: tuple[type, ...] = (
    Agents,
    Candidates,
    Articles,
    CannedResponses,
    AlertTargets,
    Categories,
    ClosedList,
    ConsultingList,
    CountsByState,
    CustomerSessions,
    Customers,
    GetArticle,
    GetBrand,
    GetCustomer,
    GetHours,
    GetSession,
    Groups,
    History,
    Journey,
    JourneyComparison,
    OpeningHours,
    Queue,
    QueuePosition,
    RenderCannedResponse,
    ReviewList,
    SearchArticles,
    Sections,
    SelfCheck,
    SuggestReplies,
    Tags,
    Transcript,
    Webhooks,
)
"""Every query: the wire list."""

__all__ = [
    "QUERIES",
    "Agents",
    "AlertTargets",
    "Articles",
    "Candidates",
    "CannedResponses",
    "Categories",
    "ClosedList",
    "ConsultingList",
    "Counts",
    "CountsByState",
    "CustomerSessions",
    "Customers",
    "Finding",
    "FoundArticle",
    "GetArticle",
    "GetBrand",
    "GetCustomer",
    "GetHours",
    "GetSession",
    "Groups",
    "History",
    "Journey",
    "JourneyComparison",
    "Opening",
    "OpeningHours",
    "Page",
    "Query",
    "Queue",
    "QueuePosition",
    "RenderCannedResponse",
    "ReviewList",
    "SearchArticles",
    "Sections",
    "SelfCheck",
    "Source",
    "SuggestReplies",
    "Suggestion",
    "Tags",
    "Transcript",
    "Webhooks",
]
