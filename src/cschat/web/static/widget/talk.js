// One conversation: what was said and what happened, what is on its way, and what the customer may do now.
// May: fold events, send, repeat what failed. May not: draw.
//
// What is sent stands there at once and keeps its place when the echo comes; what could not be sent goes out later under the same client id,
// so that nothing is said twice.

import { fresh, Problem } from "../shared/client.js";

const OVER = new Set(["wrap_up", "closed"]);
const ALL = 1000;
const READ = 250; // milliseconds

/** Events that stand in the conversation as a line, and which text that is. */
const LINES = {
  AgentRequested: () => "line_requested",
  Assigned: () => "line_assigned",
  Ended: (body) => (body.by === "customer" ? "line_ended_self" : "line_ended"),
  ForceClosed: () => "line_ended",
  Held: () => "line_held",
  MessageLeft: () => "line_left",
  MovedToIntake: () => "line_intake",
  Rated: () => "line_rated",
  Released: () => "line_released",
  Reopened: () => "line_reopened",
  ReturnedToBot: (body) => (body.reason === "cancelled" ? "line_cancelled" : null),
  Transferred: (body) => (body.to === "agent" ? "line_transferred" : "line_released"),
};

/** Where an event leads, until the desk has said how it stands. */
const LEADS = {
  AgentRequested: "queued",
  Assigned: "active",
  ForceClosed: "closed",
  MessageLeft: "intake",
  MovedToIntake: "intake",
  Released: "queued",
  ReturnedToBot: "bot",
};

const signature = (content) =>
  JSON.stringify([content.kind, content.text, content.media?.blob ?? null, (content.fields ?? []).map((field) => field.answer)]);
const plain = (said) => (typeof said === "string" ? { kind: "text", text: said } : { text: "", ...said });

export class Talk {
  /** `session`: a record, or null for one that begins with the first message. */
  constructor({ client, session = null, desk, changed, moved, spoken }) {
    Object.assign(this, { client, session, desk, changed, moved, spoken });
    this.messages = []; // {key, id, seq, at, author, agent, content}
    this.lines = []; // {key, seq, at, text, body}
    this.pending = []; // {key, at, content, state: sending | waiting | failed, problem}
    this.speakers = new Map();
    this.attending = [];
    this.queue = null;
    this.loaded = false;
    this.failed = false;
    this.seen = 0; // the seq of the last event that is folded
    this.reader = null;
    this.behind = true; // there may be events to read
    this.readByStaff = session?.read_by_staff ?? 0;
    this.unavailable = null;
    this.pumping = false;
  }

  get id() {
    return this.session?.id ?? null;
  }

  get state() {
    return this.session?.state ?? "new";
  }

  get over() {
    return OVER.has(this.state);
  }

  /** Whether a bot leads: it has spoken since this stretch began. */
  get bot() {
    return this.messages.some((message) => message.author === "bot" && message.seq > (this.began ?? 0));
  }

  get spoke() {
    return this.messages.some((message) => message.author === "customer");
  }

  get items() {
    return [...this.messages, ...this.lines].sort((one, other) => one.seq - other.seq).concat(this.pending);
  }

  /** Read on from what is shown. What the stream tells meanwhile is read in its turn. */
  async load() {
    this.behind = true;
    await (this.reader ??= this.#read().finally(() => (this.reader = null)));
  }

  async #read() {
    try {
      while (this.behind) {
        this.behind = false;
        if (this.session) await this.#readOn();
        if (!this.loaded) this.restore();
        this.loaded = true;
      }
      this.failed = false;
      this.pump();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.behind = true;
      this.failed = !this.loaded;
    }
    this.changed();
  }

