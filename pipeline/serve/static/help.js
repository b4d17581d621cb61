// What every figure means, in a sentence or two; shown at the figure, and together in the glossary.
import { el } from "./dom.js";

export const HELP = {
  shares: ["Shares", "Shares, repins and quotes that stand now. Taken-back ones are left out."],
  shares_5m: ["Shares, 5 min", "Shares dated in the last five whole minutes, the running minute included. The list is ordered by it."],
  shares_1h: ["Shares, 1 h", "Shares dated in the last 60 minutes, the running minute included."],
  shares_5m_all: ["Shares, last 5 min", "Shares of all contents dated in the last five whole minutes, the running minute included."],
  reach_1h_all: ["Secondary reach, last hour", "Followers of everybody who shared in the last 60 minutes, each person once for each content. Unknown audiences are left out."],
  contents: ["Contents", "Content items with at least one event."],
  shares_hour: ["Last hour", "Shares per minute of all contents, by platform and by the time of the share. The pale bar is the running minute."],
  sparkline: ["Last 60 min", "Shares in each of the last 60 minutes; the right end is the running minute."],
  size: ["Size", "The content itself plus every share of it, taken-back ones included: the message did travel through them."],
  depth: ["Depth", "The longest chain: how many hands the content went through, counted from the original post."],
  depth_exact: ["Exact depth", "Depth over proven links only. Many platforms name the original alone, so true depth may be greater."],
  secondary_reach: ["Secondary reach", "The audience of the audience: followers of everybody who shared it. Each person who shared counts once, with their largest known audience."],
  primary_reach: ["Primary reach", "Followers of the accounts that posted it first."],
  potential_reach: ["Potential reach", "Primary plus secondary reach. An upper bound: people who follow several sharers are counted several times."],
  estimated_reach: ["Estimated reach", "An estimate of distinct people, from audiences and the size of each platform. It assumes that audiences overlap by chance."],
  coverage: ["Coverage", "Share of the people who shared whose audience is known. Below 100%, the true reach is greater than shown."],
  virality: ["Structural virality", "Average distance between any two people in the tree (Goel et al. 2016). Near 2: one source, many shares. Higher: it passes from person to person. Compare only cascades of like size."],
  shape: ["Broadcast, mixed, chain", "The form in a word, from structural virality: broadcast (few hops), chain (many hops), mixed between. It explains a spread; it does not predict one."],
  r: ["R", "New shares that each share brings on, on average, leaving out the original post. Young shares weigh less: they have not had the time for theirs. Above 1 a cascade feeds itself. So far: every share counted in full, which is too low while a cascade is young."],
  final_size: ["Expected final size", "Size a week after the first act, by SEISMIC with our calibration: speed, age, and the audience that has yet to see it. In 8 of 10 cases it ends within the range. While each share still brings on more than one, only a least number can be told."],
  half_time: ["Half of it", "When half of the expected final size is reached; below it, nine tenths. Roughly in: from now; an order of magnitude, often off by a factor of two. After: so long after its first act, already passed."],
  over_performance: ["Over-performance", "Shares, divided by what contents of its platform (or campaign) had at the same age: the mean of the middle half of the last 100. 6.4× is 6.4 times as many. A dash: too few of the like, or too few shares."],
  velocity: ["Speed", "Shares per minute over the last five minutes; below it, over the last hour, and how much faster or slower the last five minutes were than the five before."],
  doubling: ["Doubles in", "Time in which its size doubles if it keeps the pace of the last hour. A dash: nobody shared it in that hour."],
  state: ["State", "What the alert rules say of it: quiet, rising, viral, sustained, cooling. Severity is that of its open alert, 1 to 10."],
  r_g: ["R of a generation", "Shares in the next generation for each share in this one. The last generation has none yet."],
  generation: ["Generation", "How far from the original: 1 shared the post itself, 2 shared one of those shares, and so on."],
  reach_generation: ["Reach by generation", "Secondary reach by the generation of the share that it is counted for. All generations add up to the total."],
  downstream_shares: ["Shares brought on", "Shares by other people anywhere below this person's shares in the tree."],
  downstream_reach: ["Reach brought on", "Secondary reach of those shares."],
  audience: ["Audience", "Largest known number of followers at the time of sharing. A dash means that the platform does not tell."],
  over_time: ["Over time", "Shares, and the secondary reach counted for them, by the time of the share. A late share changes the past. The pale bar still runs."],
  amplifiers: ["Top amplifiers", "The people whose shares brought on the most reach by others: first by reach brought on, then by shares brought on."],
  cascade: ["Cascade", "Every share hangs on the share it came through; one whose parent is not known hangs on the content itself. Rings are generations; within a ring, time runs clockwise."],
  basis: ["How links are known", "Exact: the platform or a tracked link names the share it came through. Inferred: worked out from the text. Root only: the platform names just the original. None: nothing is named."],
  platforms: ["Platforms", "Where the shares happened. One cascade may span several platforms."],
  contents_shared: ["Contents shared", "How many contents of the campaign this person shared."],
  first_moves: ["First", "How many contents this person was the first to share."],
  amplification: ["Amplification", "Shares brought on for each share of one's own."],
  campaign_contents: ["Contents", "Contents whose first post, or else first event, names this campaign."],
  viral_contents: ["Going viral", "Contents of the campaign whose alert state is viral or sustained now. A dash: no state is computed yet."],
  campaign_primary: ["Primary reach", "Followers of the accounts that posted the campaign's contents, each account once."],
  campaign_secondary: ["Secondary reach", "Followers of everybody who shared any of its contents. Each person counts once over the whole campaign, with their largest known audience; who posted one of them is not counted here."],
  shares_per_view: ["Shares per view", "Shares for each view. Views are those that came one by one, or the platform's own total where that is more."],
  shares_per_click: ["Shares per click", "Shares for each click on a link to it, counted in the same way."],
  conversation: ["Conversation", "Whether the campaign's own accounts talk with people or only to them. Counted over everything that they do, not in this campaign alone."],
  created_shared: ["Created : shared", "Own posts, to shares of what others posted."],
  one_two_way: ["One-way : two-way", "Posts beside which the account neither replied to nor mentioned somebody else, to posts beside which it did."],
  account_sharers: ["Sharers", "Other accounts that shared something it posted, or shared on one of its shares."],
  reciprocity: ["Reciprocity", "Share of its sharers whom the account shared, answered or mentioned within 24 hours of their share."],
  sharers_audience: ["Their audience", "Audience of the audience: half of its sharers have fewer followers than this. Between them: a tenth has less than the first, nine tenths less than the second."],
  campaign: ["Campaign", "The campaign of the first post, or of the first event that names one."],
  events_rate: ["Events per second", "Accepted events that became visible in the last ten seconds or so, over all contents."],
  alerts: ["Alerts", "What the rules found worth telling: the sentence says why, with numbers. Severity 1 to 4 is good to know, 5 to 10 goes viral. A notice tells of a moment, such as a mark that was passed, and is never open. Muting stops messages to people, not the alert."],
  lag: ["Waiting", "Records in Kafka that the worker has not stored yet. 0 means that you see everything."],
  updated: ["Updated", "When figures were last read from ClickHouse."],
  rejected: ["Rejected events", "Records that broke the event contract. None is dropped: each is kept with the reason and the original bytes."],
  accepted: ["Accepted", "Acts counted in the cascades: posts, shares, likes, comments, clicks and so on. Copies count once."],
};

