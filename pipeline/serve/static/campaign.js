// One campaign: its figures with each person once, its contents, who carried it, and how its own accounts talk.
import { alertsPanel } from "./alerts.js";
import { amplifierPanel } from "./amplifiers.js";
import { badges } from "./badges.js";
import { conversationPanel } from "./conversation.js";
import { el, write } from "./dom.js";
import { figure, group } from "./figure.js";
import { other } from "./figures.js";
import { ago, dateTime, exact, number, percent, ratio } from "./format.js";
import { term } from "./help.js";
import { contentList } from "./list.js";

export const campaignView = (id, back) => {
  const head = heading(id, back);
  const panels = [figurePanel(), amplifierPanel("campaign")];
  const [figures, amplifiers] = panels;
  const conversation = conversationPanel(id);
  const alerts = alertsPanel(false);
  const list = contentList();
  const note = el("p.quiet");
  const missing = el("div.panel.empty", { hidden: true }, el("h3", {}, "Not seen yet"),
    el("p", {}, "No content names this campaign. The page shows it as soon as one does."));
  const contents = el("section.panel.list-panel", { "aria-labelledby": "campaign-contents" },
    el("div.panel-head", {}, el("h2", { id: "campaign-contents" }, term("campaign_contents"))), list.node, note);
  const body = el("div.content-body", { hidden: true }, figures.node, alerts.node, contents, el("div.columns", {}, amplifiers.node, conversation.node));
  return {
    node: el("article.content.one-campaign", {}, head.node, missing, body),
    title: `${id} · Share Cascades`,
    accepts: (address) => address.view === "campaign" && address.id === id,
    query: () => ({ view: "campaign", id }),
    handlers: {
      campaign: (campaign) => {
        missing.hidden = campaign.known;
        body.hidden = !campaign.known;
        if (!campaign.known) return;
        head.update(campaign.facts);
        for (const panel of panels) panel.update(campaign);
      },
      contents: (found) => {
        list.update(found);
        const left = found.matching - found.items.length;
        write(note, left > 0 ? `The ${exact(found.items.length)} that move most; ${exact(left)} more.` : "", { glow: false });
      },
      alerts: alerts.update,
      "problem:alerts": ({ text }) => alerts.problem(text),
      conversation: conversation.update,
      "problem:contents": ({ text }) => list.problem(text),
      "problem:conversation": ({ text }) => conversation.problem(text),
    },
  };
};

const heading = (id, back) => {
  const platforms = badges();
  const seen = el("span.seen");
  const node = el("header.content-head", {},
    el("nav", { "aria-label": "Back" }, el("a.back", { href: back }, "← All contents")),
    el("h1", {}, id),
    el("p.sub", {}, el("span.shape", {}, "campaign"), platforms.node, seen));
  const update = (facts) => {
    platforms.update(facts.platforms);
    write(seen, `first seen ${ago(facts.first_seen, Date.now())}, last ${ago(facts.last_seen, Date.now())}`, { glow: false });
    seen.title = `${dateTime(facts.first_seen)} to ${dateTime(facts.last_seen)}`;
  };
  return { node, update };
};

const figurePanel = () => {
  const spread = group("Spread", [
    figure("campaign_contents", (f) => f.contents),
    figure("shares", (f) => f.shares),
    figure("depth", (f) => f.depth, { note: (f) => `${exact(f.depth_exact)} over exact links` }),
    figure("shares_per_view", (f) => f.shares_per_view, { show: ratio, note: (f) => (f.views ? `${number(f.views)} views` : "no views known") }),
    figure("shares_per_click", (f) => f.shares_per_click, { show: ratio, note: (f) => (f.clicks ? `${number(f.clicks)} clicks` : "no clicks known") }),
  ]);
  const reach = group("Reach", [
    figure("campaign_secondary", (f) => f.secondary_reach, { note: () => "each person once" }),
    figure("campaign_primary", (f) => f.primary_reach, { note: () => "each account once" }),
    figure("potential_reach", (f) => f.potential_reach, { note: () => "upper bound" }),
    figure("coverage", (f) => f.audience_coverage, { show: percent, note: (f) => `${exact(f.sharers_known)} of ${exact(f.sharers)} audiences known` }),
    figure("viral_contents", (f) => f.viral_contents),
  ]);
  const acts = el("p.acts");
  return {
    node: el("section.figures", { "aria-label": "Key figures" }, spread.node, reach.node, acts),
    update: ({ facts }) => {
      spread.update(facts);
      reach.update(facts);
      write(acts, other(facts), { glow: false });
    },
  };
};
