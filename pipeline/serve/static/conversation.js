// The accounts that a campaign owns: do they create or share, do they talk with people or only to them, and who shares them.
import { badge } from "./badges.js";
import { arrange, el, sentence, write } from "./dom.js";
import { DASH, exact, number, percent, ratio } from "./format.js";
import { term } from "./help.js";

const COLUMNS = [
  ["created_shared", "Created : shared", (one) => pair(one.posts, one.shares_of_others), (one) => each(one.share_ratio, "post", "share of others")],
  ["one_two_way", "One-way : two-way", (one) => pair(one.one_way_posts, one.two_way_posts), (one) => each(one.two_way_ratio, "one-way post", "two-way post")],
  ["account_sharers", "Sharers", (one) => number(one.sharers), (one) => exact(one.sharers)],
  ["reciprocity", "Reciprocity", (one) => percent(one.reciprocity), (one) => `${exact(one.reciprocated)} of ${exact(one.sharers)}`],
  ["sharers_audience", "Their audience", (one) => number(one.sharers_audience_p50), (one) => between(one)],
];

export const conversationPanel = (campaign) => {
  const rows = new Map();
  const body = el("tbody");
  const foot = el("p.quiet");
  const head = el("tr", {}, el("th", { scope: "col" }, "Own account"), COLUMNS.map(([key, label]) => el(`th.${key}`, { scope: "col" }, term(key, label))));
  const table = el("div.scroll", { tabindex: 0, "aria-label": "Conversation", hidden: true }, el("table.grid", {}, el("thead", {}, head), body));
  const say = (text) => foot.replaceChildren(...sentence(text));
  say("Reading…");
  return {
    node: el("section.panel.conversation", { "aria-labelledby": "conversation-title" },
      el("div.panel-head", {}, el("h2", { id: "conversation-title" }, term("conversation"))), table, foot),
    problem: (text) => text && table.hidden && say(`${text}.`),
    update: ({ accounts }) => {
      for (const one of accounts) {
        if (!rows.has(name(one))) rows.set(name(one), row(one));
        rows.get(name(one)).update(one);
      }
      arrange(body, accounts.map((one) => rows.get(name(one)).node));
      table.hidden = accounts.length === 0;
      say(accounts.length ? "" : unset(campaign));
    },
  };
};

const unset = (campaign) =>
  `No account is known to be the campaign's own. To see how its accounts talk with people, set \`CASCADES_OWNED_ACCOUNTS={${JSON.stringify(campaign)}: ["bluesky:your.account"]}\` and run \`cascades migrate\`.`;

const name = (one) => `${one.platform}\n${one.actor_id}`;

const row = (one) => {
  const cells = COLUMNS.map(([key]) => el(`td.num.${key}`));
  const node = el("tr", {}, el("th.who", { scope: "row" }, el("span.actor", { title: one.actor_id }, one.actor_id), badge(one.platform)), cells);
  const update = (now) => COLUMNS.forEach(([, , show, explain], index) => {
    write(cells[index], show(now));
    cells[index].title = explain(now);
  });
  return { node, update };
};

const pair = (one, other) => (one || other ? `${number(one)} : ${number(other)}` : DASH);

const each = (value, what, other) => (value === null ? `no ${other}` : `${ratio(value)} ${what}s for each ${other}`);

const between = (one) =>
  one.sharers_known ? `of ${exact(one.sharers_known)} known: ${number(one.sharers_audience_p10)} to ${number(one.sharers_audience_p90)}` : "not known";
