// Which parts are up. Each with a word, not a colour alone.
import { el, sentence, write } from "./dom.js";

const PARTS = { kafka: "Kafka", clickhouse: "ClickHouse", worker: "Worker", page: "Page" };

export const healthPanel = () => {
  const lines = Object.fromEntries(Object.entries(PARTS).map(([name, label]) => [name, line(label)]));
  return {
    node: el("section.panel.health", { "aria-labelledby": "health-title" },
      el("div.panel-head", {}, el("h2", { id: "health-title" }, "Components")),
      el("ul.parts", {}, Object.values(lines).map((one) => one.node))),
    update: ({ parts }) => {
      for (const [name, part] of Object.entries(parts)) lines[name]?.update(part);
    },
  };
};

const line = (label) => {
  const word = el("span.part-word", {}, "…");
  const detail = el("span.part-detail");
  const node = el("li.part", { "data-ok": "unknown" }, el("i.lamp", { "aria-hidden": true }), el("b", {}, label), word, detail);
  const update = ({ ok, detail: text }) => {
    node.dataset.ok = ok;
    write(word, ok ? "up" : "down", { glow: false });
    if (detail.dataset.text === text) return;
    detail.dataset.text = text;
    detail.replaceChildren(...(ok ? [] : sentence(text)));
  };
  return { node, update };
};
