/**
 * Customers: the list with its search, one of them with what is known and asked before, and a search in all that was said.
 *
 * May: know the pages, read the address. May not: ask (the pages do).
 */

import { fill, h } from "../../shared/dom.js";
import { History } from "./history.js";
import { People } from "./people.js";
import { WORDS } from "./words.js";
import { WORDS as SETTINGS } from "../settings/words.js";

export function mount(place, app) {
  const t = app.words({ ...SETTINGS, ...WORDS });
  const tabs = { list: h("a", { href: app.href("customers") }, t("cus_list")), history: h("a", { href: app.href("customers/history") }, t("cus_history")) };
  const body = h("div", { class: "cus-body" });
  const view = h("div", { class: "customers" }, h("nav", { class: "cus-tabs", "aria-label": t("cus_pages") }, Object.values(tabs)), body);
  place.append(view);
  const pages = {};
  const page = { app, t };

  return {
    show(path, query) {
      const name = path[0] === "history" ? "history" : "list";
      for (const [one, tab] of Object.entries(tabs)) {
        if (one === name) tab.setAttribute("aria-current", "page");
        else tab.removeAttribute("aria-current");
      }
      app.title(t(name === "history" ? "cus_history" : "cus_list"));
      pages[name] ??= name === "history" ? new History(page) : new People(page);
      if (body.firstChild !== pages[name].node) fill(body, pages[name].node);
      pages[name].show(name === "list" ? (path[0] ?? null) : query);
    },
    unmount() {
      for (const one of Object.values(pages)) one.close();
      view.remove();
    },
  };
}
