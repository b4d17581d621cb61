// Alerts: what takes off, why, and the two answers that people give. What is shown of an answer comes back from the server.
import { arrange, el, sentence, write } from "./dom.js";
import { ago, dateTime, number, plural, shortId } from "./format.js";
import { term } from "./help.js";
import { platformName } from "./platforms.js";

const HOUR = 60;
const VIRAL = 5;
const GRAVE = 8;
const LONGEST_NAME = 80;
const OVER_SHOWN = 20;
const OPEN_SHOWN = 5;
const NOTICES_SHOWN = 3;

/** `everywhere`: of all contents, with the mutes in force. Else the panel is there only while there is something to show. */
export const alertsPanel = (everywhere = true) => {
  const open = rows();
  const notices = rows();
  const over = rows();
  const count = el("b.num.alert-count");
  const none = el("p.quiet", {}, "Reading…");
  const state = { all: false, last: null };
  const more = el("button.plain.small", { type: "button", hidden: true, onclick: () => ((state.all = !state.all), update(state.last)) });
  const news = el("div.notices", { hidden: true }, el("h3.notices-title", {}, "Noticed in the last hour"), notices.node);
  const before = el("details.alerts-over", { hidden: true }, el("summary", {}), over.node);
  const mutes = el("ul.mutes");
  const update = (told) => {
    state.last = told;
    const { open: now, mutes: silent, may_act: mayAct } = told;
    const fresh = told.notices.slice(0, NOTICES_SHOWN);
    const past = [...told.notices.slice(NOTICES_SHOWN), ...told.over].sort((one, other) => other.opened - one.opened);
    write(count, now.length ? number(now.length) : "", { glow: false });
    none.hidden = now.length > 0;
    none.textContent = "No alert is open. When something takes off, it appears here by itself.";
    open.update(state.all ? now : now.slice(0, OPEN_SHOWN), mayAct);
    more.hidden = now.length <= OPEN_SHOWN;
    write(more, state.all ? `Only the ${OPEN_SHOWN} most severe` : `Show all ${number(now.length)}`, { glow: false });
    news.hidden = fresh.length === 0;
    notices.update(fresh, mayAct);
    before.hidden = past.length === 0;
    write(before.firstChild, `${plural(past.length, "alert")} of the last 24 hours ${past.length === 1 ? "is" : "are"} over`, { glow: false });
    over.update(past.slice(0, OVER_SHOWN), mayAct);
    if (everywhere) drawMutes(mutes, silent, mayAct);
    else node.hidden = now.length + fresh.length + past.length === 0;
  };
  const node = el("section.panel.alerts", { "aria-labelledby": "alerts-title", hidden: !everywhere },
    el("div.panel-head", {}, el("h2", { id: "alerts-title" }, term("alerts", "Alerts"), " ", count)), none, open.node, more, news, mutes, before);
  return {
    node,
    update,
    problem: (text) => {
      if (!text) return;
      node.hidden = false;
      none.hidden = false;
      none.replaceChildren(...sentence(`Alerts cannot be read: ${text}.`));
    },
  };
};

const rows = () => {
  const shown = new Map();
  const node = el("ol.alert-list");
  const update = (alerts, mayAct) => {
    for (const alert of alerts) {
      if (!shown.has(alert.alert_id)) shown.set(alert.alert_id, row(alert));
      shown.get(alert.alert_id).update(alert, mayAct);
    }
    const wanted = alerts.map((alert) => shown.get(alert.alert_id).node);
    arrange(node, wanted);
    for (const [id, one] of shown) if (!wanted.includes(one.node)) shown.delete(id);
  };
  return { node, update };
};

const row = ({ alert_id: id, content_id: content, campaign_id: campaign, rule }) => {
  const state = el("span.alert-state");
  const severity = el("span.alert-severity.num", { title: "1 to 10" });
  const since = el("span.alert-since");
  const why = el("p.alert-why");
  const told = el("p.alert-told", { role: "status" });
  const details = el("details.alert-more", {}, el("summary", {}, "Evidence"), el("div.alert-evidence"));
  const act = actions(id, { content, campaign, rule }, told);
  const link = el("a.alert-content", { href: `#/content/${encodeURIComponent(content)}`, title: content }, shortId(content));
  const node = el("li.alert", { "data-alert": id },
    el("div.alert-line", {}, state, link, campaign && el("span.campaign", {}, campaign), severity, since),
    why, act.badge, el("div.alert-foot", {}, act.node, details, told));
  const update = (alert, mayAct) => {
    node.dataset.state = alert.notice ? "notice" : alert.state;
    node.classList.toggle("quieted", alert.muted || alert.acknowledged);
    write(state, alert.notice ? "notice" : alert.closed === null ? alert.state : "over", { glow: false });
    write(severity, `severity ${alert.severity}`);
    severity.dataset.level = alert.severity >= GRAVE ? "grave" : alert.severity >= VIRAL ? "viral" : "";
    write(since, alert.closed === null ? `since ${ago(alert.opened, Date.now())}`.replace("since just now", "just now") : `${ago(alert.closed, Date.now())}`, { glow: false });
    since.title = `opened ${dateTime(alert.opened)}, rule ${rule}, alert ${id}`;
    write(why, alert.summary);
    evidence(details.lastChild, alert, rule);
    act.update(alert, mayAct);
  };
  return { node, update };
};

