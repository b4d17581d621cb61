// What comes next, as far as it can be told: speed, how far ahead of others, and how large it will be and when.
import { figure, group } from "./figure.js";
import { DASH, duration, number, pace, times } from "./format.js";

export const aheadGroup = () => group("What comes next", [
  figure("final_size", (f) => f.predicted_size, { show: ending, note: (f) => within(f) }),
  figure("half_time", (f) => (f.accelerating ? null : f.half_s), { show: when, note: (f) => whenNearlyAll(f) }),
  figure("over_performance", (f) => f.viral_score, { show: times, note: (f) => compared(f) }),
  figure("velocity", (f) => f.velocity_5m, { show: pace, note: (f) => trend(f) }),
  figure("doubling", (f) => f.doubling_s, { show: duration, note: (f) => lastHour(f) }),
]);

const unknown = (f) => f.predicted_size === null;

const ending = (size, f) => (size === null ? DASH : f.accelerating ? `≥ ${number(Math.round(f.predicted_low))}` : number(Math.round(size)));

const within = (f) => {
  if (unknown(f)) return "not worked out yet";
  if (f.accelerating) return `still accelerating, at least ${number(Math.round(f.predicted_low))}`;
  return `${number(Math.round(f.predicted_low))} to ${number(Math.round(f.predicted_high))}, 8 times of 10`;
};

// Ages count from the first act. What lies ahead is known to an order of magnitude (docs/forecast.md), what has passed is not a guess.
const when = (age, f) => {
  if (age === null) return DASH;
  const left = age - (Date.now() - f.first_seen) / 1000;
  return left > 0 ? `roughly in ${duration(left)}` : `after ${duration(age)}`;
};

const whenNearlyAll = (f) => {
  if (unknown(f)) return "not worked out yet";
  return f.accelerating ? "cannot be told while it accelerates" : `90% ${when(f.ninety_s, f)}`;
};

const lastHour = (f) => {
  if (f.doubling_s !== null) return "at the pace of the last hour";
  return unknown(f) ? "not worked out yet" : "no share in the last hour";
};

const compared = (f) => {
  if (f.expected_shares !== null) return `${number(Math.round(f.expected_shares))} shares expected at this age`;
  return unknown(f) ? "not worked out yet" : "too few like it to compare with";
};

const trend = (f) => {
  const hour = `${pace(f.velocity_1h)} over 1 h`;
  const change = Math.round((f.acceleration ?? 0) * 10) / 10;
  return change ? `${hour}, ${change > 0 ? "up" : "down"} ${pace(Math.abs(change))}` : hour;
};
