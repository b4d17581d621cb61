// The strip above the list: four figures and the last hour of all contents.
import { el, write } from "./dom.js";
import { bars } from "./chart.js";
import { exact, number } from "./format.js";
import { term } from "./help.js";
import { platformColour, platformName } from "./platforms.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

export const overview = () => {
  const tiles = {
    moving: tile("Shares, last 5 min", "shares_5m_all"),
    reach: tile("Secondary reach, last hour", "reach_1h_all"),
    contents: tile("Contents", "contents"),
    rejected: tile("Rejected, last hour", "rejected"),
  };
  const chart = bars({ unit: "shares", height: 132 });
  const legend = el("div.legend");
  const node = el("section.overview", { "aria-label": "All contents" },
    el("div.tiles", {}, Object.values(tiles).map((one) => one.node)),
    el("div.panel.pulse-panel", {}, el("div.panel-head", {}, el("h2", {}, term("shares_hour", "Last hour")), legend), chart.node));
  return {
    node,
    update: (pulse) => {
      const platforms = pulse.hour.platforms;
      tiles.moving.update(sum(platforms.map((one) => sum(one.shares.slice(-5)))));
      tiles.reach.update(platforms.length ? sum(pulse.hour.reach) : pulse.contents ? 0 : null);
      tiles.contents.update(pulse.contents);
      chart.update({ start: pulse.hour.end - 59, step: 1, running: true, series: series(platforms) });
      drawLegend(legend, platforms);
    },
    letters: (letters) => tiles.rejected.update(sum(letters.hour)),
  };
};

const tile = (label, key) => {
  const value = el("b.num.tile-value");
  const node = el("div.tile", {}, el("span.tile-label", {}, term(key, label)), value);
  return {
    node,
    update: (figure) => {
      write(value, number(figure), { glow: false });
      value.title = exact(figure);
    },
  };
};

const series = (platforms) => {
  if (!platforms.length) return [{ name: "shares", colour: "var(--accent)", values: Array(60).fill(0) }];
  return platforms.map(({ platform, shares }) => ({ name: platformName(platform), colour: platformColour(platform), values: shares }));
};

const drawLegend = (legend, platforms) => {
  const key = platforms.map((one) => one.platform).join("\n");
  if (legend.dataset.key === key) return;
  legend.dataset.key = key;
  legend.replaceChildren(...platforms.slice(0, 8).map(({ platform }) =>
    el("span.badge", {}, el("i", { style: { "background-color": platformColour(platform) } }), platformName(platform))));
};
