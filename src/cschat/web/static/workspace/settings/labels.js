/**
 * The labels: categories as a tree, tags of conversations and of customers.
 *
 * May: add, rename, move, disable, enable. May not: put them on anything.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { Form, text, toggle } from "./forms.js";
import { badge, carry, edit, listed, row, tool } from "./rows.js";

export async function draw(page) {
  const { app, t, place, signal } = page;
  const [categories, sessions, customers] = await app.client.askAll([["Categories"], ["Tags", { list: "session" }], ["Tags", { list: "customer" }]], { signal });
  const open = toggle(t, { name: "open_labels", label: t("labels_open"), hint: t("labels_open_hint"), value: app.brand.open_labels });
  const form = page.guard(new Form(page, { fields: [open], layout: open.node, save: (values) => app.client.do("ChangeBrand", values) }));
  fill(
    place,
    listed(page, {
      title: t("labels_categories"), note: t("labels_categories_note"), none: t("labels_no_categories"), add: [t("labels_add_category"), () => categoryForm(page, null, "")],
      rows: categories.map((category) => {
        const parts = category.path.split("/");
        const item = row(page, {
          name: parts.at(-1), more: parts.length > 1 ? category.path : null, off: category.disabled, badges: [category.disabled ? badge(t("labels_off")) : null], open: () => categoryForm(page, category),
          tools: [
            tool("plus", t("labels_add_below", { name: category.path }), () => categoryForm(page, null, `${category.path}/`)),
            tool(category.disabled ? "refresh" : "eye", t(category.disabled ? "labels_enable" : "labels_disable"), () => carry(page, "ChangeCategory", { category: category.id, disabled: !category.disabled })),
          ],
        });
        item.dataset.depth = Math.min(4, parts.length - 1);
        return item;
      }),
    }),
    tagList(page, "session", sessions),
    tagList(page, "customer", customers),
    h("section", { class: "set-listed" }, form.node),
  );
}

function categoryForm(page, category, path = "") {
  const { app, t } = page;
  edit(page, t(category ? "labels_change_category" : "labels_add_category"), () => {
    const field = text(t, { name: "path", label: t("labels_path"), hint: t("labels_path_hint"), value: category?.path ?? path, limit: 200, required: true, example: "배송/지연" });
    return { fields: [field], layout: field.node, save: (values) => (category ? app.client.do("ChangeCategory", { category: category.id, ...values }) : app.client.do("AddCategory", values)) };
  });
}

function tagList(page, list, tags) {
  const { app, t } = page;
  const add = () =>
    edit(page, t(`labels_add_${list}`), () => {
      const name = text(t, { name: "name", label: t("labels_name"), limit: 100, required: true, example: t(`labels_${list}_example`) });
      return { fields: [name], layout: name.node, save: (values) => app.client.do("AddTag", { ...values, list }) };
    });
  const chip = (tag) =>
    h(
      "li",
      { class: `chip${tag.disabled ? " off" : ""}` },
      tag.name,
      app.isAdmin
        ? h("button", { type: "button", "aria-label": `${tag.name}: ${t(tag.disabled ? "labels_enable" : "labels_disable")}`, title: t(tag.disabled ? "labels_enable" : "labels_disable"), on: { click: () => carry(page, "ChangeTag", { tag: tag.id, disabled: !tag.disabled }) } }, icon(tag.disabled ? "refresh" : "close", 14))
        : null,
    );
  const section = listed(page, { title: t(`labels_${list}`), note: t(`labels_${list}_note`), none: t("labels_no_tags"), add: [t(`labels_add_${list}`), add], rows: [] });
  if (tags.length) section.querySelector(".set-none").replaceWith(h("ul", { class: "chips plain" }, tags.map(chip)));
  return section;
}
