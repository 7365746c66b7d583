// Instants as people read them, in the zone of the brand.
// May: format. May not: ask what time it is anywhere but here.

const formats = new Map();

function format(language, zone, options) {
  const key = `${language}/${zone}/${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", { timeZone: zone, ...options }));
  return formats.get(key);
}

/** The functions for a language (as `t`) and a zone; instants are ISO text, Date or milliseconds. */
export function times(t, zone = "Asia/Seoul") {
  const language = t.language;
  const as = (options) => (at) => format(language, zone, options).format(new Date(at));
  const dayKey = (at) => format("en", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(at));
  const clock = as({ hour: "numeric", minute: "2-digit", hour12: language === "ko" });
  const date = as({ year: "numeric", month: "long", day: "numeric", weekday: "long" });
  const dateShort = as({ month: "short", day: "numeric" });
  const dateYear = as({ year: "numeric", month: "short", day: "numeric" });

  /** "오늘", "어제", or the date. */
  const day = (at, now = Date.now()) => {
    if (dayKey(at) === dayKey(now)) return t("day_today");
    return dayKey(at) === dayKey(now - 86_400_000) ? t("day_yesterday") : date(at);
  };
  /** For lists: "방금", "3분 전", the clock, "어제", the date. */
  const brief = (at, now = Date.now()) => {
    const minutes = Math.floor((now - new Date(at)) / 60_000);
    if (minutes < 1) return t("just_now");
    if (minutes < 60) return t("minutes_ago", { n: minutes });
    if (dayKey(at) === dayKey(now)) return clock(at);
    if (dayKey(at) === dayKey(now - 86_400_000)) return t("day_yesterday");
    return dayKey(at).slice(-4) === dayKey(now).slice(-4) ? dateShort(at) : dateYear(at);
  };
  /** Seconds in words: "40초", "3분", "1시간 20분". */
  const span = (seconds) => {
    if (seconds < 60) return t("duration_seconds", { n: Math.round(seconds) });
    const minutes = Math.round(seconds / 60);
    if (minutes < 60) return t("duration_minutes", { n: minutes });
    const [h, m] = [Math.floor(minutes / 60), minutes % 60];
    return m ? t("duration_hours_minutes", { h, m }) : t("duration_hours", { n: h });
  };
  const full = (at) => `${date(at)} ${clock(at)}`;
  return { clock, date, day, dayKey, brief, span, full };
}
