"""Everything that can be asked; `from cschat import queries as q`.

May: read. May not: write, or show a customer what is not theirs.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cschat.loading import loader

if TYPE_CHECKING:
    from cschat.queries.announcements import AnnouncementResult, AnnouncementResults, Announcements, LinkedSessions
    from cschat.queries.attending import AttendedBy, Attending
    from cschat.queries.bulk import BulkFailures, Bulks, GetBulk
    from cschat.queries.campaigns import CampaignResult, CampaignResults, Campaigns, CountAudience, Recipients
    from cschat.queries.customers import Customers, CustomerSessions, GetCustomer
    from cschat.queries.dashboard import AgentNow, AtRisk, Dashboard, DashboardAnswer, PeriodNow
    from cschat.queries.delayed import DelayedReplies
    from cschat.queries.explaining import Explain, ExplainedAssignment, ExplainedWait, Explanation, Judged
    from cschat.queries.exporting import ExportLabels, Labels
    from cschat.queries.front import Face, Front, FrontDesk, Glance, Glances, Known, LastLine, Speakers
    from cschat.queries.health import Finding, SelfCheck
    from cschat.queries.history import FoundMessage, SearchHistory
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
    from cschat.queries.ledger import Charged, ChargedCounts, ChargedTotals, GetLedger, Postings, Statement, StatementSummary
    from cschat.queries.lists import ClosedList, ConsultingList, Counts, CountsByState, Queue, ReviewList
    from cschat.queries.operating import Consumer, Health, HealthAnswer, Trouble
    from cschat.queries.outgoing import AlertTargets, Webhooks
    from cschat.queries.protocol import Page, Query
    from cschat.queries.reports import Answer, Line, Report, RunReport, SavedReports, TurnsBehind
    from cschat.queries.rules import CheckRules, DryRun, GetSla, Rules, WouldDo
    from cschat.queries.scenarios import CheckScenario, ScenarioProblem, Scenarios
    from cschat.queries.sessions import GetSession, History, QueuePosition, Transcript
    from cschat.queries.summary import Summary, SummaryAnswer, SummaryFigure, SummaryTable
    from cschat.queries.surges import Signals, Surge, Surges
    from cschat.queries.tables import AgentTable, BestMembers, ChannelUse, Table
    from cschat.queries.team import Agents, Categories, GetBrand, Groups, Tags
    from cschat.queries.trends import Trends
    from cschat.queries.views import FindSessions, Views

    QUERIES: tuple[type[Any], ...]
    """Every query: the wire list."""

_HOMES: Mapping[str, Sequence[str]] = {
    "summary": ("Summary", "SummaryAnswer", "SummaryFigure", "SummaryTable"),
    "announcements": ("AnnouncementResult", "AnnouncementResults", "Announcements", "LinkedSessions"),
    "campaigns": ("CampaignResult", "CampaignResults", "Campaigns", "CountAudience", "Recipients"),
    "customers": ("CustomerSessions", "Customers", "GetCustomer"),
    "bulk": ("BulkFailures", "Bulks", "GetBulk"),
    "dashboard": ("AgentNow", "AtRisk", "Dashboard", "DashboardAnswer", "PeriodNow"),
    "delayed": ("DelayedReplies",),
    "explaining": ("Explain", "ExplainedAssignment", "ExplainedWait", "Explanation", "Judged"),
    "exporting": ("ExportLabels", "Labels"),
    "health": ("Finding", "SelfCheck"),
    "history": ("FoundMessage", "SearchHistory"),
    "hours": ("GetHours", "Opening", "OpeningHours"),
    "journey": ("Candidates", "Journey", "JourneyComparison"),
    "knowledge": (
        "Articles",
        "CannedResponses",
        "FoundArticle",
        "GetArticle",
        "RenderCannedResponse",
        "SearchArticles",
        "Sections",
        "Source",
        "SuggestReplies",
        "Suggestion",
    ),
    "ledger": ("Charged", "ChargedCounts", "ChargedTotals", "GetLedger", "Postings", "Statement", "StatementSummary"),
    "lists": ("ClosedList", "ConsultingList", "Counts", "CountsByState", "Queue", "ReviewList"),
    "operating": ("Consumer", "Health", "HealthAnswer", "Trouble"),
    "outgoing": ("AlertTargets", "Webhooks"),
    "protocol": ("Page", "Query"),
    "reports": ("Answer", "Line", "Report", "RunReport", "SavedReports", "TurnsBehind"),
    "rules": ("CheckRules", "DryRun", "GetSla", "Rules", "WouldDo"),
    "scenarios": ("CheckScenario", "ScenarioProblem", "Scenarios"),
    "sessions": ("GetSession", "History", "QueuePosition", "Transcript"),
    "surges": ("Signals", "Surge", "Surges"),
    "tables": ("AgentTable", "BestMembers", "ChannelUse", "Table"),
    "team": ("Agents", "Categories", "GetBrand", "Groups", "Tags"),
    "trends": ("Trends",),
    "front": ("Face", "Front", "FrontDesk", "Glance", "Glances", "Known", "LastLine", "Speakers"),
    "attending": ("AttendedBy", "Attending"),
    "views": ("FindSessions", "Views"),
}
_ANSWERS = {
    "AgentNow",
    "AnnouncementResult",
    "Answer",
    "AtRisk",
    "AttendedBy",
    "CampaignResult",
    "Charged",
    "ChargedTotals",
    "Consumer",
    "Counts",
    "DashboardAnswer",
    "ExplainedAssignment",
    "ExplainedWait",
    "Explanation",
    "Face",
    "Finding",
    "FoundArticle",
    "FoundMessage",
    "Front",
    "Glance",
    "HealthAnswer",
    "Judged",
    "Known",
    "Labels",
    "LastLine",
    "Line",
    "Opening",
    "PeriodNow",
    "ScenarioProblem",
    "Source",
    "StatementSummary",
    "Suggestion",
    "SummaryAnswer",
    "SummaryFigure",
    "SummaryTable",
    "Surge",
    "Table",
    "Trouble",
    "WouldDo",
}
"""What queries answer with, which is no query."""
_WIRE = sorted(name for module, names in _HOMES.items() for name in names if module != "protocol" and name not in _ANSWERS)

__getattr__ = loader(__name__, _HOMES, {"QUERIES": _WIRE})

__all__ = [
    "QUERIES",
    "AgentNow",
    "AgentTable",
    "Agents",
    "AlertTargets",
    "AnnouncementResult",
    "AnnouncementResults",
    "Announcements",
    "Answer",
    "Articles",
    "AtRisk",
    "AttendedBy",
    "Attending",
    "BestMembers",
    "BulkFailures",
    "Bulks",
    "CampaignResult",
    "CampaignResults",
    "Campaigns",
    "Candidates",
    "CannedResponses",
    "Categories",
    "ChannelUse",
    "Charged",
    "ChargedCounts",
    "ChargedTotals",
    "CheckRules",
    "CheckScenario",
    "ClosedList",
    "ConsultingList",
    "Consumer",
    "CountAudience",
    "Counts",
    "CountsByState",
    "CustomerSessions",
    "Customers",
    "Dashboard",
    "DashboardAnswer",
    "DelayedReplies",
    "DryRun",
    "Explain",
    "ExplainedAssignment",
    "ExplainedWait",
    "Explanation",
    "ExportLabels",
    "Face",
    "FindSessions",
    "Finding",
    "FoundArticle",
    "FoundMessage",
    "Front",
    "FrontDesk",
    "GetArticle",
    "GetBrand",
    "GetBulk",
    "GetCustomer",
    "GetHours",
    "GetLedger",
    "GetSession",
    "GetSla",
    "Glance",
    "Glances",
    "Groups",
    "Health",
    "HealthAnswer",
    "History",
    "Journey",
    "JourneyComparison",
    "Judged",
    "Known",
    "Labels",
    "LastLine",
    "Line",
    "LinkedSessions",
    "Opening",
    "OpeningHours",
    "Page",
    "PeriodNow",
    "Postings",
    "Query",
    "Queue",
    "QueuePosition",
    "Recipients",
    "RenderCannedResponse",
    "Report",
    "ReviewList",
    "Rules",
    "RunReport",
    "SavedReports",
    "ScenarioProblem",
    "Scenarios",
    "SearchArticles",
    "SearchHistory",
    "Sections",
    "SelfCheck",
    "Signals",
    "Source",
    "Speakers",
    "Statement",
    "StatementSummary",
    "SuggestReplies",
    "Suggestion",
    "Summary",
    "SummaryAnswer",
    "SummaryFigure",
    "SummaryTable",
    "Surge",
    "Surges",
    "Table",
    "Tags",
    "Transcript",
    "Trends",
    "Trouble",
    "TurnsBehind",
    "Views",
    "Webhooks",
    "WouldDo",
]
