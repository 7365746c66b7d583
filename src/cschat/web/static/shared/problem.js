// What can go wrong between a page and the desk, and waiting a while.
// May: name it. May not: send anything.

const PASSING = new Set([408, 425, 429, 502, 503, 504]);

/** What the desk refused: its problem (RFC 9457). `status` 0: nobody answered. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.detail ?? body.title ?? (status ? `the desk answered ${status}` : "the desk cannot be reached"));
    this.name = "Problem";
    this.status = status;
    this.body = body;
    this.code = (body.type ?? "").split(":").at(-1) || (status ? "error" : "unreachable");
    this.field = body.field ?? null;
    this.retryAfter = retryAfter;
  }

  /** Whether it may work another time. */
  get passing() {
    return this.status === 0 || PASSING.has(this.status);
  }
}

/** A name that nobody else has; also where the page is no secure context. */
export function fresh() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const pause = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });

/** JSON, or null if it is none. */
export const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** The refusal of an answer. */
export async function problemOf(answer) {
  const body = parsed(await answer.text());
  return new Problem(answer.status, body && typeof body === "object" ? body : {}, Number(answer.headers.get("Retry-After")) || 0);
}
