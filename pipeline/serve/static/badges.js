// Platform badges and the label of a tree's form.
import { el, write } from "./dom.js";
import { platformColour, platformName } from "./platforms.js";

export const badge = (platform) =>
  el("span.badge", {}, el("i", { style: { "background-color": platformColour(platform) }, "aria-hidden": true }), platformName(platform));

/** Badges that change only when the platforms do; beyond `most`, the rest as a number that names them. */
export const badges = (most = Infinity) => {
  const node = el("span.badges");
  let shown = "";
  return {
    node,
    update: (platforms) => {
      if (shown === platforms.join("\n")) return;
      shown = platforms.join("\n");
      const rest = platforms.slice(most).map(platformName).join(", ");
      node.replaceChildren(...platforms.slice(0, most).map(badge));
      if (rest) node.append(el("span.badge.rest", { title: rest, "aria-label": `and ${rest}` }, `+${platforms.length - most}`));
    },
  };
};

/** The alert state of a content, with the severity of its open alert; nothing while it is quiet. */
export const stateBadge = () => {
  const node = el("span.state");
  return {
    node,
    update: ({ state, severity }) => {
      const shown = state && state !== "quiet" ? state : "";
      node.dataset.state = shown;
      write(node, shown && severity ? `${shown}, severity ${severity}` : shown, { glow: false });
    },
  };
};

/** The campaign of a content, as a link to its page; nothing while there is none. */
export const campaignLink = () => {
  const node = el("a.campaign");
  return {
    node,
    update: (campaign) => {
      write(node, campaign ?? "", { glow: false });
      if (campaign) node.href = `#/campaign/${encodeURIComponent(campaign)}`;
      else node.removeAttribute("href");
    },
  };
};