const tip = el("div.tip", { role: "tooltip", id: "tip", hidden: true });
let owner = null;

/** A label with its explanation: on pointing, on focus, on tap; screen readers read it as the button's description. */
export const term = (key, label = HELP[key][0]) => {
  const button = el("button.term", { type: "button", "aria-describedby": `help-${key}` }, label);
  button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(button, key));
  button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  button.addEventListener("focus", () => button.matches(":focus-visible") && show(button, key));
  button.addEventListener("blur", hide);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    if (owner === button && event.detail) hide();
    else show(button, key);
  });
  return button;
};

const show = (button, key) => {
  owner = button;
  tip.replaceChildren(el("strong", {}, HELP[key][0]), el("span", {}, HELP[key][1]));
  tip.hidden = false;
  const at = button.getBoundingClientRect();
  const box = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - box.width - 8));
  const below = at.bottom + 6 + box.height < innerHeight;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${below ? at.bottom + 6 : at.top - box.height - 6}px`);
};

const hide = () => {
  owner = null;
  tip.hidden = true;
};

/** Put tooltip, descriptions and glossary into the document, once. */
export const installHelp = (opener) => {
  const texts = Object.entries(HELP).map(([key, [, text]]) => el("div", { id: `help-${key}` }, text));
  const list = el("dl", {}, Object.values(HELP).map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]));
  const close = el("button.plain", { type: "button", onclick: () => dialog.close() }, "Close");
  const dialog = el("dialog.glossary", { "aria-labelledby": "glossary-title" },
    el("div.glossary-head", {}, el("h2", { id: "glossary-title" }, "What the figures mean"), close), list);
  document.body.append(el("div", { hidden: true }, texts), dialog, tip);
  opener.addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", hide, { passive: true });
};
