// Shares and secondary reach over time: two charts on one time axis rather than two scales in one chart.
import { bars } from "./chart.js";
import { el } from "./dom.js";
import { span } from "./format.js";
import { term } from "./help.js";

export const minutePanel = () => {
  const shares = bars({ unit: "shares", height: 150 });
  const reach = bars({ unit: "people of secondary reach", height: 120 });
  const state = { range: null, content: null };
  const buttons = { hour: choice("Last hour"), life: choice("Whole life") };
  const draw = () => {
    const { content, range } = state;
    const life = { ...content.life, running: content.hour_end < content.life.start + content.life.step * content.life.shares.length };
    const data = range === "hour" ? { ...content.hour, start: content.hour_end - 59, step: 1, running: true } : life;
    for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", name === range);
    buttons.life.title = `in slots of ${span(content.life.step)}`;
    shares.update({ ...data, series: [{ name: "shares", colour: "var(--accent)", values: data.shares }] });
    reach.update({ ...data, series: [{ name: "secondary reach", colour: "var(--accent-2)", values: data.reach }] });
  };
  for (const [name, button] of Object.entries(buttons)) button.addEventListener("click", () => ((state.range = name), draw()));
  return {
    node: el("section.panel.minutes", { "aria-labelledby": "minutes-title" },
      el("div.panel-head", {}, el("h2", { id: "minutes-title" }, term("over_time")), el("div.switch", { role: "group", "aria-label": "Range" }, Object.values(buttons))),
      shares.node, reach.node),
    update: (content) => {
      state.content = content;
      state.range ??= firstRange(content);
      draw();
    },
  };
};

// A young content fills its own life best; an old one is interesting for what it does now, if it does anything.
const firstRange = ({ hour, hour_end: end, life }) => (end - life.start > 59 && hour.shares.some((value) => value > 0) ? "hour" : "life");

const choice = (label) => el("button", { type: "button", "aria-pressed": "false" }, label);
