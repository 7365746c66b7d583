/**
 * The conversation that is open: its head, what was said and happened, who else is here, and the composer below.
 *
 * May: ask for what happened, keep it in step with the stream, send what is written. May not: know how a message looks (talk.js) or what the
 * composer holds (composer.js).
 */

import { fill, h, keep } from "../shared/dom.js";
import { fresh } from "../shared/client.js";
import { icon } from "../shared/icons.js";
import { act, actionsFor, explain } from "./actions.js";
import { Composer } from "./composer.js";
import { avatar, badge, customerName } from "./marks.js";
import { menu } from "./surfaces.js";
import { itemsOf, nodeOf, viewOf } from "./talk.js";

const PAGE = 500;
const BEAT_SECONDS = 10;
const NEAR_END = 80;
const STATE_KINDS = { queued: "amber", intake: "amber", active: "green", wrap_up: "blue", bot: "", closed: "" };

export class Conversation {
  /** `on`: `back()`, `customer()`, `end(session)`. */
  constructor(app, on) {
    Object.assign(this, { app, on });
    this.id = null;
    this.head = h("header", { class: "talk-head" });
    this.items = h("div", { class: "talk-items", role: "log", "aria-label": app.t("conversation"), "aria-live": "off" });
    this.typing = h("div", { class: "typing", hidden: true });
    this.scroller = h("div", { class: "talk", tabindex: "0" }, this.items, this.typing);
    this.latest = h("button", { type: "button", class: "to-latest", hidden: true, on: { click: () => this.#toEnd(true) } });
    this.company = h("div", { class: "company", role: "status", hidden: true });
    this.composer = new Composer(app, {
      send: (content, options) => this.#send(content, options),
      typing: (now) => this.#type(now),
      act: (command, fields, told) => act(app, command, fields, told),
    });
    this.node = h("section", { class: "conversation", "aria-label": app.t("conversation") });
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.stops = [
      app.listen((event) => this.#hear(event)),
      app.sessions.listen((ids) => ids.includes(this.id) && this.#changed()),
      app.desk.listen((what) => what !== "counts" && this.id && this.events && (this.#draw(), this.#drawHead())),
    ];
    app.attended = (session, attending) => session === this.id && this.#attended(attending);
    this.beating = setInterval(() => this.#beat(), BEAT_SECONDS * 1000);
    this.resized = new ResizeObserver(() => this.atEnd && this.#toEnd());
    this.resized.observe(this.scroller);
    this.onVisible = () => {
      if (!document.hidden) {
        this.#beat();
        this.#read();
      }
    };
    document.addEventListener("visibilitychange", this.onVisible);
    this.onHide = () => {
      this.#keepUnsent();
      this.#gone();
    };
    addEventListener("pagehide", this.onHide);
    this.#blank();
  }

  close() {
    this.#leave();
    for (const stop of this.stops) stop();
    clearInterval(this.beating);
    this.resized.disconnect();
    document.removeEventListener("visibilitychange", this.onVisible);
    removeEventListener("pagehide", this.onHide);
    this.app.attended = null;
    this.composer.close();
  }

  // --------------------------------------------------------------------------------------------------------- opening

  /** Shows a session; null: none. */
  async open(id) {
    if (this.id === id) return;
    this.#leave();
    this.id = id;
    this.events = null;
    this.session = null;
    this.customer = null;
    this.pending = [];
    this.allowed = new Set();
    this.attending = [];
    this.#attended([]);
    this.app.stream?.open(id);
    if (!id) {
      this.#blank();
      return;
    }
    this.#skeleton();
    this.composer.open(id);
    await this.#load(id);
  }

  async #load(id) {
    const { app } = this;
    try {
      const [session, allowed, events] = await Promise.all([app.sessions.refresh(id), this.#mayWhat(id), this.#history(id, null)]);
      if (this.id !== id) return;
      this.session = session;
      this.allowed = allowed;
      this.events = events;
      this.unreadAfter = session.read_by_staff;
      this.#show();
      this.#beat();
      this.#read();
      this.composer.suggest();
      app.title(this.view().customerName);
      this.customer = await app.client.ask("GetCustomer", { customer: session.customer });
      if (this.id !== id) return;
      this.#drawHead();
      this.#draw();
    } catch (problem) {
      if (this.id === id && !this.events) this.#failed(problem);
    }
  }

  async #history(id, after) {
    const found = [];
    let next = after;
    do {
      const page = await this.app.client.ask("History", { session: id, after: next, limit: PAGE });
      found.push(...page.items);
      next = page.next;
    } while (next !== null);
    return found;
  }

  async #mayWhat(id) {
    return new Set(await this.app.client.get(`/sessions/${encodeURIComponent(id)}/allowed`));
  }

  /** What could not be sent is a draft again. */
  #keepUnsent() {
    const failed = this.pending?.filter((pending) => pending.state === "failed") ?? [];
    for (const { content, note } of failed.reverse()) this.composer.give(content, note);
    this.pending = this.pending?.filter((pending) => pending.state !== "failed");
  }

  #leave() {
    if (!this.id) return;
    this.#keepUnsent();
    this.composer.leave();
    this.#gone();
  }

  #gone() {
    if (this.id) this.app.client.do("Attend", { session: this.id, gone: true }, { tries: 0 }).catch(() => {});
  }

  // --------------------------------------------------------------------------------------------------------- in step

  #hear(event) {
    if (!this.id || !this.events) return;
    if (event.type === "Missed") {
      this.#catchUp();
      return;
    }
    if (event.type === "CustomerUpdated" && event.subject === this.session?.customer) this.#customerChanged();
    if (event.subject !== this.id) return;
    const last = this.events.at(-1)?.seq ?? 0;
    if (event.seq <= last) return;
    if (event.seq > last + 1) this.#catchUp();
    else this.#add([event]);
  }

  async #catchUp() {
    const { id } = this;
    if (this.catching) return;
    this.catching = true;
    try {
      const missed = await this.#history(id, String(this.events.at(-1)?.seq ?? 0));
      if (this.id === id) this.#add(missed.filter((event) => event.seq > (this.events.at(-1)?.seq ?? 0)));
    } catch (problem) {
      console.warn("cschat: what was missed could not be asked for", problem);
    } finally {
      this.catching = false;
    }
  }

  #add(events) {
    if (!events.length) return;
    this.events.push(...events);
    for (const { once } of events) if (once) this.pending = this.pending.filter((pending) => !once.endsWith(`:${pending.id}`));
    const spoken = events.filter((event) => event.type === "MessageSent" && event.body.author !== "agent");
    if (spoken.length && this.atEnd && !document.hidden) this.app.announce(`${this.view().customerName}: ${spoken.at(-1).body.content.text}`);
    if (spoken.some((event) => event.body.author === "customer")) this.composer.suggest();
    this.#draw();
    if (this.atEnd) this.#toEnd();
    else if (spoken.length) this.#offerLatest(true);
    this.#read();
  }

  async #changed() {
    const { id } = this;
    const session = this.app.sessions.get(id);
    if (!session || !this.session || session.seq === this.session.seq) return;
    const moved = session.state !== this.session.state || session.agent !== this.session.agent || session.held_until_at !== this.session.held_until_at;
    this.session = session;
    if (session.seq > (this.events?.at(-1)?.seq ?? 0)) this.#catchUp();
    if (moved || session.delayed.length !== this.composer.delayed) {
      try {
        const allowed = await this.#mayWhat(id);
        if (this.id !== id) return;
        this.allowed = allowed;
      } catch (problem) {
        console.warn("cschat: what is allowed could not be asked for", problem);
      }
    }
    this.#drawHead();
    this.#draw();
    this.composer.show(this.session, this.allowed);
  }

  async #customerChanged() {
    const { id } = this;
    const customer = await this.app.client.ask("GetCustomer", { customer: this.session.customer }).catch(() => null);
    if (!customer || this.id !== id) return;
    this.customer = customer;
    this.#drawHead();
    this.#draw();
  }

