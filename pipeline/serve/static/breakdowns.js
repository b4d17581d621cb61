// Shares by platform, and links by how they are known: one bar and a list each.
import { el } from "./dom.js";
import { exact, percent } from "./format.js";
import { term } from "./help.js";
import { platformColour, platformName } from "./platforms.js";

const BASIS = { exact: "Exact", inferred: "Inferred", root_only: "Root only", none: "None" };
const BASIS_COLOUR = { exact: "var(--accent)", inferred: "var(--accent-2)", root_only: "var(--muted)", none: "var(--line-strong)" };

const KINDS = {
  platforms: { title: "Platforms", read: (row) => ({ name: platformName(row.platform), value: row.shares, colour: platformColour(row.platform) }) },
  basis: { title: "How links are known", read: (row) => ({ name: BASIS[row.basis] ?? row.basis, value: row.spreads, colour: BASIS_COLOUR[row.basis] ?? "var(--muted)" }) },
};

export const sharePanel = (kind) => {
  const { title, read } = KINDS[kind];
  const bar = el("div.stack", { "aria-hidden": true });
  const list = el("ul.shares");
  const note = el("p.quiet");
  return {
    node: el(`section.panel.breakdown.${kind}`, { "aria-label": title }, el("div.panel-head", {}, el("h2", {}, term(kind, title))), bar, list, note),
    update: (content) => {
      const parts = content[kind].map(read).filter((part) => part.value > 0);
      const all = parts.reduce((sum, part) => sum + part.value, 0);
      bar.replaceChildren(...parts.map((part) => el("i", { style: { "flex-grow": part.value, "background-color": part.colour } })));
      list.replaceChildren(...parts.map((part) => el("li", {}, el("i", { style: { "background-color": part.colour }, "aria-hidden": true }), el("span", {}, part.name),
        el("b.num", {}, exact(part.value)), el("span.num.part-share", {}, percent(part.value / all)))));
      note.textContent = all === 0 ? "No shares yet." : kind === "basis" ? unplaced(content.facts) : "";
    },
  };
};

const unplaced = (facts) => {
  const parts = [
    [facts.parents_unresolved, "whose parent has not been seen here"], [facts.parents_not_a_spread, "that name an act which does not spread"],
    [facts.parents_self, "that name themselves"], [facts.parents_cycle, "that closed a circle"],
  ].filter(([count]) => count);
  return parts.length ? `Drawn at the root: ${parts.map(([count, what]) => `${exact(count)} ${what}`).join(", ")}.` : "";
};
