// Numbers, times and names as people read them. Unknown (null) is a dash, never 0.

export const DASH = "–";

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const unknown = (value) => value === null || value === undefined || Number.isNaN(value);

/** Exact up to 9,999, then 12.3K, 4.56M. */
export const number = (value) => {
  if (unknown(value)) return DASH;
  return Math.abs(value) < 10_000 ? whole.format(value) : compact.format(value);
};

/** Every digit, for titles. */
export const exact = (value) => (unknown(value) ? DASH : whole.format(value));

export const decimal = (value) => (unknown(value) ? DASH : value.toFixed(2));

const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** So many of one for each of the other: 0.043, 1.2, 35. */
export const ratio = (value) => {
  if (unknown(value)) return DASH;
  return value < 100 ? small.format(value) : number(Math.round(value));
};

export const percent = (value) => {
  if (unknown(value)) return DASH;
  const share = value * 100;
  if (share > 0 && share < 1) return "<1%";
  if (share < 100 && share > 99) return ">99%";
  return `${Math.round(share)}%`;
};

/** Events per second. */
export const rate = (value) => {
  if (unknown(value)) return DASH;
  return value < 10 ? value.toFixed(1) : number(Math.round(value));
};

export const time = (ms) => (unknown(ms) ? DASH : clockSeconds.format(ms));
export const minuteTime = (minute) => clock.format(minute * 60_000);
export const dateTime = (ms) => (unknown(ms) ? DASH : full.format(ms));

/** A tick label for a slot of `step` minutes that starts at `minute`. */
export const tick = (minute, step) => {
  const at = minute * 60_000;
  return step >= 720 ? day.format(at) : clock.format(at);
};

/** "3 min ago". `now` in milliseconds. */
export const ago = (ms, now) => {
  if (unknown(ms)) return DASH;
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
};

/** "10 minutes", "2 hours", "1 day". */
export const span = (minutes) => {
  const [value, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
  return value === 1 ? unit : `${value} ${unit}s`;
};

const LENGTHS = [[1, 90, "s"], [60, 90 * 60, "min"], [3600, 36 * 3600, "h"], [86_400, Infinity, "days"]];

/** Seconds as people say them: "40 s", "12 min", "3.5 h", "2.1 days". */
export const duration = (seconds) => {
  if (unknown(seconds)) return DASH;
  const [unit, , name] = LENGTHS.find(([, below]) => seconds < below);
  const value = seconds / unit;
  return `${value < 10 && unit >= 3600 ? Number(value.toFixed(1)) : number(Math.round(value))} ${name}`;
};

/** Shares per minute: "3.4/min". */
export const pace = (value) => {
  if (unknown(value)) return DASH;
  return `${Math.abs(value) < 10 ? Number(value.toFixed(1)) : number(Math.round(value))}/min`;
};

/** So many times as much: "6.4×". */
export const times = (value) => {
  if (unknown(value)) return DASH;
  return `${value < 100 ? value.toFixed(1) : number(Math.round(value))}×`;
};

/** A content id for a headline: an address without its scheme. */
export const shortId = (id) => id.replace(/^https?:\/\/(www\.)?(?=.)/, "");

export const bytes = (count) => (count < 1000 ? `${count} bytes` : `${compact.format(count)}B`);

export const plural = (count, one, many = `${one}s`) => `${exact(count)} ${count === 1 ? one : many}`;
