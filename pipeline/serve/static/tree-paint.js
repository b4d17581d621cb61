// Painting the tree. Only this file touches the canvas context.
import { platformColour } from "./platforms.js";

const NEW_MS = 1400;

/** Colours of the page's theme, for the canvas. */
export const readTheme = () => {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return { accent: read("--accent"), text: read("--text"), muted: read("--muted"), line: read("--line"), surface: read("--surface") };
};

/** Radius in pixels of a spread by its audience; unknown audiences get the smallest. */
export const nodeRadius = (audience, cell) => {
  const size = audience ? 1.6 + Math.max(0, Math.log10(audience) - 1) ** 1.55 * 1.15 : 1.6;
  return size * Math.min(1.35, Math.max(0.55, cell / 11)); // `cell`: pixels that one spread has
};

export const drawTree = (canvas, tree, now) => {
  const { size, view, theme } = tree;
  const context = canvas.getContext("2d");
  const ratio = canvas.width / size.width;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  context.translate(size.width / 2 + view.x, size.height / 2 + view.y);
  context.scale(view.zoom, view.zoom);
  const nodes = [...tree.nodes.values()];
  const cell = tree.fit().scale;
  const fresh = nodes.filter((node) => now - node.bornAt < NEW_MS || now - (node.grewAt ?? -1e9) < NEW_MS).length;
  const glow = Math.min(0.7, 40 / fresh); // a flood of newcomers must not drown the picture
  rings(context, tree, theme, view.zoom);
  links(context, tree, nodes);
  if (tree.picked) path(context, tree, theme);
  // Large audiences first, so that small ones stay visible on top of them.
  nodes.sort((a, b) => (b.audience ?? -1) - (a.audience ?? -1));
  for (const node of nodes) dot(context, node, { cell, theme, now, glow });
  for (const node of tree.leaving) ghost(context, node, now);
  centre(context, theme);
  if (tree.picked) halo(context, tree.picked, cell, theme);
  counts(context, nodes, theme, view.zoom);
};

const rings = (context, tree, theme, zoom) => {
  context.lineWidth = 1 / zoom;
  context.strokeStyle = theme.line;
  context.fillStyle = theme.muted;
  context.font = `${10 / zoom}px system-ui, sans-serif`;
  context.textAlign = "center";
  let labelled = 0;
  (tree.ringsNow ?? []).forEach((radius, index) => {
    const edge = radius + 6;
    context.beginPath();
    context.arc(0, 0, edge, 0, 2 * Math.PI);
    context.stroke();
    if (radius - labelled < 15 / zoom) return;
    labelled = radius;
    label(context, String(tree.plan.rings[index]?.depth ?? ""), 0, -edge, theme, zoom);
  });
};

const label = (context, text, x, y, theme, zoom) => {
  const width = context.measureText(text).width + 7 / zoom;
  context.fillStyle = theme.surface;
  context.fillRect(x - width / 2, y - 6 / zoom, width, 12 / zoom);
  context.fillStyle = theme.muted;
  context.fillText(text, x, y + 3.5 / zoom);
};

const links = (context, tree, nodes) => {
  context.globalAlpha = Math.min(0.5, Math.max(0.16, 4.5 / Math.sqrt(nodes.length + 1)));
  context.lineWidth = nodes.length > 400 ? 0.7 : 1.1;
  const byColour = new Map();
  for (const node of nodes) {
    const colour = platformColour(node.platform);
    if (!byColour.has(colour)) byColour.set(colour, []);
    byColour.get(colour).push(node);
  }
  for (const [colour, own] of byColour) {
    context.strokeStyle = colour;
    context.beginPath();
    for (const node of own) curve(context, tree.nodes.get(node.parent), node);
    context.stroke();
  }
  context.globalAlpha = 1;
};

// Leaves the parent outwards and arrives at the child from within.
const curve = (context, parent, node) => {
  const from = parent?.now ?? { x: 0, y: 0 };
  const to = node.now;
  const length = Math.hypot(to.x, to.y) || 1;
  const middle = (Math.hypot(from.x, from.y) + length) / 2;
  context.moveTo(from.x, from.y);
  if (!parent) context.lineTo(to.x, to.y);
  else context.quadraticCurveTo((to.x / length) * middle, (to.y / length) * middle, to.x, to.y);
};

const path = (context, tree, theme) => {
  context.strokeStyle = theme.accent;
  context.lineWidth = 2 / tree.view.zoom;
  context.beginPath();
  for (let node = tree.picked; node; node = tree.nodes.get(node.parent)) curve(context, tree.nodes.get(node.parent), node);
  context.stroke();
};

const dot = (context, node, { cell, theme, now, glow }) => {
  const age = now - node.bornAt;
  if (age < 0) return;
  const radius = nodeRadius(node.audience, cell) * grown(age);
  const colour = platformColour(node.platform);
  const news = Math.min(age, now - (node.grewAt ?? -1e9));
  if (news < NEW_MS) ripple(context, node, radius, news / NEW_MS, colour, glow);
  context.beginPath();
  context.arc(node.now.x, node.now.y, radius, 0, 2 * Math.PI);
  if (node.retracted) {
    context.fillStyle = theme.surface;
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 1.3;
    context.stroke();
    return;
  }
  context.fillStyle = colour;
  context.globalAlpha = radius > 6 ? 0.82 : 1;
  context.fill();
  context.globalAlpha = 1;
};

const grown = (age) => {
  const share = Math.min(1, age / 420);
  return share === 1 ? 1 : Math.max(0, 1 + 1.9 * (share - 1) ** 3 + 0.9 * (share - 1) ** 2); // a little over, then back
};

const ripple = (context, node, radius, share, colour, glow) => {
  context.globalAlpha = (1 - share) * glow;
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.beginPath();
  context.arc(node.now.x, node.now.y, radius + share * 12, 0, 2 * Math.PI);
  context.stroke();
  context.globalAlpha = 1;
};

const ghost = (context, node, now) => {
  context.globalAlpha = Math.max(0, 0.6 - (now - node.leftAt) / 1000);
  context.fillStyle = platformColour(node.platform);
  context.beginPath();
  context.arc(node.now.x, node.now.y, 2, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
};

const centre = (context, theme) => {
  context.fillStyle = theme.text;
  context.beginPath();
  context.arc(0, 0, 7, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = theme.surface;
  context.beginPath();
  context.arc(0, 0, 2.6, 0, 2 * Math.PI);
  context.fill();
};

const halo = (context, node, cell, theme) => {
  context.strokeStyle = theme.accent;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(node.now.x, node.now.y, nodeRadius(node.audience, cell) + 3.5, 0, 2 * Math.PI);
  context.stroke();
};

// How many spreads below a drawn one are not drawn: the largest few, so that they can be read.
const counts = (context, nodes, theme, zoom) => {
  context.font = `600 ${10 / zoom}px system-ui, sans-serif`;
  context.textAlign = "center";
  const rich = nodes.filter((node) => node.hidden > 0).sort((a, b) => b.hidden - a.hidden).slice(0, 12 * zoom);
  for (const node of rich) label(context, `+${node.hidden}`, node.now.x, node.now.y - 11 / zoom, theme, zoom);
};
