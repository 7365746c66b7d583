/**
 * The sessions that are on the screen, each as it is now, with a line about it.
 *
 * May: keep those that somebody shows fresh, by the events that concern them. May not: list, draw, or decide.
 */

const AFTER = 120;
const AT_ONCE = 40;
const LINES_AT_ONCE = 200;
const KEPT = 2000;

export class Sessions {
  constructor(app) {
    this.app = app;
    this.known = new Map();
    this.glances = new Map();
    this.heard = new Set();
    this.due = new Set();
    this.lines = new Set();
    this.elsewhere = new Map();
    this.timer = null;
    this.stop = app.listen((event) => this.#hear(event));
  }

  close() {
    this.stop();
    clearTimeout(this.timer);
  }

  /** Tells `hear(ids)` of sessions that are another than before. */
  listen(hear) {
    this.heard.add(hear);
    return () => this.heard.delete(hear);
  }

  get(id) {
    return this.known.get(id);
  }

  glance(id) {
    return this.glances.get(id);
  }

  /** Takes what a list or a command has answered; asks for the line of each that has none. */
  put(sessions) {
    const changed = [];
    for (const session of sessions) {
      const before = this.known.get(session.id);
      if (before && before.seq > session.seq) continue;
      this.known.set(session.id, session);
      if (!before || before.seq !== session.seq) {
        changed.push(session.id);
        this.lines.add(session.id);
      }
    }
    if (!changed.length) return;
    this.#wait();
    this.#say(changed);
  }

  /** Takes sessions of another brand that the agent serves; they are as fresh as their list. */
  async putOthers(brand, client, sessions) {
    for (const session of sessions) {
      this.known.set(session.id, session);
      this.elsewhere.set(session.id, brand);
    }
    const ids = sessions.map((session) => session.id);
    if (!ids.length) return;
    for (const glance of await client.ask("Glances", { sessions: ids })) this.glances.set(glance.session, glance);
    this.#say(ids);
  }

  /** The brand of a session, if it is another than this workspace's: `{name, title}`. */
  brandOf(id) {
    return this.elsewhere.get(id) ?? null;
  }

  /** Asks for a session anew, now. */
  async refresh(id) {
    const [session, [glance]] = await this.app.client.askAll([["GetSession", { session: id }], ["Glances", { sessions: [id] }]]);
    this.#take([session], [glance]);
    return session;
  }

  /** Forgets what nobody shows any more. */
  keepOnly(ids) {
    if (this.known.size < KEPT) return;
    const kept = new Set(ids);
    for (const id of [...this.known.keys()]) {
      if (!kept.has(id)) {
        this.known.delete(id);
        this.glances.delete(id);
      }
    }
  }

  #hear(event) {
    if (event.type === "Missed") for (const id of this.known.keys()) this.elsewhere.has(id) || this.#soon(id);
    else if (this.known.has(event.subject) && (this.known.get(event.subject).seq ?? 0) < event.seq) this.#soon(event.subject);
  }

  #soon(id) {
    this.due.add(id);
    this.#wait();
  }

  #wait() {
    this.timer ??= setTimeout(() => this.#ask(), AFTER);
  }

  async #ask() {
    const ids = [...this.due].slice(0, AT_ONCE);
    const lines = [...new Set([...ids, ...this.lines])].slice(0, LINES_AT_ONCE);
    for (const id of ids) this.due.delete(id);
    for (const id of lines) this.lines.delete(id);
    try {
      const answers = await this.app.client.askAll([...ids.map((session) => ["GetSession", { session }]), ["Glances", { sessions: lines }]]);
      this.#take(answers.slice(0, -1), answers.at(-1));
    } catch (problem) {
      console.warn("cschat: sessions could not be asked for", problem);
    }
    this.timer = null;
    if (this.due.size || this.lines.size) this.#wait();
  }

  #take(sessions, glances) {
    for (const session of sessions) {
      const before = this.known.get(session.id);
      if (!before || before.seq <= session.seq) this.known.set(session.id, session);
    }
    for (const glance of glances) this.glances.set(glance.session, glance);
    this.#say([...new Set([...sessions.map((session) => session.id), ...glances.map((glance) => glance.session)])]);
  }

  #say(ids) {
    for (const hear of [...this.heard]) hear(ids);
  }
}
