// How pages talk to the desk: commands, queries, files, and events as they happen (stream.js).
// May: send, repeat what got lost, keep a customer's token. May not: know any one command, or draw.

import { fresh, parsed, pause, Problem, problemOf } from "./problem.js";
import { Stream } from "./stream.js";

export { fresh, pause, Problem } from "./problem.js";

const JSON_BODY = { "Content-Type": "application/json" };
const TRIES = [400, 1200, 3000]; // milliseconds before each repetition

/** What a browser keeps, by name. */
export class Drawer {
  constructor(prefix) {
    this.prefix = prefix;
    this.memory = new Map();
  }

  get(name) {
    try {
      const text = localStorage.getItem(this.prefix + name);
      return text === null ? null : JSON.parse(text);
    } catch {
      return this.memory.get(name) ?? null;
    }
  }

  put(name, value) {
    if (value === null) this.memory.delete(name);
    else this.memory.set(name, value);
    try {
      if (value === null) localStorage.removeItem(this.prefix + name);
      else localStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      // Private windows: it is forgotten when the page is closed.
    }
  }
}

export class Client {
  /**
   * `mount`: the desk's address, e.g. "/desk" or "https://help.example.com". Agents: `csrf`, `onSignedOut()`. Customers: `customer: true`,
   * `language`, `member` (async () => the host's JWT, or null for a guest), `onEntered(answer)`.
   */
  constructor({ mount, brand, csrf = null, customer = false, language = null, member = async () => null, onEntered, onSignedOut }) {
    this.base = `${mount.replace(/\/$/, "")}/${encodeURIComponent(brand)}`;
    Object.assign(this, { mount, brand, csrf, customer, language, member, onEntered, onSignedOut });
    this.drawer = new Drawer(`cschat:${this.base}:`);
    this.token = null;
    this.entering = null;
  }

  /** Carry out a command; repeated with the same key while nobody answers. */
  do(command, fields = {}, { key = fresh(), ...how } = {}) {
    return this.post(`/do/${command}`, fields, how, { "Idempotency-Key": key });
  }

  /** Carry out several commands, all or none: `[["EndSession", {session}], ...]`. */
  doAll(commands, { key = fresh(), ...how } = {}) {
    const body = commands.map(([command, fields]) => ({ command, ...fields }));
    return this.post("/do", body, how, { "Idempotency-Key": key });
  }

  ask(query, fields = {}, how = {}) {
    return this.post(`/ask/${query}`, fields, how);
  }

  /** Answer several queries with one request: `[["GetBrand", {}], ...]`. */
  askAll(queries, how = {}) {
    const body = queries.map(([query, fields]) => ({ query, ...fields }));
    return this.post("/ask", body, how);
  }

  post(path, body, { signal, tries = TRIES.length }, headers = {}) {
    return this.repeat(tries, signal, () => this.send("POST", path, JSON.stringify(body), { ...JSON_BODY, ...headers }, signal));
  }

  get(path, { signal, tries = TRIES.length } = {}) {
    return this.repeat(tries, signal, () => this.send("GET", path, null, {}, signal));
  }

  async repeat(tries, signal, send) {
    for (let gone = 0; ; gone += 1) {
      try {
        return await send();
      } catch (problem) {
        if (!(problem instanceof Problem) || !problem.passing || gone >= tries || navigator.onLine === false) throw problem;
        await pause(Math.max(TRIES[Math.min(gone, TRIES.length - 1)] * (0.8 + 0.4 * Math.random()), problem.retryAfter * 1000), signal);
      }
    }
  }

  async send(method, path, body, headers, signal, again = true) {
    const answer = await this.fetch(path, { method, body, headers, signal });
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const problem = await problemOf(answer);
    if (problem.status === 401 && again && (await this.rejoin())) return this.send(method, path, body, headers, signal, false);
    throw problem;
  }

  /** `fetch` below the brand's address, by whoever this is. A `Problem` of status 0 if nobody answers. */
  async fetch(path, { method = "GET", body = null, headers = {}, signal } = {}) {
    const who = await this.who(method, path);
    try {
      const credentials = this.customer ? "omit" : "same-origin";
      const keepalive = body?.length < 1000; // what is said in leaving arrives
      const given = { method, body, headers: { ...headers, ...who }, signal, credentials, cache: "no-store", keepalive };
      return await fetch(this.base + path, given);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Problem(0);
    }
  }