  async #readOn() {
    const [first, ...rest] = await this.client.askAll([["History", this.#since(this.seen)], ...this.questions()]);
    for (let page = first; page; page = page.next && (await this.client.ask("History", this.#since(page.next))))
      page.items.forEach((event) => this.fold(event, !this.loaded));
    this.know(...rest);
  }

  #since(after) {
    return { session: this.id, after: String(after), limit: ALL };
  }

  questions() {
    return ["GetSession", "Speakers", "QueuePosition"].map((query) => [query, { session: this.id }]);
  }

  know(session, speakers, queue) {
    if (!(session.seq < this.session?.seq)) this.session = session;
    this.readByStaff = Math.max(this.readByStaff, session.read_by_staff ?? 0);
    speakers.forEach((face) => this.speakers.set(face.id, face));
    this.queue = queue;
  }

  /** Ask how it stands, once for all that has just happened. */
  refresh() {
    clearTimeout(this.soon);
    this.soon = setTimeout(async () => {
      if (!this.session) return;
      try {
        this.know(...(await this.client.askAll(this.questions())));
        this.changed();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem; // what is shown stays; the next event asks again
      }
    }, 60);
  }

  /** What has happened in this session. */
  take(event) {
    if (event.subject !== this.id || event.seq <= this.seen) return;
    if (this.reader || this.behind) {
      this.load(); // first what lies before it
      return;
    }
    this.fold(event, false);
    this.changed();
  }

  fold(event, past) {
    if (event.seq <= this.seen) return;
    this.seen = event.seq;
    const { type, body, seq } = event;
    if (type === "MessageSent") return this.said(event, past);
    if (type === "MessagesRead") {
      if (body.reader !== "customer") this.readByStaff = Math.max(this.readByStaff, body.up_to);
      return;
    }
    if (["Opened", "OpenedByAgent", "Reopened", "ReturnedToBot"].includes(type)) this.began = seq;
    if (type === "AgentUnavailable") this.unavailable = body;
    if (type === "Reopened" || type === "Assigned") this.unavailable = null;
    if (type === "Rated") this.rated = body;
    if (type === "Ended" || type === "ForceClosed") this.endedAt = seq;
    const text = LINES[type]?.(body);
    if (text) this.lines.push({ key: `line-${seq}`, seq, at: event.at, text, body });
    if (past) return;
    const leads =
      LEADS[type] ?? (type === "Reopened" ? body.to : type === "Ended" ? (this.state === "active" ? "wrap_up" : "closed") : null);
    if (leads && this.session)
      this.session = { ...this.session, state: leads, agent: body.agent ?? (leads === "active" ? this.session.agent : null) };
    if (type === "Continued") this.moved(body.session);
    else this.refresh();
  }

  said({ seq, at, body }, past) {
    const { id, author, agent, content } = body;
    if (this.messages.some((message) => message.id === id)) return;
    const echo =
      author === "customer"
        ? this.pending.findIndex((sent) => sent.id === id || (sent.state === "sending" && sent.signature === signature(content)))
        : -1;
    const key = echo >= 0 ? this.pending[echo].key : id;
    if (echo >= 0) this.dropped(this.pending[echo]);
    this.messages.push({ key, id, seq, at, author, agent, content });
    this.messages.sort((one, other) => one.seq - other.seq);
    this.attending = author === "agent" ? this.attending.filter((who) => who.agent !== agent) : this.attending;
    if (agent && !this.speakers.has(agent)) this.refresh();
    if (!past && author !== "customer") this.spoken?.(this, this.messages.at(-1));
  }

  /** Say a text or a content. */
  send(said) {
    const content = plain(said);
    this.pending.push({
      key: `own-${fresh()}`,
      at: new Date().toISOString(),
      content,
      signature: signature(content),
      state: "sending",
      seq: Infinity,
      author: "customer",
    });
    this.remember();
    this.changed();
    this.pump();
  }

  /** Send again what failed. */
  again(key) {
    const sent = this.pending.find((one) => one.key === key);
    if (sent) sent.state = "sending";
    this.changed();
    this.pump();
  }

  /** Give up what failed. */
  forget(key) {
    this.dropped(this.pending.find((one) => one.key === key));
    this.changed();
  }

  /** The line is back: what waits goes out. */
  online() {
    for (const sent of this.pending) if (sent.state === "waiting" || sent.problem?.passing) sent.state = "sending";
    this.pump();
  }

  get unsent() {
    return this.pending.filter((sent) => sent.state === "waiting").length;
  }

  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    try {
      for (let sent; (sent = this.pending.find((one) => one.state === "sending"));) await this.post(sent);
    } finally {
      this.pumping = false;
    }
    if (!this.pending.length) await this.seek();
  }

  async post(sent) {
    try {
      if (!this.session) await this.begin(sent.key);
      const message = await this.client.do(
        "SendMessage",
        { session: this.id, content: sent.content, client_id: sent.key },
        { key: sent.key, tries: 2 },
      );
      sent.id = message.id;
      if (message.session !== this.id) {
        this.moved(message.session);
      } else this.said({ seq: message.seq, at: message.at, body: message }, false);
      this.dropped(sent);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      sent.state = problem.status === 0 ? "waiting" : "failed";
      sent.problem = problem;
      if (sent.state === "waiting" && navigator.onLine) setTimeout(() => this.online(), 4000);
      if (problem.status === 0) for (const other of this.pending) if (other.state === "sending") other.state = "waiting";
    }
    this.changed();
  }

  /** Open the session, if it is not open yet. */
  begin(key = fresh()) {
    this.beginning ??= this.opened(key).finally(() => (this.beginning = null));
    return this.beginning;
  }

  async opened(key) {
    const { channel, language, page } = this.desk;
    this.session = await this.client.do("OpenSession", { channel, language: language(), page: page() }, { key: `${key}-open` });
    this.client.drawer.put("unsent:new", null);
    this.remember();
    this.moved(this.id, this);
    await this.load();
  }

  /** Bring a customer who has said something, and whom no bot leads, to a person; or leave the message if nobody can come. */
  async seek() {
    if (this.state !== "bot" || !this.spoke || this.bot || this.seeking) return;
    this.seeking = true;
    try {
      const absent = this.unavailable !== null || (await this.desk.closed());
      const answer = absent ? { type: "Unavailable" } : await this.client.do("RequestAgent", { session: this.id });
      if (answer.type === "Unavailable") await this.client.do("LeaveMessage", { session: this.id });
      this.refresh();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      this.changed(); // 409: this desk takes no messages now, and has said so
    } finally {
      this.seeking = false;
    }
  }

  /** Do something about this session. */
  async act(command, fields = {}) {
    const answer = await this.client.do(command, { session: this.id, ...fields });
    if (answer?.id && answer.id !== this.id && answer.id.startsWith("ses_")) this.moved(answer.id);
    else await this.load();
    return answer;
  }

  /** All is read that is there: told in a moment, once for all that comes until then. */
  read() {
    const last = () => this.messages.findLast((message) => message.author !== "customer")?.seq ?? 0;
    if (!this.session || this.reading || last() <= Math.max(this.session.read_by_customer ?? 0, this.marked ?? 0)) return;
    this.reading = setTimeout(async () => {
      const up_to = last();
      await this.client.do("MarkRead", { session: this.id, up_to }, { tries: 1 }).then(
        () => (this.marked = up_to),
        () => undefined, // the next look tells it again
      );
      this.reading = null;
    }, READ);
  }

  remember() {
    const waiting = this.pending.map(({ key, at, content }) => ({ key, at, content }));
    this.client.drawer.put(`unsent:${this.id ?? "new"}`, waiting.length ? waiting : null);
  }

  /** What was not sent when the page was left. */
  restore() {
    const kept = this.client.drawer.get(`unsent:${this.id ?? "new"}`) ?? [];
    for (const one of kept) {
      if (this.pending.some((sent) => sent.key === one.key)) continue;
      this.pending.push({ ...one, signature: signature(one.content), state: "sending", seq: Infinity, author: "customer" });
    }
  }

  dropped(sent) {
    this.pending = this.pending.filter((one) => one !== sent);
    this.remember();
  }
}
