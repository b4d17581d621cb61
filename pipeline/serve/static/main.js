// The address decides the view; the header tells whether what is shown is live.
import { el } from "./dom.js";
import { campaignView } from "./campaign.js";
import { contentView } from "./content.js";
import { homeView } from "./home.js";
import { installHelp } from "./help.js";
import { watch } from "./live.js";
import { statusBar } from "./status.js";

const main = document.getElementById("main");
const bar = statusBar(document.getElementById("status"), document.getElementById("banner"));
let current = null;
let home = null;
let homeScroll = 0;

const VIEWS = { content: contentView, campaign: campaignView };

/** `#/` is home (with filters in its query), `#/content/<id>` one content, `#/campaign/<id>` one campaign; anything else is home. */
export const parseAddress = (hash) => {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const match = /^\/(content|campaign)\/(.+)$/s.exec(path);
  if (!match) return { view: "home", filters: Object.fromEntries(new URLSearchParams(query)) };
  try {
    return { view: match[1], id: decodeURIComponent(match[2]) };
  } catch {
    return { view: "home", filters: {} }; // a broken escape
  }
};

const open = () => {
  const address = parseAddress(location.hash);
  if (current?.accepts(address)) return;
  leave();
  current = VIEWS[address.view]?.(address.id, home?.address() ?? "#/") ?? homeFor(address);
  main.replaceChildren(current.node);
  document.title = current.title;
  openStream();
  scrollTo(0, current === home ? homeScroll : 0);
};

// Going back finds the list as it was left.
const homeFor = (address) => {
  if (!home?.accepts(address)) [home, homeScroll] = [homeView(address.filters, openStream), 0];
  return home;
};

const openStream = () => {
  current.end?.();
  const handlers = { ...bar.handlers, ...current.handlers };
  for (const [name, handler] of Object.entries(current.handlers)) {
    if (bar.handlers[name]) handlers[name] = (value) => (bar.handlers[name](value), handler(value));
  }
  current.end = watch(current.query(), handlers, bar.state);
};

const leave = () => {
  if (!current) return;
  if (current === home) homeScroll = scrollY;
  current.end?.();
  current.leave?.();
};

addEventListener("hashchange", () => {
  open();
  if (parseAddress(location.hash).view !== "home") main.focus({ preventScroll: true });
});
installHelp(document.getElementById("glossary-open"));
if (!("EventSource" in window)) main.append(el("p", {}, "This browser cannot receive live figures."));
else open();
