// Rejected events beside accepted ones. What came is shown as text, whatever it is.
import { el, write } from "./dom.js";
import { ago, bytes, dateTime, exact, number, rate } from "./format.js";
import { term } from "./help.js";

const AT_ONCE = 6;

export const lettersPanel = () => {
  const accepted = counter("accepted", "Accepted");
  const rejected = counter("rejected", "Rejected");
  const share = el("span.split-part.bad");
  const split = el("div.split", { role: "img" }, share);
  const reasons = el("ul.reasons");
  const list = el("ol.letters");
  const more = el("button.plain.more", { type: "button", hidden: true }, "Show all kept here");
  const quiet = el("p.quiet", {}, "Nothing was rejected.");
  const state = { open: new Set(), newest: [], all: false };
  const draw = () => {
    list.replaceChildren(...state.newest.slice(0, state.all ? undefined : AT_ONCE).map((item) => letter(item, state.open)));
    more.hidden = state.all || state.newest.length <= AT_ONCE;
  };
  more.addEventListener("click", () => ((state.all = true), draw()));
  return {
    node: el("section.panel.rejected", { "aria-labelledby": "rejected-title" },
      el("div.panel-head", {}, el("h2", { id: "rejected-title" }, "Accepted and rejected")),
      el("div.pair", {}, accepted.node, rejected.node), split, quiet, reasons, list, more),
    pulse: (pulse) => {
      accepted.update(pulse.accepted);
      rejected.update(pulse.rejected);
      const all = pulse.accepted.total + pulse.rejected.total;
      share.style.setProperty("width", `${all ? Math.max(pulse.rejected.total ? 1 : 0, (pulse.rejected.total / all) * 100) : 0}%`);
      split.setAttribute("aria-label", `${exact(pulse.rejected.total)} of ${exact(all)} were rejected`);
    },
    update: ({ newest, reasons: byReason, total }) => {
      quiet.hidden = total > 0;
      reasons.replaceChildren(...byReason.map((one) => el("li", {}, el("code", {}, one.reason), el("b.num", {}, number(one.records)))));
      const before = state.newest.map(key).join();
      state.newest = newest;
      if (before !== newest.map(key).join()) draw();
    },
  };
};

const key = (item) => `${item.topic}/${item.partition}/${item.offset}`;

const counter = (name, label) => {
  const total = el("b.num.pair-total");
  const speed = el("span.num.pair-rate");
  return {
    node: el(`div.pair-side.${name}`, {}, term(name, label), total, speed),
    update: (value) => {
      write(total, number(value.total), { glow: false });
      total.title = exact(value.total);
      write(speed, `${rate(value.per_second)} per s`, { glow: false });
    },
  };
};

const letter = (item, open) => {
  const node = el("details.letter", { open: open.has(key(item)) },
    el("summary", {}, el("code.reason", {}, item.reason), el("span.when", { title: dateTime(item.at) }, ago(item.at, Date.now()))),
    el("p.detail", {}, item.detail),
    el("p.where.num", {}, `topic ${item.topic} · partition ${item.partition} · offset ${item.offset} · ${bytes(item.bytes)}`),
    el("pre.payload", { tabindex: 0, "aria-label": "Start of the record" }, item.preview + (item.cut ? " …" : "")));
  node.addEventListener("toggle", () => (node.open ? open.add(key(item)) : open.delete(key(item))));
  return el("li", {}, node);
};
