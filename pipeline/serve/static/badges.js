// Platform badges and the label of a tree's form.
import { el } from "./dom.js";
import { platformColour, platformName } from "./platforms.js";

export const badge = (platform) =>
  el("span.badge", {}, el("i", { style: { "background-color": platformColour(platform) }, "aria-hidden": true }), platformName(platform));

/** Badges that change only when the platforms do. */
export const badges = () => {
  const node = el("span.badges");
  let shown = "";
  return {
    node,
    update: (platforms) => {
      if (shown === platforms.join("\n")) return;
      shown = platforms.join("\n");
      node.replaceChildren(...platforms.map(badge));
    },
  };
};

