/**
 * Fields for labels: tags with completion, and a category chosen from its tree.
 *
 * May: complete, let one choose, tell what was chosen. May not: save.
 */

import { fill, h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

const MOST = 8;
let number = 0;

/** Tags as chips with a field that completes. `change(tags)` is called with all of them. `open`: new words may be added. */
export class TagField {
  constructor(app, { label, known, open, change }) {
    Object.assign(this, { app, known, isOpen: open, change });
    this.tags = [];
    this.id = `tags-${(number += 1)}`;
    this.input = h("input", { type: "text", class: "tag-input", autocomplete: "off", maxlength: "100", placeholder: app.t("ending_tags_add"), "aria-label": label, role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list" });
    this.chips = h("span", { class: "tag-chips" });
    this.list = h("div", { class: "options", id: this.id, role: "listbox", "aria-label": label, hidden: true });
    this.node = h("div", { class: "tag-field" }, h("div", { class: "tag-box" }, this.chips, this.input), this.list);
    this.#listen();
  }

  set(tags) {
    this.tags = [...tags];
    this.#draw();
  }

  #draw() {
    const { t } = this.app;
    fill(
      this.chips,
      this.tags.map((tag) =>
        h("span", { class: "tag" }, h("span", {}, tag), h("button", { type: "button", "aria-label": t("ending_tag_remove", { name: tag }), on: { click: () => this.#remove(tag) } }, icon("close", 12))),
      ),
    );
  }

  #remove(tag) {
    this.set(this.tags.filter((one) => one !== tag));
    this.change(this.tags);
    this.input.focus();
  }

  #add(tag) {
    const clean = tag.trim();
    this.input.value = "";
    this.#shut();
    if (!clean || this.tags.includes(clean)) return;
    this.set([...this.tags, clean]);
    this.change(this.tags);
  }

  #look() {
    const { t } = this.app;
    const typed = this.input.value.trim();
    const wanted = typed.toLowerCase();
    const free = this.known().filter((name) => !this.tags.includes(name));
    const found = free.filter((name) => name.toLowerCase().includes(wanted)).slice(0, MOST);
    const rows = found.map((name) => ({ name, text: name }));
    const exact = [...free, ...this.tags].some((name) => name.toLowerCase() === wanted);
    if (typed && !exact && this.isOpen()) rows.push({ name: typed, text: t("ending_tag_new", { name: typed }), fresh: true });
    this.rows = rows;
    fill(
      this.list,
      rows.map((row, at) =>
        h("div", { role: "option", id: `${this.id}-${at}`, class: "option", "aria-selected": "false", on: { pointerdown: (event) => (event.preventDefault(), this.#add(row.name)) } }, icon(row.fresh ? "plus" : "tag", 14), row.text),
      ),
    );
    this.list.hidden = !rows.length;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
    this.#point(typed ? 0 : -1);
  }

  #point(at) {
    this.at = at;
    for (const [place, node] of [...this.list.children].entries()) node.setAttribute("aria-selected", String(place === at));
    if (at >= 0 && this.list.children[at]) this.input.setAttribute("aria-activedescendant", `${this.id}-${at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #shut() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #listen() {
    const { input } = this;
    input.addEventListener("focus", () => this.#look());
    input.addEventListener("input", () => this.#look());
    input.addEventListener("blur", () => this.#shut());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const many = this.rows?.length ?? 0;
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && many) {
        event.preventDefault();
        if (this.list.hidden) this.#look();
        else this.#point((this.at + (event.key === "ArrowDown" ? 1 : -1) + many) % many);
      } else if ((event.key === "Enter" || event.key === ",") && !this.list.hidden && this.at >= 0) {
        event.preventDefault();
        this.#add(this.rows[this.at].name);
        this.#look();
      } else if (event.key === "Enter") {
        event.preventDefault();
      } else if (event.key === "Backspace" && !input.value && this.tags.length) {
        this.#remove(this.tags.at(-1));
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.stopPropagation();
        this.#shut();
      }
    });
  }
}

/** A category of the tree, found by any part of its path. `change(id or null)`. */
export class CategoryField {
  constructor(app, { label, change }) {
    Object.assign(this, { app, change });
    this.value = null;
    this.id = `categories-${(number += 1)}`;
    this.input = h("input", { type: "text", class: "input category-input", autocomplete: "off", placeholder: app.t("ending_category_find"), "aria-label": label, role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list" });
    this.clear = h("button", { type: "button", class: "icon-button small", "aria-label": app.t("remove"), hidden: true, on: { click: () => this.#choose(null) } }, icon("close", 14));
    this.list = h("div", { class: "options tree", id: this.id, role: "listbox", "aria-label": label, hidden: true });
    this.node = h("div", { class: "category-field" }, this.input, this.clear, this.list);
    this.#listen();
  }

  set(id) {
    this.value = id;
    this.input.value = id ? (this.app.desk.category(id)?.path.replaceAll("/", " › ") ?? "") : "";
    this.clear.hidden = !id;
  }

  #choose(id) {
    this.set(id);
    this.#shut();
    this.change(id);
  }

  #look(all = false) {
    const { app } = this;
    const wanted = all ? "" : this.input.value.trim().toLowerCase().replaceAll(" › ", "/");
    const fits = (category) => !category.disabled && category.path.toLowerCase().includes(wanted);
    this.rows = app.desk.categories.filter(fits);
    fill(
      this.list,
      this.rows.map((category, at) => {
        const parts = category.path.split("/");
        const node = h(
          "div",
          { role: "option", id: `${this.id}-${at}`, class: "option", "aria-selected": "false", "aria-label": parts.join(" › "), on: { pointerdown: (event) => (event.preventDefault(), this.#choose(category.id)) } },
          h("span", {}, wanted ? parts.join(" › ") : parts.at(-1)),
          category.id === this.value ? icon("check", 14) : null,
        );
        if (!wanted) node.style.paddingInlineStart = `${10 + 16 * (parts.length - 1)}px`;
        return node;
      }),
      this.rows.length ? null : h("p", { class: "completing-none" }, app.t("nothing_found")),
    );
    this.list.setAttribute("role", this.rows.length ? "listbox" : "status");
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.#point(wanted && this.rows.length ? 0 : this.rows.findIndex((category) => category.id === this.value));
  }

  #point(at) {
    this.at = at;
    const nodes = [...this.list.querySelectorAll("[role=option]")];
    for (const [place, node] of nodes.entries()) node.setAttribute("aria-selected", String(place === at));
    if (nodes[at]) {
      nodes[at].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", nodes[at].id);
    } else this.input.removeAttribute("aria-activedescendant");
  }

  #shut() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  #listen() {
    const { input } = this;
    input.addEventListener("focus", () => (input.select(), this.#look(true)));
    input.addEventListener("click", () => this.list.hidden && this.#look(true));
    input.addEventListener("input", () => this.#look());
    input.addEventListener("blur", () => {
      this.#shut();
      if (!input.value.trim() && this.value) this.#choose(null);
      else this.set(this.value);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const many = this.rows?.length ?? 0;
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && many) {
        event.preventDefault();
        if (this.list.hidden) this.#look(true);
        else this.#point((this.at + (event.key === "ArrowDown" ? 1 : -1) + many) % many);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (!this.list.hidden && this.at >= 0) this.#choose(this.rows[this.at].id);
      } else if (event.key === "Escape" && !this.list.hidden) {
        event.stopPropagation();
        this.#shut();
      }
    });
  }
}
