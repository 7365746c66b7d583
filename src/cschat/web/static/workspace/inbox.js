/**
 * The inbox: the lists, the conversation that is open, and its customer.
 *
 * May: lay them out side by side, say which is open, hear the keys. May not: draw them.
 */

import { h } from "../shared/dom.js";
import { claim } from "./actions.js";
import { Conversation } from "./conversation.js";
import { CustomerPanel } from "./customer.js";
import { Drawer } from "./drawer.js";
import { Ending } from "./ending.js";
import { List } from "./lists.js";
import { Sessions } from "./sessions.js";

const LISTS = { queue: "tab_queue", mine: "tab_mine", review: "tab_review", closed: "tab_closed" };

export function mount(place, app) {
  return new Inbox(place, app);
}

class Inbox {
  constructor(place, app) {
    this.app = app;
    app.sessions = this.sessions = new Sessions(app);
    this.list = new List(app, this.sessions, { choose: (id) => this.#choose(id) });
    this.drawer = new Drawer(app, this.list);
    this.conversation = new Conversation(app, {
      customer: () => this.#side("customer", !this.#open),
      end: (session) => this.#end(session),
    });
    this.customer = new CustomerPanel(app, { close: () => this.#side("customer", false) });
    this.ending = new Ending(app, { close: (done) => this.#ended(done) });
    this.aside = h("aside", { class: "side", "aria-label": app.t("customer_panel") }, this.customer.node);
    this.scrim = h("div", { class: "scrim", on: { click: () => this.#side("customer", false) } });
    this.node = h("div", { class: "inbox" }, this.list.node, this.conversation.node, this.scrim, this.aside);
    place.append(this.node);
    this.free = app.keys.bind(this.#keys());
    this.stop = app.listen((event) => this.#arrived(event));
  }

  show(path, query) {
    const { app } = this;
    const [kind, name] = path;
    const session = kind === "sessions" ? name ?? null : null;
    if (kind === "lists") app.list = [name ?? "queue", path[2]].filter(Boolean).join("/");
    app.list ??= app.desk.counts.mine ? "mine" : "queue";
    this.#showList();
    this.node.classList.toggle("open", session !== null);
    this.list.select(session);
    if (session !== this.conversation.id) {
      if (this.node.classList.contains("ends")) this.#ended(true);
      this.#side("customer", false);
    }
    this.conversation.open(session).then(() => session === this.conversation.id && query?.get("end") !== null && this.conversation.run("end"));
    this.customer.open(session);
    if (!session) app.title(app.t("view_inbox"));
  }

  /** A session of another brand is opened in that brand's workspace. */
  #choose(id) {
    const { app } = this;
    const brand = this.sessions.brandOf(id);
    if (brand) location.assign(`${app.config.mount}/${brand.name}/workspace/sessions/${id}`);
    else app.go(`sessions/${id}`);
  }

  unmount() {
    this.stop();
    this.free();
    this.list.close();
    this.drawer.close();
    this.conversation.close();
    this.customer.close();
    this.ending.close();
    this.sessions.close();
  }

  #showList() {
    const [name, id] = this.app.list.split("/");
    if (name === "drawer") this.drawer.show(id);
    else {
      this.drawer.show(null);
      this.list.show(name in LISTS ? name : "queue", { title: this.app.t(LISTS[name] ?? "tab_queue") });
    }
    this.app.listed(name);
  }

  get #open() {
    return this.node.classList.contains("side-open");
  }

  /** Opens or closes the right column where there is no room for it beside the conversation. */
  #side(which, open) {
    this.node.classList.toggle("side-open", open);
    if (open) this.aside.querySelector("button, input, a")?.focus();
  }

  #end(session) {
    this.aside.replaceChildren(this.ending.node);
    this.node.classList.add("ends");
    this.#side("ending", true);
    this.ending.open(session, this.sessions.glance(session.id));
  }

  #ended(done) {
    this.node.classList.remove("ends");
    this.aside.replaceChildren(this.customer.node);
    this.#side("customer", false);
    if (!done) this.conversation.composer.focus();
  }

  #arrived(event) {
    const { app } = this;
    if (event.type === "Transferred" && event.body.agent === app.me.id && !event.actor.endsWith(app.me.id)) {
      this.sessions.refresh(event.subject).then(() => {
        const name = this.sessions.glance(event.subject)?.customer.name || app.t("anonymous");
        app.toast(app.t("arrived_transfer", { name }), { action: app.t("key_open"), then: () => app.go(`sessions/${event.subject}`) });
      }, () => {});
    }
  }

  #keys() {
    const { app } = this;
    const act = (name) => () => this.conversation.run(name);
    const focus = () => this.list.scroller.focus({ preventScroll: true });
    return {
      ArrowDown: () => (focus(), this.list.move(1)),
      ArrowUp: () => (focus(), this.list.move(-1)),
      Enter: (event) => {
        const id = this.list.current();
        if (event.target.closest("button, a, summary, [role=option]") || !id || id === this.conversation.id) return false;
        this.#choose(id);
        return true;
      },
      c: () => {
        const session = this.sessions.get(this.list.current() ?? this.conversation.id);
        if (!session || this.sessions.brandOf(session.id) || !["queued", "intake", "bot"].includes(session.state)) return false;
        claim(app, session);
        return true;
      },
      r: () => this.conversation.id !== null && this.conversation.composer.write("public"),
      n: () => this.conversation.id !== null && this.conversation.composer.write("note"),
      t: act("transfer"),
      h: act("hold"),
      e: act("end"),
      i: () => {
        if (!this.conversation.id) return false;
        this.#side("customer", !this.#open);
        return true;
      },
      Escape: (event) => {
        if (this.node.classList.contains("ends")) this.ending.cancel();
        else if (this.#open) this.#side("customer", false);
        else if (event.target.closest?.(".composer")) event.target.blur();
        else if (this.conversation.id) app.go(`lists/${app.list}`);
        else return false;
        return true;
      },
    };
  }
}
