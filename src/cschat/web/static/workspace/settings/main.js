/**
 * Settings: the subjects at the left, one of them on the page.
 *
 * May: know the subjects, keep what was typed from being lost. May not: know a setting.
 *
 * A subject is a module with `draw(page)`: it fills `page.place`. `page` has `app`, `t`, `path` (the address after the subject's name), `query`,
 * `signal` (aborted when another page is shown), `go(path)`, and `guard(form)`: whoever leaves while `form.dirty` is asked first.
 */

import { fill, h } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { dialog } from "../surfaces.js";
import { WORDS } from "./words.js";

const GROUPS = [
  ["set_group_desk", ["look", "hours", "absence", "guests"]],
  ["set_group_work", ["distribution", "targets", "team", "labels"]],
  ["set_group_knowledge", ["articles", "canned", "announcements"]],
  ["set_group_automation", ["scenarios", "rules", "alerts"]],
  ["set_group_install", ["install"]],
];
const SUBJECTS = {
  look: () => import("./look.js"),
  hours: () => import("./hours.js"),
  absence: () => import("./absence.js"),
  guests: () => import("./guests.js"),
  distribution: () => import("./distribution.js"),
  targets: () => import("./targets.js"),
  team: () => import("./team.js"),
  labels: () => import("./labels.js"),
  articles: () => import("./articles.js"),
  canned: () => import("./canned.js"),
  announcements: () => import("./announcements.js"),
  scenarios: () => import("./scenarios.js"),
  rules: () => import("./rules.js"),
  alerts: () => import("./alerts.js"),
  install: () => import("./install.js"),
};

export function mount(place, app) {
  const t = app.words(WORDS);
  const links = new Map(Object.keys(SUBJECTS).map((name) => [name, h("a", { href: app.href(`settings/${name}`) }, t(`set_${name}`))]));
  const nav = h(
    "nav",
    { class: "set-nav", "aria-label": t("view_settings") },
    h("h1", {}, t("view_settings")),
    GROUPS.map(([title, names]) => h("div", {}, h("h2", {}, t(title)), h("ul", {}, names.map((name) => h("li", {}, links.get(name)))))),
  );
  const back = h("a", { class: "set-back", href: app.href("settings") }, icon("back", 18), t("view_settings"));
  const body = h("div", { class: "set-page" });
  const scroll = h("div", { class: "set-scroll" }, back, body);
  const view = h("div", { class: "settings" }, nav, scroll);
  place.append(view);
  let shown = null;
  let guarded = null;

  const unsaved = () => guarded?.node.isConnected && guarded.dirty;
  const stay = (event) => unsaved() && event.preventDefault();
  /** A click on a link that leads away from what is not saved. */
  const ask = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || link.hasAttribute("download") || !unsaved() || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    event.stopPropagation();
    dialog({
      title: t("set_leave_title"),
      close: app.t("close"),
      fill(box, shut) {
        fill(
          box,
          h("p", {}, t("set_leave_text")),
          h(
            "div",
            { class: "dialog-foot" },
            h("button", { type: "button", class: "button danger", on: { click: () => {
              guarded = null;
              shut();
              link.click();
            } } }, t("set_leave")),
            h("button", { type: "button", class: "button primary", autofocus: true, on: { click: () => shut() } }, t("set_stay")),
          ),
        );
      },
    });
  };
  addEventListener("beforeunload", stay);
  document.addEventListener("click", ask, true);

  async function show(path, query) {
    shown?.abort();
    const abort = (shown = new AbortController());
    const name = path[0] ?? "";
    view.classList.toggle("deep", Boolean(name));
    const subject = SUBJECTS[name] ? name : "look";
    for (const [one, link] of links) {
      if (one === subject) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    app.title(`${t(`set_${subject}`)} – ${t("view_settings")}`);
    guarded = null;
    scroll.scrollTop = 0;
    const place_ = h("div", { class: "set-place" });
    fill(body, h("header", { class: "set-head" }, h("h1", {}, t(`set_${subject}`)), h("p", {}, t(`set_${subject}_note`))), h("div", { class: "skeleton set-waiting" }), place_);
    const page = {
      app, t, query, path: path.slice(1), place: place_, head: body.firstChild, signal: abort.signal,
      go: (to) => app.go(`settings/${to}`),
      guard: (form) => ((guarded = form), form),
      again: () => show(path, query),
    };
    try {
      const module = await SUBJECTS[subject]();
      if (!abort.signal.aborted) await module.draw(page);
    } catch (problem) {
      if (problem?.name === "AbortError" || abort.signal.aborted) return;
      console.warn("cschat: settings failed", problem);
      fill(place_, h("div", { class: "blank", role: "alert" }, icon("alert"), h("h2", {}, t("set_failed")), h("p", {}, app.explain(problem)), h("button", { type: "button", class: "button", on: { click: page.again } }, t("again"))));
    } finally {
      body.querySelector(".set-waiting")?.remove();
    }
  }

  return {
    show,
    unmount() {
      shown?.abort();
      removeEventListener("beforeunload", stay);
      document.removeEventListener("click", ask, true);
      view.remove();
    },
  };
}
