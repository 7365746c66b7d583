/**
 * The stretch of days that is looked at, and the filters: read from the address, written into it.
 *
 * May: reckon with days in the brand's zone. May not: ask, or draw.
 */

const DAY = 86_400_000;
const QUARTER = 900_000;

export const PRESETS = ["today", "yesterday", "last7", "last30", "this_month", "last_month"];
export const FILTERS = ["agent", "category", "channel", "tag"];

const dayOf = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10);
const number = (day) => Date.parse(`${day}T00:00:00Z`);
export const plus = (day, days) => dayOf(number(day) + days * DAY);
export const daysBetween = (first, last) => Math.round((number(last) - number(first)) / DAY);
const isDay = (text) => /^\d{4}-\d{2}-\d{2}$/.test(text ?? "") && !Number.isNaN(number(text)) && dayOf(number(text)) === text;

function offset(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
  }).formatToParts(new Date(at));
  const of = (type) => Number(parts.find((part) => part.type === type).value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - Math.floor(at / 1000) * 1000;
}

/** The instant at which a day ("2026-03-02") begins in a zone. */
export function midnight(day, zone) {
  const wall = number(day);
  const guess = wall - offset(wall, zone);
  return new Date(wall - offset(guess, zone));
}

/** The day that it is in a zone. */
export function today(zone, now = Date.now()) {
  return dayOf(now + offset(now, zone));
}

function bounds(preset, zone) {
  const now = today(zone);
  const month = `${now.slice(0, 8)}01`;
  switch (preset) {
    case "today": return [now, now];
    case "yesterday": return [plus(now, -1), plus(now, -1)];
    case "last30": return [plus(now, -29), now];
    case "this_month": return [month, now];
    case "last_month": return [`${plus(month, -1).slice(0, 8)}01`, plus(month, -1)];
    default: return [plus(now, -6), now];
  }
}

/**
 * What an address asks for: `{preset, first, last, days, start, end, before: {start, end, first, last}, where}`. `start` and `end` are ISO
 * instants, `last` is included. `before` is the stretch of as many days before (of a month: the month before); while the period lasts, only as much
 * of it as has gone of the period, to a quarter of an hour.
 */
export function asked(query, zone, now = Date.now()) {
  const [from, to] = [query.get("from"), query.get("to")];
  const own = isDay(from) && isDay(to) && from <= to && daysBetween(from, to) < 800;
  const preset = own ? "custom" : PRESETS.includes(query.get("period")) ? query.get("period") : "last7";
  const [first, last] = own ? [from, to] : bounds(preset, zone);
  const days = daysBetween(first, last) + 1;
  const earlier = preset === "last_month" ? `${plus(first, -1).slice(0, 8)}01` : plus(first, -days);
  const at = (day) => midnight(day, zone).toISOString();
  const [start, end, began] = [at(first), at(plus(last, 1)), Date.parse(at(earlier))];
  const gone = Math.max(QUARTER, Math.floor((now - Date.parse(start)) / QUARTER) * QUARTER);
  const until = Date.parse(end) > now ? Math.min(Date.parse(start), began + gone) : Date.parse(start);
  const where = {};
  for (const name of FILTERS) if (query.get(name)) where[name] = [query.get(name)];
  return {
    preset, first, last, days, where,
    start, end,
    before: { first: earlier, last: plus(first, -1), start: at(earlier), end: new Date(until).toISOString() },
  };
}

/** The days of a stretch, in order. */
export const everyDay = ({ first, days }) => Array.from({ length: days }, (_, number_) => plus(first, number_));
