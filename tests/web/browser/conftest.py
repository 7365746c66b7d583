"""What tests in a browser share.

May: offer fixtures. May not: say how they are made.
"""

from tests.data import table

__all__ = ["table"]
