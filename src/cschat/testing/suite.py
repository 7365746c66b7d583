"""The conformance suite: what every store must do, as a class to inherit.

May: test through the store's protocol. May not: know any one store.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from cschat.core.records import Record
from cschat.storage.protocol import Store
from cschat.testing.crowd import ChangeBehind, Crowd
from cschat.testing.laws import Laws
from cschat.testing.things import DOORS, Door, Reopen, Thing

__all__ = ["StoreSuite"]


class StoreSuite(Laws, Crowd):
    """Inherit from this, and give it a store.

    Like this::

        class TestMine(StoreSuite):
            @pytest.fixture
            def store(self, tmp_path):
                store = MyStore(tmp_path / "file", kinds=self.kinds)
                yield store
                store.close()

    A store that several may open at once says how with `opener`, and the laws of several processes are tested as well::

            @pytest.fixture
            def opener(self, tmp_path):
                return functools.partial(MyStore, tmp_path / "file", kinds=self.kinds)
    """

    kinds: ClassVar[tuple[type[Record], ...]] = (Thing,)
    """The record classes that the suite writes."""

    @pytest.fixture
    def store(self) -> Store:
        """An empty store that keeps `kinds`."""
        raise NotImplementedError("give the suite a store: a fixture `store`")

    @pytest.fixture
    def opener(self) -> Reopen | None:
        """Opens the same database once more. It must be possible to pickle it, for it is called in other processes too."""
        return None

    @pytest.fixture
    def reopen(self, opener: Reopen | None) -> Reopen:
        """The opener of a store that has one."""
        if opener is None:
            pytest.skip("this store cannot be opened twice: there is no `opener`")
        return opener

    @pytest.fixture
    def change_behind(self) -> ChangeBehind | None:
        """Changes a record in the database so that the transaction, which has read it, does not notice: `change(tx, record)`."""
        return None

    @pytest.fixture(params=["asyncio", "trio"])
    def loop(self, request: pytest.FixtureRequest) -> str:
        """The event loops."""
        name: Any = request.param
        return str(name)

    @pytest.fixture(params=list(DOORS))
    def door(self, request: pytest.FixtureRequest) -> Door:
        """Threads, asyncio, trio: each law holds for all of them."""
        name: Any = request.param
        if name == "trio":
            pytest.importorskip("trio")
        return DOORS[name]
