// Small charts in SVG: a sparkline and stacked bars with axes. Each names its unit and reads out the slot pointed at.
import { el, svg } from "./dom.js";
import { minuteTime, number, span, tick } from "./format.js";

const LEFT = 44;
const BOTTOM = 20;
const TOP = 8;

/** A line without axes: the shape of the last hour. */
export const sparkline = () => {
  const line = svg("path.spark-line");
  const area = svg("path.spark-area");
  const root = svg("svg.spark", { viewBox: "0 0 120 32", role: "img", preserveAspectRatio: "none" }, area, line);
  const holder = el("span.spark-holder", {}, root);
  const update = (values) => {
    const top = Math.max(...values, 1);
    const points = values.map((value, index) => [(index / (values.length - 1)) * 120, 30 - (value / top) * 27]);
    const path = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
    line.setAttribute("d", `M${path}`);
    area.setAttribute("d", `M0 32L${path}L120 32Z`);
    root.classList.toggle("flat", values.every((value) => value === 0));
    root.setAttribute("aria-label", `Shares per minute in the last hour: at most ${number(Math.max(...values))}, now ${number(values.at(-1))}`);
  };
  return { node: holder, update };
};

/**
 * Stacked bars. `update({ start, step, running, series: [{ name, colour, values }] })`: `start` in minutes since 1970 UTC, `step` minutes a slot.
 * `running` tells that the last slot is not over. `unit` is a noun ("shares").
 */
export const bars = ({ unit, height = 150 }) => {
  const frame = svg("svg.chart", { role: "img", height });
  const readout = el("p.readout", { "aria-hidden": "true" });
  const node = el("div.chart-holder", {}, readout, frame);
  const state = { data: null, width: 0, at: null };
  const draw = () => state.data && state.width > 0 && render(frame, readout, state, { unit, height });
  new ResizeObserver(([entry]) => {
    state.width = Math.floor(entry.contentRect.width);
    draw();
  }).observe(node);
  frame.addEventListener("pointermove", (event) => point(event, frame, state, draw));
  frame.addEventListener("pointerleave", () => {
    state.at = null;
    draw();
  });
  return { node, update: (data) => ((state.data = data), draw()) };
};

const point = (event, frame, state, draw) => {
  if (!state.data) return;
  const count = state.data.series[0]?.values.length ?? 0;
  const share = (event.clientX - frame.getBoundingClientRect().left - LEFT) / (state.width - LEFT);
  const at = Math.floor(share * count);
  state.at = at >= 0 && at < count ? at : null;
  draw();
};

const render = (frame, readout, state, { unit, height }) => {
  const { data, width, at } = state;
  const count = data.series[0]?.values.length ?? 0;
  const totals = Array.from({ length: count }, (_, index) => data.series.reduce((sum, one) => sum + one.values[index], 0));
  const top = niceTop(Math.max(0, ...totals));
  const inner = height - BOTTOM - TOP;
  const slot = (width - LEFT) / Math.max(1, count);
  const y = (value) => TOP + inner * (1 - value / top);
  frame.setAttribute("width", width);
  frame.setAttribute("viewBox", `0 0 ${width} ${height}`);
  frame.setAttribute("aria-label", summary(data, totals, unit));
  frame.replaceChildren(
    ...yAxis(top, y, width),
    ...stack(data.series, slot, y, data.running),
    ...xAxis(data, slot, count, height, width),
    ...(at === null ? [] : [svg("rect.cursor", { x: LEFT + at * slot, y: TOP, width: Math.max(1, slot), height: inner })]),
  );
  readout.textContent = at === null ? per(data, unit) : reading(data, totals, at, unit, data.running && at === count - 1);
};

const per = (data, unit) => `${unit} per ${span(data.step)}`;

const reading = (data, totals, at, unit, runs) => {
  const when = data.step >= 720 ? tick(data.start + at * data.step, data.step) : minuteTime(data.start + at * data.step);
  const parts = data.series.length > 1 ? data.series.filter((one) => one.values[at]).map((one) => `${one.name} ${number(one.values[at])}`) : [];
  return `${when}${runs ? " (running)" : ""}: ${number(totals[at])} ${unit}${parts.length ? ` · ${parts.join(", ")}` : ""}`;
};

const summary = (data, totals, unit) => {
  const peak = Math.max(0, ...totals);
  const when = peak ? `, at ${tick(data.start + totals.indexOf(peak) * data.step, data.step)}` : "";
  return `Bars: ${unit} per ${span(data.step)}. At most ${number(peak)}${when}; in all ${number(totals.reduce((sum, value) => sum + value, 0))}.`;
};

const yAxis = (top, y, width) =>
  [0, top / 2, top].flatMap((value) => [
    svg("line.grid", { x1: LEFT, x2: width, y1: y(value), y2: y(value) }),
    svg("text.axis", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, number(value)),
  ]);

const stack = (series, slot, y, running) => {
  const base = series[0] ? series[0].values.map(() => 0) : [];
  const gap = slot > 4 ? 1.5 : slot > 2 ? 0.5 : 0;
  return series.flatMap(({ colour, values }) => {
    const shapes = { whole: "", running: "" };
    values.forEach((value, index) => {
      if (!value) return;
      const from = y(base[index]);
      base[index] += value;
      const to = y(base[index]);
      const x = LEFT + index * slot + gap / 2;
      shapes[running && index === values.length - 1 ? "running" : "whole"] += `M${x} ${from}V${to}H${x + slot - gap}V${from}Z`;
    });
    return Object.entries(shapes).filter(([, d]) => d).map(([kind, d]) => svg(`path.bar.${kind}`, { d, style: { fill: colour } }));
  });
};

const xAxis = (data, slot, count, height, width) => {
  const wanted = Math.max(2, Math.min(7, Math.floor((width - LEFT) / 76)));
  const every = Math.max(1, Math.ceil(count / wanted));
  const ticks = [];
  for (let index = 0; index < count; index += every) {
    const x = LEFT + index * slot;
    const anchor = x > width - 36 ? "end" : "start";
    ticks.push(svg("text.axis", { x: anchor === "end" ? width : x, y: height - 5, "text-anchor": anchor }, tick(data.start + index * data.step, data.step)));
  }
  return ticks;
};

// An even top, so that the middle line stands at a whole number too.
const niceTop = (value) => {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((factor) => factor * power).find((top) => top >= value && (top / 2) % 1 === 0) ?? 10 * power;
};