  /** The customer has read up to here; of our own last message that they have read, it is said. */
  #readSeq() {
    const upTo = this.session.read_by_customer;
    const read = this.events.filter((event) => event.type === "MessageSent" && event.body.author === "agent" && event.body.visibility === "public" && event.seq <= upTo);
    return read.at(-1)?.seq ?? 0;
  }

  #read() {
    const { app, session, events } = this;
    if (!session || !events?.length || document.hidden || session.agent !== app.me.id) return;
    const upTo = events.at(-1).seq;
    const unread = events.some((event) => event.type === "MessageSent" && event.body.author === "customer" && event.seq > Math.max(session.read_by_staff, this.marked ?? 0));
    if (!unread) return;
    this.marked = upTo;
    app.client.do("MarkRead", { session: session.id, up_to: upTo }).catch(() => {
      this.marked = 0;
    });
  }

  // ----------------------------------------------------------------------------------------------------------- company

  async #beat() {
    const { app, id } = this;
    if (!id || !this.session || document.hidden || navigator.onLine === false) return;
    try {
      await app.client.do("Attend", { session: id, typing: this.composer.typing }, { tries: 0 });
      const attending = await app.client.ask("Attending", { session: id }, { tries: 0 });
      if (this.id === id) this.#attended(attending);
    } catch {
      // The next beat tells.
    }
  }

  #type(now) {
    if (this.id && this.session) this.app.client.do("Attend", { session: this.id, typing: now }, { tries: 0 }).catch(() => {});
  }

  #attended(attending) {
    const { t, me } = this.app;
    this.attending = attending;
    const others = attending.filter((one) => one.who === "agent" && one.agent !== me.id);
    const writing = others.filter((one) => one.typing);
    const names = (some) => some.map((one) => one.name).join(", ");
    this.company.hidden = !others.length;
    this.company.classList.toggle("busy", writing.length > 0);
    const text = writing.length ? t("collision_typing", { names: names(writing) }) : others.length ? t("collision_viewing", { names: names(others) }) : "";
    if (this.company.dataset.text !== text) {
      this.company.dataset.text = text;
      fill(this.company, writing.length ? icon("alert", 16) : icon("eye", 16), h("span", {}, text));
    }
    const customer = attending.find((one) => one.who === "customer");
    const types = Boolean(customer?.typing);
    if (this.typing.hidden === !types) return;
    this.typing.hidden = !types;
    if (types) {
      const name = this.session ? this.view().customerName : "";
      fill(this.typing, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), h("span", { class: "hidden-text" }, t("typing", { name })));
    }
    if (this.atEnd) this.#toEnd();
  }

  // ----------------------------------------------------------------------------------------------------------- sending

  /** Shows it at once, and sends it; a refused one stays with a way to try again. */
  async #send(content, { note = false } = {}) {
    const pending = { id: fresh(), content, note, state: "sending", session: this.id };
    this.pending.push(pending);
    this.atEnd = true;
    this.#draw();
    this.#toEnd();
    await this.#deliver(pending);
  }

  async #deliver(pending) {
    const { app } = this;
    pending.state = "sending";
    this.#draw();
    const fields = { session: pending.session, content: pending.content, client_id: pending.id };
    if (!pending.note) fields.seen = this.events?.at(-1)?.seq ?? null;
    try {
      const message = await app.client.do(pending.note ? "AddNote" : "SendMessage", fields, { key: pending.id });
      if (this.id !== pending.session) return;
      if (this.events.some((event) => event.body.id === message.id)) this.pending = this.pending.filter((one) => one !== pending);
      else if (this.events.at(-1)?.seq < message.seq) this.#catchUp();
    } catch (problem) {
      pending.state = "failed";
      pending.why = app.explain(problem);
      if (this.id !== pending.session) {
        app.toast(pending.why, { kind: "error" });
        return;
      }
      if (problem.status === 409) app.sessions.refresh(pending.session).catch(() => {});
    }
    this.#draw();
    if (this.atEnd) this.#toEnd();
  }

  // ----------------------------------------------------------------------------------------------------------- drawing

  view() {
    const view = viewOf(this.app, this.session, this.customer);
    const glance = this.app.sessions.glance(this.id);
    if (!this.customer && glance) view.customerName = customerName(glance.customer, this.app.t);
    return Object.assign(view, {
      events: this.events,
      pending: this.pending,
      unreadAfter: this.unreadAfter,
      readSeq: this.#readSeq(),
      send: (pending) => this.#deliver(pending),
      discard: (pending) => {
        this.pending = this.pending.filter((one) => one !== pending);
        this.#draw();
      },
    });
  }

  #show() {
    this.items.kept = null;
    fill(this.items);
    fill(this.node, this.head, h("div", { class: "talk-wrap" }, this.scroller, this.latest), this.company, this.composer.node);
    this.#drawHead();
    this.#draw();
    this.composer.show(this.session, this.allowed);
    const line = this.items.querySelector(".unread-line");
    this.#offerLatest(false);
    if (line) {
      this.scroller.scrollTop = line.offsetTop - 80;
      this.#scrolled();
    } else this.#toEnd();
  }

  #draw() {
    if (!this.events) return;
    const view = this.view();
    const items = itemsOf(view);
    keep(this.items, items, (item) => item.key, (item, old) => nodeOf(item, view, old));
    this.items.classList.toggle("empty", items.length === 0);
  }

  #drawHead() {
    const { app, session } = this;
    if (!session) return;
    const { t } = app;
    const { customerName: name } = this.view();
    const key = JSON.stringify([name, session.state, session.agent, session.held_until_at, session.category, [...this.allowed], this.customer?.profile.image, app.desk.agents.length]);
    if (this.head.dataset.key === key) return;
    this.head.dataset.key = key;
    const { main, more } = actionsFor(app, session, this.allowed, { end: () => this.on.end(this.session) });
    this.actions = [...main, ...more];
    const owner = session.agent ? app.desk.agent(session.agent)?.name : null;
    const held = session.held_until_at ? badge(t("hold_until", { time: app.time.clock(session.held_until_at) })) : null;
    const category = session.category ? app.desk.category(session.category)?.path : "";
    const buttons = main.map((one) =>
      h("button", { type: "button", class: `button ${one.kind ?? ""}`, data: { action: one.name }, title: one.text, on: { click: (event) => one.run(event.currentTarget) } }, icon(one.icon, 18), h("span", {}, one.text)),
    );
    const moreButton = h("button", { type: "button", class: "icon-button more", "aria-label": t("more"), on: { click: () => menu(moreButton, extra(), { label: t("actions") }) } }, icon("more"));
    const hidden = () => main.filter((one, at) => getComputedStyle(buttons[at]).display === "none");
    const extra = () => [
      ...hidden().map((one) => ({ text: one.text, icon: one.icon, then: () => one.run(moreButton) })),
      ...more.map((one) => ({ text: one.text, hint: one.hint, icon: one.icon, danger: one.danger, then: () => one.run(moreButton) })),
      more.length || hidden().length ? "-" : null,
      { text: session.state === "queued" ? t("why_waits") : t("why_me"), icon: "info", then: () => explain(app, session) },
      { text: t("copy_link"), icon: "link", then: () => this.#copy() },
    ];
    const focused = document.activeElement?.dataset?.action;
    fill(
      this.head,
      h("a", { class: "icon-button back", href: app.href(`lists/${app.list ?? "queue"}`), "aria-label": t("back") }, icon("back")),
      avatar({ id: session.customer, name, image: this.customer?.profile?.image }),
      h(
        "div",
        { class: "talk-who" },
        h("h1", {}, name),
        h(
          "p",
          {},
          badge(t(`state_${session.state}`), STATE_KINDS[session.state]),
          held,
          owner ? h("span", { class: "talk-owner" }, owner) : null,
          category ? h("span", { class: "talk-category" }, category) : null,
          h("button", { type: "button", class: "why-button", "aria-label": session.state === "queued" ? t("why_waits") : t("why_me"), title: session.state === "queued" ? t("why_waits") : t("why_me"), on: { click: () => explain(app, session) } }, icon("info", 16)),
        ),
      ),
      h("div", { class: "talk-actions", role: "group", "aria-label": t("actions") }, buttons),
      moreButton,
      h("button", { type: "button", class: "icon-button show-customer", "aria-label": t("show_customer"), on: { click: () => this.on.customer() } }, icon("user")),
    );
    if (focused) this.head.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  async #copy() {
    const { app } = this;
    try {
      await navigator.clipboard.writeText(new URL(app.href(`sessions/${this.id}`), location.href).href);
      app.toast(app.t("copied"));
    } catch (problem) {
      console.warn("cschat: the clipboard is closed", problem);
    }
  }

  /** Runs an action by name, as a key does; false if it is not there. */
  run(name) {
    const action = this.actions?.find((one) => one.name === name);
    if (!action || !this.session) return false;
    const button = this.head.querySelector(`[data-action="${name}"]`);
    action.run(button?.offsetParent ? button : this.head.querySelector(".more"));
    return true;
  }

  #blank() {
    const { t } = this.app;
    fill(this.node, h("div", { class: "blank" }, icon("chat", 32), h("h2", {}, t("nothing_open")), h("p", {}, t("nothing_open_text"))));
  }

  #skeleton() {
    delete this.head.dataset.key;
    const line = (side, size) => h("div", { class: `msg-skeleton ${side}` }, h("i", { class: `skeleton ${size}` }));
    fill(this.head, h("a", { class: "icon-button back", href: this.app.href(`lists/${this.app.list ?? "queue"}`), "aria-label": this.app.t("back") }, icon("back")), h("i", { class: "skeleton face" }), h("i", { class: "skeleton short" }));
    fill(this.node, this.head, h("div", { class: "talk-wrap", "aria-busy": "true" }, h("div", { class: "talk" }, line("theirs", "wide"), line("theirs", ""), line("ours", "wide"), line("theirs", ""))));
  }

  #failed(problem) {
    const { t } = this.app;
    const unknown = problem.status === 404 || problem.status === 422;
    fill(
      this.node,
      h(
        "div",
        { class: "blank" },
        icon("alert", 32),
        h("h2", {}, t(unknown ? "conversation_unknown" : "conversation_failed")),
        unknown ? null : h("p", {}, this.app.explain(problem)),
        unknown
          ? h("a", { class: "button", href: this.app.href("lists/queue") }, t("to_inbox"))
          : h("button", { type: "button", class: "button", on: { click: () => (this.#skeleton(), this.#load(this.id)) } }, t("try_again")),
      ),
    );
  }

  // --------------------------------------------------------------------------------------------------------- scrolling

  #scrolled() {
    const { scroller } = this;
    this.atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
    if (this.atEnd) this.#offerLatest(false);
    else if (!this.latest.classList.contains("new")) this.#offerLatest(false, true);
  }

  #offerLatest(isNew, shown = isNew) {
    this.latest.hidden = !shown;
    this.latest.classList.toggle("new", isNew);
    fill(this.latest, icon("down", 16), this.app.t(isNew ? "new_messages" : "to_latest"));
  }

  #toEnd(smooth = false) {
    this.atEnd = true;
    this.latest.hidden = true;
    const calm = smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "smooth" : "instant" });
  }
}
