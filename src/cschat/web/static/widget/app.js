// The window that the launcher opens: which view is shown, what is known, what is new.
// May: hold the panel and its views, load what they show, listen. May not: draw a view.

import { Client } from "../shared/client.js";
import { summary } from "../shared/content.js";
import { adopt, fill, h } from "../shared/dom.js";
import { form } from "../shared/form.js";
import { Problem } from "../shared/problem.js";
import { times } from "../shared/times.js";
import { words } from "../shared/words.js";
import { conversation } from "./conversation.js";
import { articleView, home } from "./home.js";
import { avatar, head, iconButton } from "./parts.js";
import { Talk } from "./talk.js";
import { WORDS } from "./words.js";

const OVER = new Set(["wrap_up", "closed"]);
const DAY = 86_400_000;
const PAST = 20;
const SHELF = 6;
const LATELY = 30 * 60_000;
const SLOW = 2500; // milliseconds until it is worth saying that the line is gone
const PROFILE = new Set(["name", "phone", "email", "birth_date", "address"]);

/** Load what the window needs, and answer it. */
export async function start(host, config) {
  await adopt(
    host.shadowRoot,
    ["shared/tokens.css", "shared/content.css", "widget/widget.css"].map((path) => `${config.files}/${path}`),
  );
  const app = new App(host, config);
  app.look();
  return app;
}

class App {
  constructor(host, { mount, brand, language, given, tell }) {
    Object.assign(this, { host, given, tell, language });
    this.client = new Client({
      mount,
      brand,
      customer: true,
      language: language(),
      member: (newer) => this.member(newer),
      onEntered: (entry) => this.entered(entry),
    });
    this.drawer = this.client.drawer;
    this.sessions = [];
    this.glances = new Map();
    this.unread = new Map();
    this.articles = new Map();
    this.front = null;
    this.shelf = null;
    this.talk = null;
    this.view = null;
    this.line = navigator.onLine === false ? "offline" : "live";
    this.sound = this.drawer.get("sound") !== false;
    this.words();
    this.panel = h("div", { class: "panel", role: "dialog", "aria-modal": "true", "aria-labelledby": "cschat-title", hidden: true });
    this.note = h("div", { class: "toast", role: "status", "aria-live": "polite" });
    this.peek = h("div", { class: "peek", "aria-live": "polite" });
    host.shadowRoot.append(this.peek, this.panel);
    this.panel.addEventListener("keydown", (event) => this.key(event));
    this.panel.addEventListener("pointerdown", ready);
    globalThis.addEventListener("pagehide", () => this.view?.gone?.());
    document.addEventListener("pointerdown", (event) => this.opened && !event.composedPath().includes(host) && host.close());
    document.addEventListener("visibilitychange", () => this.update());
    globalThis.addEventListener("focus", () => this.update());
    globalThis.addEventListener("offline", () => this.at("offline"));
    globalThis.addEventListener("online", () => this.at("connecting"));
    globalThis.visualViewport?.addEventListener("resize", () => this.fit());
  }

  words() {
    this.t = words(this.language(), WORDS);
    this.times = times(this.t, this.front?.zone);
    this.host.setAttribute("lang", this.t.language);
  }

  get opened() {
    return !this.panel.hidden;
  }

