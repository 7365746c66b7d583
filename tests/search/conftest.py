"""What the tests of search share.

May: offer fixtures. May not: say how they are made.
"""

from tests.data import table

__all__ = ["table"]
