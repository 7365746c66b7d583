/**
 * The frame of the workspace: the rail of views, the bar on top, addresses, the stream of events.
 *
 * May: show the view that an address names, the numbers, the agent's own status, the connection. May not: know what a view shows.
 */

import { h } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { avatar, brandMark, statusDot } from "./marks.js";
import { bindKeys, showKeys } from "./keys.js";
import { Notices } from "./notices.js";
import { menu } from "./surfaces.js";
import { openSearch } from "./search.js";

export const TABS = [
  { list: "queue", text: "tab_queue", count: "queued" },
  { list: "mine", text: "tab_mine", count: "mine" },
  { list: "review", text: "tab_review", count: "intake" },
  { list: "closed", text: "tab_closed", count: "" },
];
const STATUSES = ["available", "busy", "hidden"];
const HEARTBEAT_SECONDS = 20;
const DOUBT_SECONDS = 3;

export class Frame {
  constructor(app, views) {
    this.app = app;
    this.views = views;
    this.shown = null;
  }

  start() {
    const { app } = this;
    document.documentElement.dataset.theme = localStorage.getItem("cschat.theme") ?? "auto";
    this.#draw();
    app.go = (path, { replace = false } = {}) => this.go(path, replace);
    app.search = () => openSearch(app);
    app.listed = (list) => this.#markTab(list);
    addEventListener("popstate", () => this.#route());
    document.addEventListener("click", (event) => this.#take(event));
    app.desk.listen((what) => {
      if (what === "counts") this.#count();
      if (what === "me") this.#status();
      if (what === "brand") this.#brand();
    });
    bindKeys(app, {
      tab: (number) => TABS[number] && this.go(`lists/${TABS[number].list}`),
    });
    app.notices = new Notices(app);
    this.#stream();
    this.#beat();
    this.#route();
  }

  // ------------------------------------------------------------------------------------------------------- addresses

  go(path, replace = false) {
    const href = path.startsWith("/") ? path : this.app.href(path);
    if (href !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"]({}, "", href);
    this.#route();
  }

  /** A click on a plain link to an address of the workspace shows it without loading the page again. */
  #take(event) {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.defaultPrevented && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || !`${to.pathname}/`.startsWith(`${this.app.root}/`)) return;
    event.preventDefault();
    this.go(to.pathname + to.search);
  }

  async #route() {
    const { app } = this;
    const path = location.pathname.slice(app.root.length).split("/").filter(Boolean).map(decodeURIComponent);
    if (path.length === 0) {
      this.go(`lists/${app.desk.counts.mine ? "mine" : "queue"}`, true);
      return;
    }
    const view = this.views.find((one) => one.name === path[0] || one.also?.includes(path[0]));
    this.#mark(view, path[0]);
    const query = new URLSearchParams(location.search);
    if (view && this.shown?.view === view) {
      this.shown.of?.show(view.also ? path : path.slice(1), query);
      return;
    }
    this.shown?.of?.unmount();
    this.main.replaceChildren();
    const shown = { view, of: null };
    this.shown = shown;
    if (!view) {
      this.main.append(this.#message("unknown_page"));
      return;
    }
    try {
      const [module] = await Promise.all([view.load(), ...(view.styles ?? []).map((path) => app.style(path))]);
      if (this.shown !== shown) return;
      shown.of = module.mount(this.main, app);
      const now = location.pathname.slice(app.root.length).split("/").filter(Boolean).map(decodeURIComponent);
      shown.of.show(view.also ? now : now.slice(1), query);
    } catch (problem) {
      console.error(problem);
      if (this.shown === shown) this.main.append(this.#message("view_broken"));
    }
  }

  #message(key) {
    const { t, href } = { t: this.app.t, href: this.app.href("lists/queue") };
    return h("div", { class: "blank" }, icon("chat"), h("h2", {}, t(key)), h("a", { class: "button", href }, t("to_inbox")));
  }

  #mark(view, name) {
    for (const [link, name] of this.links) {
      if (name === view?.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (view?.name !== "lists") this.#markTab(null);
    document.body.dataset.view = view?.name ?? "";
    document.body.classList.toggle("deep", Boolean(view?.also?.includes(name))); // one thing alone, which a phone gives all its room
  }

  #markTab(shown) {
    for (const [tab, list] of this.tabs) {
      if (list === shown) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
  }

  // --------------------------------------------------------------------------------------------------------- drawing

  #draw() {
    const { app } = this;
    const { t } = app;
    this.links = this.views.map((view) => [
      h("a", { class: "view-link", href: app.href(view.name === "lists" ? "" : view.name) }, icon(view.icon), h("span", {}, t(view.title))),
      view.name,
    ]);
    this.numbers = new Map();
    this.tabs = TABS.map((tab) => {
      const number = h("span", { class: "count" });
      this.numbers.set(tab, number);
      return [h("a", { class: "tab", href: app.href(`lists/${tab.list}`) }, h("span", {}, t(tab.text)), tab.count ? number : null), tab.list];
    });
    this.mark = h("button", { type: "button", class: "brand", on: { click: (event) => this.#brands(event.currentTarget) } });
    this.banner = h("div", { class: "banner", role: "status", hidden: true });
    this.statuses = new Map();
    this.own = h("div", { class: "status", role: "radiogroup", "aria-label": t("status") });
    for (const status of STATUSES) {
      const button = h(
        "button",
        { type: "button", role: "radio", title: t(`status_${status}_hint`), on: { click: () => this.#set(status) } },
        statusDot(status),
        h("span", {}, t(`status_${status}`)),
      );
      this.statuses.set(status, button);
      this.own.append(button);
    }
    this.own.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...this.statuses.values()];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    });
    this.account = h("button", { type: "button", class: "account", "aria-label": t("account"), on: { click: (event) => this.#account(event.currentTarget) } });
    this.main = h("main", { id: "view", tabindex: "-1" });
    document.body.classList.add("workspace");
    document.body.replaceChildren(
      h("a", { class: "skip", href: "#view", on: { click: (event) => this.#skip(event) } }, t("skip")),
      h(
        "header",
        { class: "top" },
        this.mark,
        h("nav", { class: "tabs", "aria-label": t("tabs") }, ...this.tabs.map(([tab]) => tab)),
        h(
          "button",
          { type: "button", class: "search-button", "aria-label": t("search"), "aria-keyshortcuts": "Control+K", on: { click: () => app.search() } },
          icon("search"),
          h("span", {}, t("search_hint")),
          h("kbd", {}, /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘K" : "Ctrl K"),
        ),
        this.own,
        this.account,
      ),
      h("nav", { class: "views", "aria-label": t("views") }, ...this.links.map(([link]) => link)),
      this.banner,
      this.main,
    );
    this.#brand();
    this.#count();
    this.#status();
    app.title("");
  }

  #skip(event) {
    event.preventDefault();
    this.main.focus();
  }

  #brand() {
    const { app } = this;
    const name = app.brand.name || app.config.brand;
    this.mark.replaceChildren(brandMark(app.brand, app.config.brand), h("span", { class: "brand-name" }, name), icon("down", 16));
    this.#favicon(name);
    this.mark.setAttribute("aria-label", `${name}, ${app.t("brand_switch")}`);
    this.mark.disabled = app.brands.length < 2;
  }

  /** The brand's first letter on its colour, as the sign of the window. */
  #favicon(name) {
    const { brand } = this.app;
    const colour = getComputedStyle(document.documentElement).getPropertyValue("--brand");
    const ink = getComputedStyle(document.documentElement).getPropertyValue("--on-brand");
    const letter = new Option([...name][0] ?? "").innerHTML;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="${colour}"/><text x="16" y="22" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="17" fill="${ink}">${letter}</text></svg>`;
    this.sign ??= document.head.appendChild(h("link", { rel: "icon" }));
    this.sign.href = brand.look?.logo || `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  #brands(anchor) {
    const { app } = this;
    const items = app.brands.map((brand) => ({
      text: brand.title || brand.name,
      hint: brand.name,
      checked: brand.name === app.config.brand,
      then: () => location.assign(`${app.config.mount}/${brand.name}/workspace`),
    }));
    menu(anchor, items, { align: "start", label: app.t("brand_switch") });
  }

  #count() {
    this.app.title();
    for (const tab of TABS) {
      const count = this.app.desk.counts[tab.count] ?? 0;
      const number = this.numbers.get(tab);
      number.textContent = count > 999 ? "999+" : String(count);
      number.classList.toggle("zero", count === 0);
      number.classList.toggle("strong", count > 0);
      const unread = tab.list === "mine" ? this.app.desk.counts.unread : 0;
      number.classList.toggle("unread", unread > 0);
      number.title = unread ? this.app.t("unread", { n: unread }) : "";
    }
  }

  #status() {
    const { me } = this.app;
    for (const [status, button] of this.statuses) {
      const own = status === me.status;
      button.setAttribute("aria-checked", String(own));
      button.tabIndex = own ? 0 : -1;
    }
    this.account.replaceChildren(avatar(me, { status: me.status }));
    this.account.dataset.status = me.status;
  }

  async #set(status) {
    const { app } = this;
    const before = app.me;
    if (before.status === status) return;
    app.desk.me = { ...before, status };
    this.#status();
    try {
      app.desk.me = await app.client.do("SetStatus", { status });
      app.announce(app.t("status_set", { status: app.t(`status_${status}`) }));
    } catch (problem) {
      app.desk.me = before;
      app.failed(problem);
    }
    this.#status();
  }

  #account(anchor) {
    const { app } = this;
    const { t } = app;
    const theme = document.documentElement.dataset.theme;
    const light = (name) => ({
      text: t(`theme_${name}`),
      checked: theme === name,
      then: () => {
        document.documentElement.dataset.theme = name;
        localStorage.setItem("cschat.theme", name);
      },
    });
    const speak = (language, text) => ({
      text,
      checked: app.language === language,
      then: () => {
        localStorage.setItem("cschat.language", language);
        location.reload();
      },
    });
    const status = (name) => ({
      text: t(`status_${name}`),
      hint: t(`status_${name}_hint`),
      icon: statusDot(name),
      checked: app.me.status === name,
      then: () => this.#set(name),
    });
    menu(anchor, [
      { heading: app.me.name },
      ...STATUSES.map(status),
      "-",
      { heading: t("theme") },
      light("auto"),
      light("light"),
      light("dark"),
      "-",
      { heading: t("language") },
      speak("ko", "한국어"),
      speak("en", "English"),
      "-",
      { text: t("notices"), hint: t("notices_hint"), checked: app.notices.on, then: () => app.notices.turn(!app.notices.on) },
      { text: t("shortcuts"), icon: "help", then: () => showKeys(app) },
    ]);
  }

  // ----------------------------------------------------------------------------------------------------------- live

  #stream() {
    const { app } = this;
    app.stream = app.client.listen({
      shared: app.base,
      onEvent: (event) => app.tell(event),
      onAttending: (session, attending) => app.attended?.(session, attending),
      onState: (state) => this.#connected(state),
      onMissed: () => {
        app.desk.refresh();
        app.tell({ type: "Missed", subject: "", body: {} });
      },
    });
  }

  #connected(state) {
    const { t } = this.app;
    clearTimeout(this.doubt);
    const tell = (key) => {
      this.banner.hidden = false;
      this.banner.replaceChildren(icon("alert"), h("span", {}, t(key)));
    };
    if (state === "offline") tell("offline");
    else if (state === "connecting") this.doubt = setTimeout(() => tell("reconnecting"), DOUBT_SECONDS * 1000);
    else {
      if (!this.banner.hidden) this.app.announce(t("back_online"));
      this.banner.hidden = true;
    }
  }

  #beat() {
    const device = matchMedia("(max-width: 767px)").matches ? "phone" : "*";
    const beat = () => {
      if (navigator.onLine) this.app.client.do("Heartbeat", { device }).catch(() => {});
    };
    beat();
    setInterval(beat, HEARTBEAT_SECONDS * 1000);
  }
}