  /** The host's token of whoever is signed in; a `newer` one from where the host gives it. */
  async member(newer) {
    const { memberToken, tokenUrl } = this.given;
    if (memberToken && !newer) return memberToken;
    if (!tokenUrl) return memberToken ?? null;
    const answer = await fetch(tokenUrl, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return null;
    const told = (await answer.text()).trim();
    this.given.memberToken = told.startsWith("{") ? (JSON.parse(told).token ?? "") : told;
    return this.given.memberToken || null;
  }

  entered(entry) {
    if (this.customer === entry.customer) return;
    this.customer = entry.customer;
    this.stream?.close();
    this.stream = null;
  }

  async identify(token) {
    this.given.memberToken = token;
    await this.anew();
  }

  async signOut() {
    delete this.given.memberToken;
    delete this.given.tokenUrl;
    this.client.leave();
    await this.anew();
  }

  /** Somebody else sits here. */
  async anew() {
    this.client.token = null;
    this.stream?.close();
    this.stream = null;
    Object.assign(this, { talk: null, customer: null, sessions: [], glances: new Map(), unread: new Map() });
    this.count();
    if (this.view) this.show("home");
    await this.refresh();
  }

  /** See whether there is anything new, without opening. */
  async look() {
    if (await this.client.known()) await this.refresh();
  }

  /** Ask for all that the first view shows. */
  async refresh() {
    const language = this.t.language;
    try {
      const [front, sections, articles, mine] = await this.client.askAll([
        ["FrontDesk", { language }],
        ["Sections", {}],
        ["Articles", { type: "faq", language, limit: SHELF }],
        ["CustomerSessions", { limit: PAST }],
      ]);
      this.front = front;
      this.times = times(this.t, front.zone);
      this.shelf = { sections, articles: articles.items };
      this.sessions = mine.items;
      this.broken = null;
      this.host.learn(front);
      const ids = mine.items.map((session) => session.id);
      const glances = ids.length ? await this.client.ask("Glances", { sessions: ids }) : [];
      this.glances = new Map(glances.map((glance) => [glance.session, glance]));
      this.unread = new Map(glances.map((glance) => [glance.session, glance.unread]));
      this.count();
      await this.listen();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.broken = problem;
    }
    this.update();
  }

  /** The conversation that goes on, if there is one. What only a bot was asked yesterday is over for people. */
  get ongoing() {
    const lately = (session) => session.state !== "bot" || Date.now() - Date.parse(session.last_at ?? session.since_at) < DAY;
    return this.sessions.find((session) => !OVER.has(session.state) && lately(session)) ?? null;
  }

  get announcement() {
    const enough = this.drawer.get("enough") ?? [];
    return this.front?.announcements.find((one) => !enough.includes(one.id)) ?? null;
  }

  async readAnnouncement(announcement, enough) {
    if (enough) this.drawer.put("enough", [...(this.drawer.get("enough") ?? []).slice(-50), announcement.id]);
    this.update();
    await this.client.do("ReadAnnouncement", { announcement: announcement.id, enough }, { tries: 1 }).catch(() => undefined); // it counts readers, no more
  }

  async article(id) {
    if (!this.articles.has(id)) this.articles.set(id, this.client.ask("GetArticle", { article: id }, { tries: 1 }));
    try {
      return await this.articles.get(id);
    } catch (problem) {
      this.articles.delete(id);
      if (problem.status === 404) return null;
      throw problem;
    }
  }

  async listen() {
    const alive = this.sessions.some(
      (session) => !OVER.has(session.state) || Date.now() - Date.parse(session.ended_at ?? session.since_at) < DAY,
    );
    if (this.stream || !(this.opened || alive) || !(await this.client.known())) return;
    await this.client.enter();
    if (this.stream) return;
    this.stream = this.client.listen({
      shared: `${this.client.base}:${this.customer}`,
      session: this.talk?.id ?? null,
      onEvent: (event) => this.happened(event),
      onAttending: (session, attending) => this.attended(session, attending),
      onState: (state) => this.at(state),
      onMissed: () => this.talk?.load(),
    });
  }

  at(state) {
    const good = state === "live" || state === "polling";
    clearTimeout(this.slow);
    if (!good && state === "connecting" && this.line !== "offline") this.slow = setTimeout(() => this.be("connecting"), SLOW);
    else this.be(good ? "live" : state);
    if (good) {
      this.talk?.online();
      this.talk?.load();
    }
    if (state === "connecting" && !this.stream) this.be("live");
  }

  be(line) {
    this.line = line;
    this.update();
  }

  happened(event) {
    const { type, subject, body } = event;
    if (!subject.startsWith("ses_")) return;
    this.talk?.take(event);
    if (type === "MessagesRead" && body.reader === "customer") this.unread.set(subject, 0);
    if (type === "MessageSent" && body.author !== "customer") this.news(event);
    this.count();
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.resume(), 300);
  }

  /** The list of sessions, after something has happened in one. */
  async resume() {
    if (this.opened && this.view?.name === "home") return this.refresh();
    const known = this.talk?.session;
    if (known)
      this.sessions = [known, ...this.sessions.filter((session) => session.id !== known.id)].sort((one, other) =>
        one.opened_at < other.opened_at ? 1 : -1,
      );
    return undefined;
  }

