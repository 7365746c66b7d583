"""What the tests of scenarios share.

May: offer fixtures. May not: say how they are made.
"""

from tests.data import folder, table

from cschat.testing.plugin import scenario

__all__ = ["folder", "scenario", "table"]
