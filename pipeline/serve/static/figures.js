// The key figures of one content, in groups: spread, what comes next, reach, and what stands behind them.
import { aheadGroup } from "./ahead.js";
import { el, write } from "./dom.js";
import { decimal, exact, number, percent } from "./format.js";
import { figure, group } from "./figure.js";

export const figurePanel = () => {
  const spread = group("Spread", [
    figure("shares", (f) => f.shares, { note: (f) => `${number(f.shares_5m)} in 5 min · ${number(f.shares_1h)} in 1 h · ${number(f.shares_24h)} in 24 h` }),
    figure("size", (f) => f.size, { note: (f) => (f.retracted ? `${exact(f.retracted)} acts taken back` : "") }),
    figure("depth", (f) => f.depth, { note: (f) => [f.mean_depth !== null && `${decimal(f.mean_depth)} on average`, `${exact(f.depth_exact)} over exact links`].filter(Boolean).join(" · ") }),
    figure("virality", (f) => f.structural_virality, { show: decimal, note: (f) => f.shape ?? "" }),
    figure("r", (f) => f.live_r ?? f.r, { show: decimal, note: soFar }),
  ]);
  const reach = group("Reach", [
    figure("secondary_reach", (f) => f.secondary_reach, { note: (f) => `${number(f.secondary_reach_5m)} in 5 min · ${number(f.secondary_reach_1h)} in 1 h` }),
    figure("primary_reach", (f) => f.primary_reach),
    figure("potential_reach", (f) => f.potential_reach, { note: () => "upper bound" }),
    figure("estimated_reach", (f) => f.estimated_reach, { note: () => "estimated" }),
    figure("coverage", (f) => f.audience_coverage, { show: percent, note: (f) => `${exact(f.sharers_known)} of ${exact(f.sharers)} audiences known` }),
  ]);
  const ahead = aheadGroup();
  const acts = el("p.acts");
  return {
    node: el("section.figures", { "aria-label": "Key figures" }, spread.node, ahead.node, reach.node, acts),
    update: ({ facts }) => {
      for (const one of [spread, ahead, reach]) one.update(facts);
      write(acts, other(facts), { glow: false });
    },
  };
};

// R is what it will be once the young shares have had their time; below it, what was counted until now.
const soFar = (f) => {
  if (f.r === null) return "";
  return f.live_r === null ? "so far, young shares count in full" : `${decimal(f.r)} so far`;
};

const KINDS = ["posts", "likes", "comments", "mentions", "clicks", "views"];
const COUNTED = { counted_shares: "shares", counted_likes: "likes", counted_comments: "comments", counted_clicks: "clicks", counted_views: "views" };

export const other = (facts) => {
  const acts = KINDS.filter((kind) => facts[kind]).map((kind) => `${exact(facts[kind])} ${facts[kind] === 1 ? kind.slice(0, -1) : kind}`);
  if (facts.duplicates) acts.push(`${exact(facts.duplicates)} repeated records counted once`);
  const counted = Object.entries(COUNTED).filter(([key]) => facts[key]).map(([key, noun]) => `${exact(facts[key])} ${noun}`);
  if (counted.length) acts.push(`the platforms themselves count ${counted.join(", ")}`);
  return acts.join(" · ");
};
