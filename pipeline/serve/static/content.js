// One content: its tree drawn live, and every figure of it.
import { alertsPanel } from "./alerts.js";
import { badges, campaignLink, stateBadge } from "./badges.js";
import { el, write } from "./dom.js";
import { ago, dateTime, shortId } from "./format.js";
import { amplifierPanel } from "./amplifiers.js";
import { figurePanel } from "./figures.js";
import { generationPanel } from "./generations.js";
import { sharePanel } from "./breakdowns.js";
import { treePanel } from "./tree-panel.js";
import { minutePanel } from "./minutes.js";

export const contentView = (id, back) => {
  const head = heading(id, back);
  const panels = [figurePanel(), generationPanel(), minutePanel(), amplifierPanel(), sharePanel("platforms"), sharePanel("basis")];
  const [figures, generations, minutes, amplifiers, platforms, basis] = panels;
  const tree = treePanel();
  const alerts = alertsPanel(false);
  const missing = el("div.panel.empty", { hidden: true }, el("h3", {}, "Not seen yet"),
    el("p", {}, "No event of this content has arrived. The page shows it as soon as one does."));
  const body = el("div.content-body", {}, alerts.node, figures.node, el("div.columns", {},
    el("div.column", {}, tree.node, amplifiers.node), el("div.column", {}, generations.node, minutes.node, platforms.node, basis.node)));
  body.hidden = true;
  return {
    node: el("article.content", {}, head.node, missing, body),
    title: `${shortId(id)} · Share Cascades`,
    accepts: (address) => address.view === "content" && address.id === id,
    query: () => ({ view: "content", id }),
    handlers: {
      content: (content) => {
        if (content.merged_into) return goOn(content.merged_into);
        missing.hidden = content.known;
        body.hidden = !content.known;
        if (!content.known) return;
        head.update(content.facts);
        for (const panel of panels) panel.update(content);
      },
      alerts: alerts.update,
      "problem:alerts": ({ text }) => alerts.problem(text),
      tree: tree.update,
      "tree-delta": tree.change,
    },
    leave: () => tree.end(),
  };
};

// A content that was merged has its figures elsewhere. In the place of this address, so that going back does not lead here again.
const goOn = (id) => location.replace(`#/content/${encodeURIComponent(id)}`);

const heading = (id, back) => {
  const campaign = campaignLink();
  const state = stateBadge();
  const shape = el("span.shape");
  const platforms = badges();
  const seen = el("span.seen");
  const node = el("header.content-head", {},
    el("nav", { "aria-label": "Back" }, el("a.back", { href: back }, "← All contents")),
    el("h1", { title: id }, shortId(id), outside(id)),
    el("p.sub", {}, state.node, shape, campaign.node, platforms.node, seen));
  const update = (facts) => {
    state.update(facts);
    campaign.update(facts.campaign_id);
    write(shape, facts.shape ?? "", { glow: false });
    shape.dataset.shape = facts.shape ?? "";
    platforms.update(facts.platforms);
    write(seen, `first seen ${ago(facts.first_seen, Date.now())}, last ${ago(facts.last_seen, Date.now())}`, { glow: false });
    seen.title = `${dateTime(facts.first_seen)} to ${dateTime(facts.last_seen)}`;
  };
  return { node, update };
};

// A content id is often the address of the post.
const outside = (id) => {
  if (!/^https?:\/\//.test(id) || !URL.canParse(id)) return null;
  return el("a.outside", { href: id, target: "_blank", rel: "noopener noreferrer", "aria-label": "Open the content in a new tab" }, "↗");
};
