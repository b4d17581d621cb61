// Who carried it on: people whose shares brought on the most.
import { badge } from "./badges.js";
import { arrange, el, write } from "./dom.js";
import { exact, number, plural, ratio } from "./format.js";
import { term } from "./help.js";

const BROUGHT = [["downstream_shares", "Shares brought on", "downstream_shares"], ["downstream_reach", "Reach brought on", "downstream_reach"]];
const COLUMNS = {
  content: [["depth", "Gen.", "generation"], ["shares", "Shares", "shares"], ["audience_size", "Audience", "audience"], ...BROUGHT],
  campaign: [["contents", "Contents", "contents_shared"], ["first_moves", "First", "first_moves"], ["shares", "Shares", "shares"],
    ["audience_size", "Audience", "audience"], ["amplification", "Per share", "amplification"], ...BROUGHT],
};
const SHOW = { amplification: ratio };

/** `of` is "content" or "campaign". */
export const amplifierPanel = (of = "content") => {
  const columns = COLUMNS[of];
  const rows = new Map();
  const body = el("tbody");
  const foot = el("p.quiet");
  const head = el("tr", {}, el("th", { scope: "col" }, "Who"), columns.map(([name, label, key]) => el(`th.${name}`, { scope: "col" }, term(key, label))));
  return {
    node: el("section.panel.amplifiers", { "aria-labelledby": "amplifiers-title" },
      el("div.panel-head", {}, el("h2", { id: "amplifiers-title" }, term("amplifiers"))),
      el("div.scroll", { tabindex: 0, "aria-label": "Top amplifiers" }, el("table.grid", {}, el("thead", {}, head), body)), foot),
    update: ({ amplifiers }) => {
      for (const one of amplifiers.top) {
        if (!rows.has(key(one))) rows.set(key(one), row(one, columns));
        rows.get(key(one)).update(one);
      }
      arrange(body, amplifiers.top.map((one) => rows.get(key(one)).node));
      const left = amplifiers.total - amplifiers.top.length;
      write(foot, amplifiers.total === 0 ? "Nobody has shared it yet." : left > 0 ? `and ${plural(left, "other person", "other people")}` : "", { glow: false });
    },
  };
};

const key = (one) => `${one.platform}\n${one.actor_id}`;

const row = (one, columns) => {
  const cells = columns.map(([name]) => el(`td.num.${name}`));
  const first = el("span.first", { title: "shared it before anybody else", hidden: true }, "first");
  const node = el("tr", {}, el("th.who", { scope: "row" }, el("span.actor", { title: one.actor_id }, one.actor_id), badge(one.platform), first), cells);
  const update = (now) => {
    first.hidden = !now.first_mover;
    columns.forEach(([name], index) => {
      write(cells[index], (SHOW[name] ?? number)(now[name]));
      cells[index].title = now[name] === null ? "not known" : SHOW[name] ? "" : exact(now[name]);
    });
  };
  return { node, update };
};