  async who(method, path) {
    // Whoever only reads what is published need not be known.
    if (this.customer && (path === "/enter" || (path.startsWith("/ask") && !(await this.known())))) return {};
    if (this.customer) return { Authorization: `Bearer ${this.token ?? (await this.enter())}` };
    return this.csrf && method !== "GET" ? { "X-CSRF-Token": this.csrf } : {};
  }

  async rejoin() {
    if (!this.customer) {
      this.onSignedOut?.();
      return false;
    }
    this.token = null;
    await this.enter(true);
    return true;
  }

  /** What is kept: `{token, expires_at, customer, member}`, or null. */
  kept(member = null) {
    const kept = this.drawer.get(member === null ? "guest" : "member");
    return kept && (member === null || kept.member === member) ? kept : null;
  }

  /** Whether the desk knows this customer already, or the host names them. */
  async known() {
    return Boolean(this.token ?? this.drawer.get("guest") ?? (await this.member(false)));
  }

  /** The customer's token: the one that is kept, or a `newer` one. */
  enter(newer = false) {
    this.entering ??= this.join(newer).finally(() => (this.entering = null));
    return this.entering;
  }

  async join(newer) {
    const jwt = await this.member(newer);
    const member = jwt ? subject(jwt) : null;
    const kept = this.kept(member);
    if (kept && !newer && Date.parse(kept.expires_at) > Date.now() + 60_000) {
      this.token = kept.token;
      this.onEntered?.(kept);
      return kept.token;
    }
    // A guest who turns out to be a member takes their conversations along, and is nobody's guest any more.
    const guest = this.drawer.get("guest")?.token ?? null;
    const body = JSON.stringify({ guest, member: jwt, language: this.language });
    const answer = await this.repeat(TRIES.length, undefined, () => this.send("POST", "/enter", body, JSON_BODY, undefined, false));
    this.token = answer.token;
    const entry = { token: answer.token, expires_at: answer.expires_at, customer: answer.customer.id, member };
    this.drawer.put(member === null ? "guest" : "member", entry);
    if (member !== null) this.drawer.put("guest", null);
    this.onEntered?.(entry);
    return answer.token;
  }

  /** Forget the member. */
  leave() {
    this.token = null;
    this.drawer.put("member", null);
  }

  /** The address of a file that was sent: of a Media `{blob}` or `{url}`, or null. */
  address(media) {
    if (!media) return null;
    return media.blob ? `${this.base}/files/${encodeURIComponent(media.blob)}` : media.url || null;
  }

  /** Send a file; `onProgress(share)` from 0 to 1. Answers a Media. */
  async upload(file, { onProgress, signal } = {}) {
    return this.repeat(1, signal, async () => {
      const who = await this.who("POST", "/files");
      return this.put(file, who, onProgress, signal);
    });
  }

  put(file, who, onProgress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch does not tell how much has gone
      request.open("POST", `${this.base}/files`);
      const headers = {
        ...who,
        "Content-Type": file.type || "application/octet-stream",
        "X-File-Name": encodeURIComponent(file.name || "file"),
      };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
      request.onload = () => {
        const body = parsed(request.responseText);
        if (request.status >= 200 && request.status < 300) resolve(body);
        else reject(new Problem(request.status, body ?? {}, Number(request.getResponseHeader("Retry-After")) || 0));
      };
      request.onerror = () => reject(new Problem(0));
      request.onabort = () => reject(signal?.reason ?? new Problem(0));
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(file);
    });
  }

  /**
   * Listen to what happens: `onEvent(event)`, `onAttending(session, attending)`, `onState("live" | "polling" | "connecting" | "offline")`,
   * `onMissed()` when events may have been missed and what is shown must be asked for anew. `shared`: one tab listens for all tabs of this
   * browser (`shared` names what they have in common). Answers a `Stream`: `open(session)`, `wake()`, `close()`.
   */
  listen(how) {
    return new Stream(this, how);
  }
}

/** Whom a JWT names, to know whether it is another one; the desk verifies it. */
function subject(jwt) {
  const [, claims = ""] = jwt.split(".");
  try {
    const bytes = Uint8Array.from(atob(claims.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    return String(JSON.parse(new TextDecoder().decode(bytes)).sub);
  } catch {
    return jwt.slice(0, 64);
  }
}