const evidence = (holder, alert, rule) => {
  const key = JSON.stringify([alert.evidence, alert.top_spreaders]);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  const pairs = [["rule", rule], ...alert.evidence];
  const people = alert.top_spreaders.map((who) =>
    el("li", {}, el("b", {}, String(who.actor_id)), ` on ${platformName(String(who.platform))}: ${plural(Number(who.downstream_shares), "share")} below, audience ${number(who.audience_size)}`));
  holder.replaceChildren(
    el("dl", {}, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd.num", {}, value)))),
    people.length ? el("ul", { "aria-label": "Carried furthest by" }, people) : "");
};

const actions = (id, about, told) => {
  const acknowledge = el("button.plain.small", { type: "button" }, "Acknowledge");
  const menu = el("details.menu");
  const choose = (label, scope, minutes) => el("button.plain.small", {
    type: "button",
    onclick: () => ((menu.open = false), menu.firstChild.focus(), ask(told, { action: "mute", scope, minutes })),
  }, label);
  menu.append(el("summary.plain.small", {}, "Mute"), el("div.menu-list", {},
    choose("This content for 1 hour", { content_id: about.content }, HOUR),
    choose("This content for 24 hours", { content_id: about.content }, 24 * HOUR),
    about.campaign && choose("This campaign for 24 hours", { campaign_id: about.campaign }, 24 * HOUR),
    choose("This rule for 24 hours", { rule: about.rule }, 24 * HOUR)));
  menu.addEventListener("keydown", (event) => event.key === "Escape" && ((menu.open = false), menu.firstChild.focus()));
  menu.addEventListener("focusout", (event) => !menu.contains(event.relatedTarget) && (menu.open = false));
  acknowledge.addEventListener("click", () => ask(told, { action: "acknowledge", scope: { alert_id: id } }));
  const badge = el("p.alert-badge");
  return {
    badge,
    node: el("span.alert-actions", {}, acknowledge, menu),
    update: (alert, mayAct) => {
      acknowledge.hidden = alert.acknowledged || !mayAct || alert.closed !== null;
      menu.hidden = alert.mute !== null || !mayAct;
      write(badge, answers(alert).join(" · "), { glow: false });
      badge.title = [alert.acknowledgement, alert.mute].filter(Boolean).map((answer) => dateTime(answer.at)).join(", ");
    },
  };
};

// Who saw to it and why. An alert may have been muted when it was told, and is no more.
const answers = ({ acknowledgement, muted, mute }) => [
  acknowledgement && `acknowledged${signed(acknowledgement)}`,
  mute ? `muted${lasting(mute)}${signed(mute)}` : muted && !acknowledgement && "muted when it was told",
].filter(Boolean);

const signed = ({ by, note }) => `${by && ` by ${by}`}${note && `: ${note}`}`;

const lasting = ({ until }) => (until === null ? " until it is lifted" : ` until ${dateTime(until)}`);

const ask = async (told, wish) => {
  told.textContent = "…";
  try {
    const answer = await fetch("/api/alerts/control", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
    told.textContent = answer.ok ? "" : `Not done: ${(await answer.json()).error}`;
  } catch {
    told.textContent = "Not done: the page's server does not answer.";
  }
};

const drawMutes = (list, mutes, mayAct) => {
  const key = JSON.stringify([mutes, mayAct]);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...mutes.map((mute) => {
    const told = el("span", { role: "status" });
    const lift = mayAct && el("button.link", { type: "button", onclick: () => ask(told, { action: "unmute", scope: mute.scope }) }, "Unmute");
    return el("li", {}, el("span.mute-words", {}, `Muted: ${scopeWords(mute.scope)},${lasting(mute)}${signed(mute)}`), lift, told);
  }));
};

const short = (id) => (id.length > LONGEST_NAME ? `${shortId(id).slice(0, LONGEST_NAME)}…` : shortId(id));

const scopeWords = ({ content_id: content, campaign_id: campaign, rule }) =>
  [content && `content ${short(content)}`, campaign && `campaign ${campaign}`, rule && `rule ${rule}`].filter(Boolean).join(", ");