  attended(session, attending) {
    if (this.talk?.id !== session) return;
    this.talk.attending = attending;
    this.update();
  }

  /** An answer has come. */
  news({ subject, body }) {
    if (this.talk?.id === subject && this.looking(this.talk)) return;
    this.unread.set(subject, (this.unread.get(subject) ?? 0) + 1);
    if (this.sound && body.author === "agent") chime();
    const name = this.talk?.speakers.get(body.agent)?.name ?? this.front?.agents.find((face) => face.id === body.agent)?.name ?? "";
    const text = summary(body.content, this.t);
    this.tell("message", { session: subject, author: body.author, text });
    if (!this.opened && body.author !== "system") this.peekAt(subject, name, text, body.author === "bot");
  }

  peekAt(session, name, text, bot) {
    const away = () => fill(this.peek);
    const open = h(
      "button",
      { type: "button", class: "peek-open", on: { click: () => (away(), this.host.open({ session })) } },
      avatar({ name }, { bot }),
      h("span", {}, name ? h("strong", {}, name) : null, h("span", { class: "peek-text" }, text)),
    );
    fill(this.peek, open, iconButton("close", this.t("close"), away, { class: "icon-button small" }));
  }

  count() {
    this.host.count([...this.unread.values()].reduce((sum, one) => sum + one, 0));
  }

  /** Whether the customer sees this conversation now. */
  looking(talk) {
    return this.opened && !document.hidden && this.view?.talk === talk;
  }

  /** Open the window: at a `view` ("home", "start"), or where it was. */
  open(view) {
    this.panel.hidden = false;
    fill(this.peek);
    this.fit();
    const unread = this.sessions.find((session) => this.unread.get(session.id));
    if (view?.session) this.show("talk", this.sessions.find((session) => session.id === view.session) ?? { id: view.session });
    else if (view === "start") this.begin();
    else if (view === "home") this.show("home");
    else if (unread) this.show("talk", unread);
    else if (this.view) this.update();
    else if (this.lately) this.show("talk", { id: this.lately });
    else this.show("home");
    this.focus();
    this.view.shown?.();
    if (!this.front || this.view.name === "home") this.refresh();
    else this.listen();
  }

  /** The conversation that was open a while ago, here or in another tab. */
  get lately() {
    const { session, at } = this.drawer.get("open") ?? {};
    return Date.now() - at < LATELY ? session : null;
  }

  close() {
    const held = this.panel.contains(this.host.shadowRoot.activeElement);
    this.panel.hidden = true;
    this.view?.gone?.();
    if (held) this.host.launcher.focus();
  }

  focus() {
    this.view?.focus();
  }

  /** "home"; "talk" with a session, a Talk or null for a new one; "article"; "guest". */
  show(name, given) {
    this.view?.leave();
    if (name === "talk") this.talk = given instanceof Talk ? given : this.talkOf(given);
    const made = {
      home: () => home(this),
      talk: () => conversation(this, this.talk),
      article: () => articleView(this, given),
      guest: () => this.guest(),
    };
    this.view = made[name]();
    this.panel.replaceChildren(this.view.element, this.note);
    this.stream?.open(this.talk?.id ?? null);
    this.update();
    if (this.opened) {
      this.focus();
      this.view.shown?.();
      if (name === "home" && this.front) this.refresh();
    }
  }

  talkOf(session) {
    if (session && this.talk?.id === session.id) return this.talk;
    const talk = new Talk({
      client: this.client,
      session,
      desk: {
        channel: "web",
        language: () => this.t.language,
        page: () => location.href.slice(0, 2000),
        closed: async () => this.front !== null && !this.front.open,
      },
      changed: () => this.talk === talk && this.update(),
      moved: (id, same) => this.moved(id, same),
    });
    talk.load();
    return talk;
  }

  moved(id, same) {
    if (same) {
      this.sessions.unshift(same.session);
      this.listen().then(() => this.stream?.open(id));
    } else if (this.talk?.id !== id) this.show("talk", { id });
  }

  /** Go on with what is under way, or begin. */
  goOn() {
    return this.ongoing ? this.show("talk", this.ongoing) : this.begin();
  }

