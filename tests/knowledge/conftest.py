"""What the tests of knowledge share.

May: offer fixtures. May not: say how they are made.
"""

from tests.data import table

__all__ = ["table"]
