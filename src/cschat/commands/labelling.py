"""Names of categories and tags become labels of the brand.

May: look labels up, and add new ones where the brand's lists are open. May not: put them on anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from cschat.commands.protocol import Context
from cschat.core import events as e
from cschat.core.content import text
from cschat.core.labels import Category, Tag, TagList, segments
from cschat.errors import Invalid

__all__ = ["add_category", "add_tag", "category_id", "known_tags", "path_names", "tag_named"]


def category_id(ctx: Context, named: str) -> str:
    """The id of a category, given as id or path. A new path is added, with its parents, if the brand's lists are open."""
    if named.startswith(f"{Category.prefix}_"):
        category = ctx.see.mine(Category, named)
    else:
        category = add_category(ctx, named, field="category", unless_closed=True)
    if category.disabled:
        raise Invalid(field="category", reason=f"{category.path} is disabled")
    return category.id


def add_category(ctx: Context, path: str, *, field: str, unless_closed: bool = False) -> Category:
    """The category at a path, made with all its parents if need be."""
    *parents, name = path_names(path, field)
    if parents:
        add_category(ctx, "/".join(parents), field=field, unless_closed=unless_closed)
    here = "/".join([*parents, name])
    known = ctx.tx.find(Category, where={"brand": ctx.brand_id, "path": here}, limit=1)
    if known:
        return known[0]
    if unless_closed and not ctx.see.brand().open_labels:
        raise Invalid(field=field, reason=f"there is no category {here}")
    fresh = Category(id=ctx.new_id(Category), brand=ctx.brand_id, seq=0, path=here)
    return ctx.change(fresh, e.CategoryAdded(here))


def path_names(path: str, field: str) -> list[str]:
    """The names in a category path. `Invalid` if one is blank, or if it looks like an id or is too long."""
    names = segments(path)
    if not all(names) or path.startswith(f"{Category.prefix}_"):
        raise Invalid(field=field, reason=f"{path!r} is no path of names", allowed=["배송", "배송/지연"])
    text(path, field, 200)
    return names


def known_tags(ctx: Context, list_: TagList, names: Iterable[str]) -> tuple[str, ...]:
    """Names as tags of a list: trimmed, sorted, each once. New ones are added if the brand's lists are open."""
    tags = sorted({name.strip() for name in names})
    for name in tags:
        tag = tag_named(ctx, list_, name)
        if tag is None:
            if not ctx.see.brand().open_labels:
                raise Invalid(field="tags", reason=f"there is no tag {name}")
            add_tag(ctx, list_, name)
        elif tag.disabled:
            raise Invalid(field="tags", reason=f"{name} is disabled")
    return tuple(tags)


def tag_named(ctx: Context, list_: TagList, name: str) -> Tag | None:
    """The tag of a list with a name."""
    known = ctx.tx.find(Tag, where={"brand": ctx.brand_id, "list": list_, "name": name}, limit=1)
    return known[0] if known else None


def add_tag(ctx: Context, list_: TagList, name: str) -> Tag:
    """A new tag."""
    if not name:
        raise Invalid(field="tags", reason="a tag must not be blank")
    text(name, "tags", 100)
    fresh = Tag(id=ctx.new_id(Tag), brand=ctx.brand_id, seq=0, list=list_, name=name)
    return ctx.change(fresh, e.TagAdded(list_, name))
