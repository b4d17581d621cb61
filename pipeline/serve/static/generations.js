// Generations: how many shared at each remove, what reach they brought, and R from one to the next.
import { arrange, el, write } from "./dom.js";
import { decimal, exact, number } from "./format.js";
import { term } from "./help.js";

const DEEPEST = 64;

export const generationPanel = () => {
  const body = el("tbody");
  const rows = new Map();
  const none = el("p.quiet", {}, "No shares yet.");
  const head = [["generation", "Gen."], ["shares", "Shares"], ["reach_generation", "Reach"], ["r_g", "R"]];
  const table = el("table.grid", {}, el("thead", {}, el("tr", {}, head.map(([key, label]) => el("th", { scope: "col" }, term(key, label))))), body);
  return {
    node: el("section.panel.generations", { "aria-labelledby": "generations-title" },
      el("div.panel-head", {}, el("h2", { id: "generations-title" }, term("generation", "Generations"))), el("div.scroll", { tabindex: 0, "aria-label": "Generations" }, table), none),
    update: ({ generations, facts }) => {
      none.hidden = generations.length > 0;
      table.hidden = generations.length === 0;
      const most = { shares: Math.max(1, ...generations.map((one) => one.shares)), reach: Math.max(1, ...generations.map((one) => one.reach)) };
      for (const one of generations) {
        if (!rows.has(one.depth)) rows.set(one.depth, row(one.depth));
        rows.get(one.depth).update(one, most, facts);
      }
      arrange(body, generations.map((one) => rows.get(one.depth).node));
    },
  };
};

const row = (depth) => {
  const shares = barCell();
  const reach = barCell();
  const r = el("td.num");
  const node = el("tr", {}, el("th.num", { scope: "row" }, depth === DEEPEST ? `${depth}+` : String(depth)), shares.node, reach.node, r);
  const update = (one, most, facts) => {
    shares.update(one.shares, one.shares / most.shares);
    reach.update(facts.secondary_reach === null ? null : one.reach, one.reach / most.reach);
    write(r, decimal(one.r));
    r.title = one.r === null ? "the last generation" : "";
  };
  return { node, update };
};

const barCell = () => {
  const value = el("span.num");
  const bar = el("i.bar-fill", { "aria-hidden": true });
  return {
    node: el("td.bar-cell", {}, bar, value),
    update: (figure, share) => {
      write(value, number(figure));
      value.title = figure === null ? "not known" : exact(figure);
      bar.style.setProperty("width", `${figure ? Math.max(2, share * 100) : 0}%`);
    },
  };
};