  /** Begin a conversation: with what a guest is asked first, if there is something. */
  begin() {
    if (this.front?.guest_form.length) return this.show("guest");
    const kept = this.ongoing && !this.glances.get(this.ongoing.id)?.last ? this.ongoing : null;
    this.show("talk", kept);
    if (!kept && this.front?.greets !== false) {
      const talk = this.talk;
      talk.begin().catch((problem) => {
        if (!(problem instanceof Problem)) throw problem; // the first message tries again
      });
    }
    return undefined;
  }

  guest() {
    const { t, front } = this;
    const submit = async (answers) => {
      const profile = Object.fromEntries(Object.entries(answers).filter(([name, said]) => PROFILE.has(name) && said));
      const attributes = Object.fromEntries(Object.entries(answers).filter(([name, said]) => !PROFILE.has(name) && said));
      await this.client.do("UpdateCustomer", { ...profile, ...(Object.keys(attributes).length ? { attributes } : {}) });
      front.guest_form = [];
      this.begin();
    };
    const asked = form(front.guest_form, { t, submit, label: t("start"), name: t("guest_form") });
    const element = h(
      "section",
      { class: "view" },
      head(this, t("guest_form"), () => this.show("home")),
      h("div", { class: "scroller guest" }, h("p", { class: "guest-more" }, t("guest_form_more")), asked),
    );
    return {
      element,
      name: "guest",
      update: () => undefined,
      focus: () => element.querySelector(".input").focus(),
      leave: () => undefined,
    };
  }

  update() {
    if (!this.opened || !this.view) return;
    const held = this.panel.contains(this.host.shadowRoot.activeElement);
    this.view.update();
    if (held && !this.host.shadowRoot.activeElement) this.focus(); // what had the focus is gone
    const open = this.view.name === "talk" ? this.talk.id : null;
    if (open !== this.kept) this.drawer.put("open", open && { session: open, at: Date.now() });
    this.kept = open;
    if (this.talk && this.looking(this.talk)) {
      this.talk.read();
      if (this.unread.get(this.talk.id)) {
        this.unread.set(this.talk.id, 0);
        this.count();
      }
    }
  }

  setSound(on) {
    this.sound = on;
    this.drawer.put("sound", on ? null : false);
    if (on) chime();
  }

  /** Go on in another language. */
  speak(language) {
    this.drawer.put("language", language);
    this.client.language = language;
    this.words();
    this.host.dress();
    this.show(this.view.name === "talk" ? "talk" : "home", this.talk);
    this.client.known().then((known) => known && this.client.do("UpdateCustomer", { language }, { tries: 1 }).catch(() => undefined)); // it is kept here all the same
    this.refresh();
  }

  toast(words) {
    fill(this.note, h("p", {}, words));
    clearTimeout(this.noted);
    this.noted = setTimeout(() => fill(this.note), 5000);
  }

  key(event) {
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.stopPropagation();
      this.host.close();
    }
    if (event.key !== "Tab") return;
    const all = [...this.panel.querySelectorAll("button, a[href], input, textarea, summary, [tabindex='0']")].filter(
      (each) => !each.disabled && each.tabIndex >= 0 && each.offsetParent !== null,
    );
    const [first, last] = [all[0], all.at(-1)];
    const here = this.host.shadowRoot.activeElement;
    const to = event.shiftKey ? (here === first || !all.includes(here) ? last : null) : here === last ? first : null;
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  /** On telephones the keyboard covers what is below: the window is as high as what is seen. */
  fit() {
    const seen = globalThis.visualViewport;
    if (!seen || !this.opened) return;
    const typing = globalThis.innerHeight - seen.height > 120;
    this.panel.style.setProperty("--seen", typing ? `${Math.round(seen.height)}px` : "100dvh");
    this.panel.style.setProperty("--above", typing ? `${Math.round(seen.offsetTop)}px` : "0px");
  }
}

let audio = null; // it may play once the customer has touched the page

function ready() {
  audio ??= globalThis.AudioContext ? new AudioContext() : null;
  if (audio?.state === "suspended") audio.resume().catch(() => undefined);
}

/** Two soft notes when an answer comes. */
function chime() {
  if (audio?.state !== "running") return;
  [659, 880].forEach((pitch, at) => {
    const start = audio.currentTime + at * 0.11;
    const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.08, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  });
}
