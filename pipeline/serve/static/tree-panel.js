// The tree with its legend, its zoom, and the words for what is pointed at.
import { el, write } from "./dom.js";
import { dateTime, exact, number, plural } from "./format.js";
import { term } from "./help.js";
import { platformName } from "./platforms.js";
import { TreeView } from "./tree-view.js";

const RULES = {
  all: () => "",
  largest: (drawn, total) => `Drawn: ${exact(drawn)} of ${exact(total)} shares, those with the most shares below them. +n counts the rest where they hang.`,
  parents: (drawn, total) => `Drawn: ${exact(drawn)} of ${exact(total)} shares, those with the most direct shares. +n counts the rest where they hang.`,
};
const BASIS = { exact: "exact link", inferred: "inferred link", root_only: "platform names the original only", none: "no parent named" };

export const treePanel = () => {
  const words = el("p.tree-words", { "aria-live": "polite" });
  const rule = el("p.tree-rule");
  const state = { tree: null };
  const view = new TreeView((node) => write(words, node ? describe(node) : idle(state.tree), { glow: false }));
  const zoom = (label, sign, factor) => el("button.plain.icon", { type: "button", "aria-label": label, onclick: () => view.zoomBy(factor) }, sign);
  const tell = () => {
    const drawn = view.nodes.size;
    write(rule, RULES[state.tree.rule](drawn, state.tree.total), { glow: false });
    view.canvas.setAttribute("aria-label", `Cascade tree: ${plural(drawn, "share")} drawn of ${exact(state.tree.total)}`);
    if (!view.picked) write(words, idle(state.tree), { glow: false });
  };
  return {
    node: el("section.panel.tree", { "aria-labelledby": "tree-title" },
      el("div.panel-head", {}, el("h2", { id: "tree-title" }, term("cascade")),
        el("div.tree-tools", {}, zoom("Zoom out", "−", 1 / 1.5), zoom("Zoom in", "+", 1.5), zoom("Show all", "⤢", 1e-6))),
      view.node, words, rule, legend(),
      el("p", { id: "tree-keys", hidden: true }, "Arrow keys walk the tree: down to the first share below, up to the parent, left and right among siblings. Plus and minus zoom. Escape lets go.")),
    update: (tree) => {
      if (!tree) return;
      state.tree = tree;
      view.update(tree);
      tell();
    },
    change: (delta) => {
      Object.assign(state.tree, { total: delta.total, rule: delta.rule, hidden: delta.hidden });
      view.change(delta);
      tell();
    },
    end: () => view.end(),
  };
};

const idle = (tree) => (!tree || tree.total === 0 ? "No shares yet: the dot is the content itself." : "Point at a share, or use the arrow keys, to see who it was.");

const describe = (node) => [
  `${node.actor} on ${platformName(node.platform)}`,
  `generation ${node.depth}`,
  node.audience === null ? "audience not known" : `audience ${number(node.audience)}`,
  node.below ? `${plural(node.below, "share")} below` : "nothing below yet",
  BASIS[node.basis] ?? node.basis,
  dateTime(node.at),
  ...(node.retracted ? ["taken back"] : []),
].join(" · ");

const legend = () => el("ul.tree-legend", { "aria-label": "Legend" },
  el("li", {}, el("i.key.root"), "the content"), el("li", {}, el("i.key.big"), "larger: more audience"),
  el("li", {}, el("i.key.hollow"), "taken back"), el("li", {}, "rings: generations, clockwise by time"));
