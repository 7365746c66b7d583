"""What tests of hosts, and of stores by others, are made with.

May: use everything. May not: be imported by anything else of ours; bring pytest to those who want only a clock.
"""

from typing import TYPE_CHECKING, Any

from cschat.core.clock import FakeClock

if TYPE_CHECKING:
    from cschat.testing.suite import StoreSuite

__all__ = ["FakeClock", "StoreSuite"]


def __getattr__(name: str) -> Any:
    if name != "StoreSuite":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import pytest

    pytest.register_assert_rewrite("cschat.testing.laws", "cschat.testing.crowd", "cschat.testing.suite")
    from cschat.testing.suite import StoreSuite

    return StoreSuite
