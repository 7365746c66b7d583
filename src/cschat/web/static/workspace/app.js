/**
 * What every part of the workspace is given: who works here, the ways to ask and do, words, addresses, notices.
 *
 * May: put these together. May not: draw more than a notice, or know a view.
 */

import { Client } from "../shared/client.js";
import { paint } from "../shared/colour.js";
import { h } from "../shared/dom.js";
import { times } from "../shared/times.js";
import { words } from "../shared/words.js";
import { Desk } from "./desk.js";
import { WORDS } from "./words.js";
import { announce, toast } from "./surfaces.js";

const STYLES = new Map();

/** The app of this page; null if whoever is signed in does not work here (then the page says so). */
export async function begin(config) {
  const client = new Client({ mount: config.mount, brand: config.brand, csrf: config.csrf ?? null });
  const language = languageOf(config.language);
  document.documentElement.lang = language;
  const t = words(language, WORDS);
  try {
    const me = await client.get("/me");
    client.csrf = me.csrf ?? client.csrf;
    const desk = new Desk(client, me.agent);
    await desk.load();
    return new App(config, client, desk, me, language, t);
  } catch (problem) {
    console.error(problem);
    document.body.replaceChildren(stranger(t, problem));
    return null;
  }
}

class App {
  constructor(config, client, desk, me, language, t) {
    Object.assign(this, { config, client, desk, language, t });
    this.base = `${config.mount}/${config.brand}`;
    this.root = `${this.base}/workspace`;
    this.brands = me.brands ?? [];
    this.heard = new Set();
    this.time = times(t, desk.brand.zone);
    paint(document.documentElement, desk.brand.look?.colour ?? "");
  }

  get me() {
    return this.desk.me;
  }

  get brand() {
    return this.desk.brand;
  }

  get zone() {
    return this.desk.brand.zone;
  }

  get isAdmin() {
    return this.desk.me.role === "admin";
  }

  /** `t` with more texts: `const t = app.words(TABLE)`. */
  words(table) {
    return words(this.language, WORDS, table);
  }

  href(path) {
    return `${this.root}/${path}`;
  }

  /** Replaced by the frame, which knows how to show an address. */
  go(path) {
    location.assign(this.href(path));
  }

  listen(hear) {
    this.heard.add(hear);
    return () => this.heard.delete(hear);
  }

  tell(event) {
    this.desk.hear(event);
    for (const hear of [...this.heard]) hear(event);
  }

  /** The page is called so; who waits is counted before it. */
  title(text = this.called) {
    this.called = text;
    const name = this.brand.name || this.config.brand;
    const waiting = this.desk.counts.queued;
    document.title = `${waiting ? `(${waiting}) ` : ""}${text ? `${text} · ` : ""}${name}`;
  }

  toast(text, options = {}) {
    return toast(text, { close: this.t("close"), ...options });
  }

  announce(text) {
    announce(text);
  }

  /** A stylesheet below `static/workspace/`, once. */
  style(path) {
    if (!STYLES.has(path)) {
      STYLES.set(
        path,
        new Promise((done) => {
          const href = new URL(path, import.meta.url).href;
          document.head.append(h("link", { rel: "stylesheet", href, on: { load: done, error: done } }));
        }),
      );
    }
    return STYLES.get(path);
  }

  /** A problem in words for people. */
  explain(problem) {
    const known = EXPLAINED[problem?.code];
    if (known) return known(problem.body, this);
    if (!problem?.status) return this.t("problem_offline");
    if (problem.status === 422) return this.t("problem_invalid", { reason: problem.body.reason ?? "" });
    if (problem.status === 403) return this.t("problem_forbidden");
    if (problem.status === 404) return this.t("problem_not_found");
    if (problem.status === 429 || problem.status === 503) return this.t("problem_busy");
    return this.t("problem_unknown");
  }

  /** Tells of a problem. Nothing is lost by it: whatever was typed stays where it is. */
  failed(problem) {
    if (problem?.name !== "AbortError") this.toast(this.explain(problem), { kind: "error" });
  }
}

const EXPLAINED = {
  already_assigned: (problem, app) => app.t("problem_taken", { name: app.desk.agent(problem.agent_id)?.name ?? "?" }),
  limit_exceeded: (problem, app) =>
    app.t(problem.limit === "balance" ? "problem_balance" : problem.limit === "delayed_replies" ? "problem_delayed" : "problem_full"),
  illegal_transition: (_problem, app) => app.t("problem_state"),
  stale_view: (_problem, app) => app.t("problem_stale"),
  conflict: (problem, app) => {
    if (problem.claim === "off") return app.t("problem_handed_out");
    if (problem.next) return app.t("problem_not_first");
    if (problem.setting === "delay_live") return app.t("problem_delay_live");
    return app.t("problem_conflict");
  },
};

function languageOf(brandLanguage) {
  const kept = localStorage.getItem("cschat.language");
  const wanted = kept ?? (brandLanguage || navigator.language || "ko");
  return wanted.startsWith("ko") ? "ko" : "en";
}

function stranger(t, problem) {
  const nobody = problem.status === 401 || problem.status === 403 || problem.status === 404;
  return h(
    "main",
    { class: "stranger" },
    h("h1", {}, t(nobody ? "stranger_title" : "broken_title")),
    h("p", {}, t(nobody ? "stranger_text" : "broken_text")),
    h("button", { class: "button primary", type: "button", on: { click: () => location.reload() } }, t("try_again")),
  );
}
