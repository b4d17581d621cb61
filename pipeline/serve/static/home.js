// All contents, by what is moving now; above them alerts, beside them health and what was rejected.
import { alertsPanel } from "./alerts.js";
import { el } from "./dom.js";
import { filterBar } from "./filters.js";
import { healthPanel } from "./health.js";
import { lettersPanel } from "./letters.js";
import { overview } from "./overview.js";
import { contentList } from "./list.js";

const PAGE = matchMedia("(max-width: 760px)").matches ? 20 : 40;
const MOST = 200;

/** The view. `reopen` opens the stream anew when the filters have changed. */
export const homeView = (filters, reopen) => {
  const state = { campaign: "", platform: "", search: "", limit: PAGE, ...pickFilters(filters) };
  const top = overview();
  const alerts = alertsPanel();
  const health = healthPanel();
  const letters = lettersPanel();
  const more = el("button.plain.more", { type: "button", hidden: true }, "Show more");
  const list = contentList();
  const changed = (change) => {
    Object.assign(state, { limit: PAGE }, change);
    history.replaceState(null, "", address(state));
    list.waiting(Boolean(state.campaign || state.platform || state.search));
    reopen();
  };
  const bar = filterBar(state, changed);
  more.addEventListener("click", () => changed({ limit: Math.min(MOST, state.limit + PAGE) }));
  const node = el("div.home", {},
    top.node,
    alerts.node,
    el("section.panel.list-panel", { "aria-labelledby": "moving" },
      el("div.panel-head", {}, el("h2", { id: "moving" }, "Moving now"), bar.node), list.node, more),
    el("div.side", {}, health.node, letters.node));
  return {
    node,
    title: "Share Cascades",
    accepts: (address) => address.view === "home" && Object.entries(pickFilters(address.filters)).every(([name, value]) => state[name] === value),
    query: () => ({ view: "home", ...state }),
    handlers: {
      pulse: (pulse) => (top.update(pulse), letters.pulse(pulse), list.total(pulse.contents)),
      alerts: alerts.update,
      "problem:alerts": ({ text }) => alerts.problem(text),
      health: health.update,
      letters: (value) => (top.letters(value), letters.update(value)),
      facets: bar.update,
      contents: (contents) => {
        list.update(contents);
        more.hidden = contents.items.length >= contents.matching || state.limit >= MOST;
      },
      "problem:contents": ({ text }) => list.problem(text),
    },
    address: () => address(state),
  };
};

const address = (state) => {
  const query = new URLSearchParams(Object.entries(pickFilters(state)).filter(([, value]) => value));
  return `#/${query.size ? `?${query}` : ""}`;
};

const pickFilters = ({ campaign = "", platform = "", search = "" }) => ({ campaign, platform, search });
