// The ranked list. Rows glide to their new rank, and keep still while somebody points at them or moves through them with the keyboard.
import { badges, campaignLink, stateBadge } from "./badges.js";
import { sparkline } from "./chart.js";
import { arrange, el, glide, sentence, write } from "./dom.js";
import { decimal, exact, number, shortId, times } from "./format.js";
import { term } from "./help.js";

const COLUMNS = [
  ["sparkline", "Last 60 min", "spark-col"], ["shares_5m", "5 min", "lead"], ["shares_1h", "1 h", ""], ["shares", "Shares", ""], ["size", "Size", "extra"],
  ["depth", "Depth", ""], ["secondary_reach", "Secondary reach", ""], ["virality", "Virality", "form"],
];

// How far ahead of the like a content must be to be worth a word in the list.
const AHEAD = 2;

export const contentList = () => {
  const rows = new Map();
  const body = el("div.rows", { role: "rowgroup" });
  const head = el("div.row.row-head", { role: "row" }, el("span.cell.name", { role: "columnheader" }, "Content"),
    COLUMNS.map(([key, label, kind]) => el(`span.cell${kind && `.${kind}`}`, { role: "columnheader" }, term(key, label))));
  const table = el("div.table", { role: "table", "aria-label": "Contents by what is moving now", hidden: true }, el("div", { role: "rowgroup" }, head), body);
  const empty = el("div.empty", { "data-state": "waiting" });
  const note = el("p.held", { hidden: true }, "Order held while you look");
  const state = { contents: null, pointed: false, filtered: false, total: null, problem: "" };
  const order = () => place(body, rows, state, note);
  body.addEventListener("pointerenter", (event) => (state.pointed = event.pointerType === "mouse"));
  body.addEventListener("pointerleave", () => ((state.pointed = false), order()));
  body.addEventListener("focusout", () => setTimeout(order));
  const show = () => {
    const items = state.contents?.items ?? [];
    table.hidden = items.length === 0;
    empty.hidden = items.length > 0;
    if (!items.length) explain(empty, state);
  };
  return {
    node: el("div.list", {}, note, table, empty),
    waiting: (filtered) => Object.assign(state, { filtered }),
    total: (total) => ((state.total = total), show()),
    problem: (text) => ((state.problem = text), show()),
    update: (contents) => {
      state.contents = contents;
      for (const item of contents.items) {
        if (!rows.has(item.content_id)) rows.set(item.content_id, row(item.content_id));
        rows.get(item.content_id).update(item);
      }
      order();
      show();
    },
  };
};

const place = (body, rows, state, note) => {
  if (!state.contents) return;
  const wanted = state.contents.items.map((item) => rows.get(item.content_id).node);
  const still = state.pointed || body.contains(document.activeElement);
  const shown = [...body.children];
  const differs = wanted.some((node, index) => node !== shown[index]);
  note.hidden = !(still && differs && shown.length);
  if (!still || !shown.length) glide(body, wanted);
  else arrange(body, [...shown.filter((node) => wanted.includes(node)), ...wanted.filter((node) => !shown.includes(node))]);
  for (const [id, { node }] of rows) if (!node.isConnected) rows.delete(id);
};

const row = (id) => {
  const link = el("a.content-link", { href: `#/content/${encodeURIComponent(id)}`, title: id }, shortId(id));
  const campaign = campaignLink();
  const state = stateBadge();
  const ahead = el("span.ahead");
  const platforms = badges(3);
  const line = sparkline();
  const cells = Object.fromEntries(COLUMNS.map(([key, label, kind]) => [key, cell(label, kind)]));
  const shape = el("span.shape");
  cells.sparkline.holder.replaceChildren(line.node);
  cells.virality.holder.append(shape);
  const node = el("div.row", { role: "row" },
    el("span.cell.name", { role: "cell" }, link, el("span.sub", {}, state.node, ahead, campaign.node, platforms.node)),
    Object.values(cells).map((one) => one.holder));
  const update = (item) => {
    campaign.update(item.campaign_id);
    state.update(item);
    write(ahead, item.viral_score >= AHEAD ? times(item.viral_score) : "", { glow: false });
    ahead.title = `${times(item.viral_score)} the shares expected at this age`;
    platforms.update(item.platforms);
    line.update(item.sparkline);
    for (const key of ["shares_5m", "shares_1h", "shares", "size", "depth", "secondary_reach"]) cells[key].figure(item[key]);
    write(cells.virality.value, decimal(item.structural_virality));
    write(shape, item.shape ?? "", { glow: false });
    shape.dataset.shape = item.shape ?? "";
    node.classList.toggle("moving", item.shares_5m > 0);
  };
  return { node, update };
};

const cell = (label, kind) => {
  const value = el("span.num.value");
  const holder = el(`span.cell${kind && `.${kind}`}`, { role: "cell", "data-label": label }, value);
  const figure = (number_) => {
    write(value, number(number_));
    value.title = number_ === null ? "not known" : exact(number_);
  };
  return { holder, value, figure };
};

const explain = (empty, { contents, total, filtered, problem }) => {
  const key = problem ? "problem" : !contents ? "waiting" : filtered && total !== 0 ? "filtered" : "none";
  const text = key + problem;
  if (empty.dataset.text === text) return;
  empty.dataset.text = text;
  empty.dataset.state = key;
  empty.replaceChildren(...SAY[key](problem));
};

const SAY = {
  problem: (text) => [el("h3", {}, "No figures to show"), el("p", {}, sentence(`${text}.`)), el("p.hint", {}, "This page tries again by itself.")],
  waiting: () => [el("p", {}, "Reading…")],
  filtered: () => [el("h3", {}, "Nothing matches"), el("p", {}, "No content has this campaign, platform and text. Widen the search to see more.")],
  none: () => [
    el("h3", {}, "No events yet"),
    el("p", {}, "As soon as share events arrive, their cascades appear here by themselves."),
    el("p", {}, "To replay a file of events: ", el("code", {}, "cascades replay events.jsonl")),
    el("p", {}, "To see sample cascades: ", el("code", {}, "make demo")),
  ],
};
