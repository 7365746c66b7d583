"""A desk on the web: requests in, responses out, whatever the framework.

May: speak HTTP, know who asks, keep limits. May not: decide anything that a command or a query decides.

A `Gateway` answers a neutral `Request` with a neutral `Response`; `wsgi.Door` and `asgi.Door` mount it in any server or framework.
"""

from cschat.web.gateway import Gateway
from cschat.web.limits import Limits, Rate
from cschat.web.messages import Request, Response
from cschat.web.tokens import member_token

__all__ = ["Gateway", "Limits", "Rate", "Request", "Response", "member_token"]
