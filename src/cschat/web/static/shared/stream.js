// Events as they happen, whatever the line is like.
// May: stream, poll, resume where it was, notice sleep and lost lines. May not: know what an event means.
//
// It streams while it can (SSE by fetch, so that a token goes along), resumes after its last position, and polls where no stream gets through:
// long polls, and where the server has none to spare, short ones. Tabs that share a stream elect one (by a lock) that listens for all.

import { pause, Problem, problemOf } from "./problem.js";

const SILENCE = 40_000; // the desk says something every 15 seconds
const FIRST = 8_000; // a stream that says nothing for so long is held back by something in between
const POLL_SECONDS = 20;
const STREAM_AGAIN = 120_000;
const BACK_OFF = [500, 1000, 2000, 4000, 8000, 15_000];
const FEW = 2;

export class Stream {
  constructor(client, { session = null, after = null, shared, onEvent, onAttending, onState, onMissed }) {
    Object.assign(this, { client, session, onEvent, onAttending, onState, onMissed });
    this.position = after;
    this.state = null;
    this.over = new AbortController();
    this.line = null; // what is being listened to now
    this.heard = Date.now();
    this.failures = 0;
    this.streamless = 0; // until when no stream is tried
    const signal = this.over.signal;
    globalThis.addEventListener("online", () => this.wake(), { signal });
    globalThis.addEventListener("offline", () => this.line?.abort(), { signal });
    globalThis.addEventListener("pageshow", (event) => event.persisted && this.wake(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && Date.now() - this.heard > SILENCE / 2 && this.wake(), {
      signal,
    });
    this.watch = setInterval(() => Date.now() - this.heard > SILENCE && this.line?.abort(), 5000);
    if (shared && globalThis.BroadcastChannel && navigator.locks) this.share(`cschat:${shared}`);
    else this.run();
  }

  /** Say which session is open, so that who types in it is told. */
  open(session) {
    if (this.session === session) return;
    this.session = session;
    if (this.tell && !this.leads) this.tell({ open: session });
    else this.line?.abort("session");
  }

  /** Look at once, without waiting for the next try. */
  wake() {
    this.failures = 0;
    this.waiting?.abort();
    if (Date.now() - this.heard > SILENCE / 2) this.line?.abort();
    if (this.tell && !this.leads) this.tell({ wake: true });
  }

  close() {
    this.over.abort();
    this.line?.abort();
    clearInterval(this.watch);
    this.channel?.close();
    this.channel = null;
  }

  share(name) {
    this.channel = new BroadcastChannel(name);
    this.tell = (word) => this.channel?.postMessage(word);
    this.leads = false;
    this.channel.onmessage = ({ data }) => this.told(data);
    this.tell({ hello: this.session });
    navigator.locks
      .request(name, { signal: this.over.signal }, () => {
        this.leads = true;
        return this.run();
      })
      .catch((error) => {
        if (!this.over.signal.aborted) throw error;
      });
  }

  told(word) {
    if (this.leads) {
      if ("hello" in word) this.tell({ state: this.state, position: this.position });
      const wanted = word.open ?? word.hello;
      if (wanted && wanted !== this.session) this.open(wanted);
      if (word.wake) this.wake();
      return;
    }
    this.heard = Date.now();
    if (word.event) this.happened(word.event);
    if (word.attending) this.onAttending?.(word.attending.session, word.attending.attending);
    if (word.position !== undefined && word.position !== null) this.position = Math.max(this.position ?? 0, word.position);
    if (word.missed) this.onMissed?.();
    if (word.state) this.be(word.state);
  }

  async run() {
    while (!this.over.signal.aborted) {
      if (navigator.onLine === false) this.be("offline");
      else if (this.state !== "live" && this.state !== "polling") this.be("connecting");
      this.line = new AbortController();
      try {
        if (Date.now() < this.streamless) await this.poll();
        else await this.stream();
      } catch (problem) {
        if (this.over.signal.aborted) return;
        await this.failed(problem);
      }
    }
  }

  async failed(problem) {
    const moved = this.line.signal.reason === "session";
    if (moved) return;
    if (problem instanceof Problem && (problem.status === 403 || problem.status === 404)) {
      this.be("offline");
      this.close();
      return;
    }
    this.failures += 1;
    const held = problem instanceof Problem && (problem.status === 503 || problem.code === "silent");
    if (held || this.failures >= FEW + 1) this.streamless = Date.now() + STREAM_AGAIN;
    if (this.failures > 1 || navigator.onLine === false) this.be(navigator.onLine === false ? "offline" : "connecting");
    const wait = held && this.failures === 1 ? 0 : BACK_OFF[Math.min(this.failures - 1, BACK_OFF.length - 1)] * (0.7 + 0.6 * Math.random());
    this.waiting = new AbortController();
    await pause(Math.max(wait, (problem.retryAfter ?? 0) * 1000), this.waiting.signal).catch(() => undefined);
    this.waiting = null;
  }

  async stream() {
    const signal = this.line.signal;
    const where = this.session ? `?session=${encodeURIComponent(this.session)}` : "";
    const resumed = this.position === null ? {} : { "Last-Event-ID": String(this.position) };
    let silent = true;
    const timer = setTimeout(() => silent && this.line.abort("silent"), FIRST);
    try {
      const answer = await this.client.fetch(`/events${where}`, { headers: { Accept: "text/event-stream", ...resumed }, signal });
      if (!answer.ok) throw await this.refused(answer);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new Problem(0);
        silent = false;
        this.heard = Date.now();
        this.be("live");
        const frames = (rest + value).split(/\r?\n\r?\n/);
        rest = frames.pop();
        frames.forEach((frame) => this.frame(frame));
        if (frames.length) this.failures = 0;
      }
    } catch (error) {
      throw silent && signal.reason === "silent" ? new Problem(0, { type: "silent" }) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async refused(answer) {
    const problem = await problemOf(answer);
    if (problem.status === 401 && (await this.client.rejoin())) return new Problem(0);
    return problem;
  }

  frame(frame) {
    let name = "message";
    let data = "";
    for (const line of frame.split(/\r?\n/)) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data += line.slice(5).trim();
    }
    if (!data) return;
    const body = JSON.parse(data);
    if (name === "happened") this.spread(body);
    else if (name === "attending") this.attend(body.session, body.attending);
    else if (name === "position") this.at(body.position);
    else if (name === "missed") this.miss();
  }

  async poll() {
    const short = this.short > Date.now();
    const query = new URLSearchParams({ wait: short ? 0 : POLL_SECONDS });
    if (this.position !== null) query.set("after", this.position);
    if (this.session) query.set("session", this.session);
    const answer = await this.client.fetch(`/poll?${query}`, { signal: this.line.signal });
    if (answer.status === 503 && !short) {
      this.short = Date.now() + STREAM_AGAIN;
      return;
    }
    if (!answer.ok) throw await this.refused(answer);
    const { position, events, attending } = await answer.json();
    this.heard = Date.now();
    this.failures = 0;
    this.be("polling");
    events.forEach((event) => this.spread(event));
    this.at(position);
    if (this.session) this.attend(this.session, attending ?? []);
    if (short) {
      this.waiting = new AbortController();
      await pause(document.hidden ? 15_000 : 4000, this.waiting.signal).catch(() => undefined);
      this.waiting = null;
    }
  }

  spread(event) {
    this.tell?.({ event });
    this.happened(event);
  }

  happened(event) {
    if (event.position && this.position !== null && event.position <= this.position) return;
    this.position = event.position || this.position;
    this.onEvent?.(event);
  }

  attend(session, attending) {
    this.tell?.({ attending: { session, attending } });
    this.onAttending?.(session, attending);
  }

  at(position) {
    const first = this.position === null;
    this.position = Math.max(this.position ?? 0, position);
    if (first) this.tell?.({ position: this.position });
  }

  miss() {
    this.tell?.({ missed: true });
    this.onMissed?.();
  }

  be(state) {
    if (this.state === state) return;
    this.state = state;
    if (this.leads) this.tell?.({ state });
    this.onState?.(state);
  }
}
