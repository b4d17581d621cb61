// Search, campaign, platform.
import { arrange, el } from "./dom.js";
import { platformName } from "./platforms.js";

const TYPING_MS = 300;

/** `changed(partOfFilters)` is called when a choice is made. */
export const filterBar = (state, changed) => {
  const search = el("input.field", { type: "search", placeholder: "Search content or campaign", "aria-label": "Search content or campaign", maxlength: 200, value: state.search });
  const campaign = choice("Campaign", "All campaigns", state.campaign, (value) => value);
  const platform = choice("Platform", "All platforms", state.platform, platformName);
  let typing = null;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => changed({ search: search.value }), TYPING_MS);
  });
  campaign.node.addEventListener("change", () => changed({ campaign: campaign.node.value }));
  platform.node.addEventListener("change", () => changed({ platform: platform.node.value }));
  return {
    node: el("div.filters", { role: "search" }, search, campaign.node, platform.node),
    update: ({ campaigns, platforms }) => {
      campaign.update(campaigns);
      platform.update(platforms);
    },
  };
};

const choice = (label, all, chosen, name) => {
  const node = el("select.field", { "aria-label": label }, el("option", { value: "" }, all));
  if (chosen) node.append(el("option", { value: chosen, selected: true }, name(chosen)));
  const options = new Map([...node.options].map((option) => [option.value, option]));
  const update = (items) => {
    const wanted = ["", ...items.map((item) => item.name)];
    if (node.value && !wanted.includes(node.value)) wanted.push(node.value);
    for (const value of wanted) if (!options.has(value)) options.set(value, el("option", { value }, name(value)));
    arrange(node, wanted.map((value) => options.get(value)));
  };
  return { node, update };
};
