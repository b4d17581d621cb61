// Where each spread is drawn: generations are bands around the content, every spread lies in its parent's sector, clockwise by time.

const GOLDEN = 0.61803398875;
const GAP = 0.9; // between bands, in cells: a cell is the room that one spread gets
const THINNEST = 1.1;
const FULLEST = 5; // an unevenly filled band gets at most this many times the area of an even one

/**
 * `nodes`: Map of id → node with `parent` (id or null), `depth`, `at`, `id`. Sets `angle` (radians, 0 = up), `radius` (cells), `below` and
 * `children` on each; returns `{ outer, rings: [{ depth, inner, outer }], root }`.
 */
export const layout = (nodes) => {
  const root = { id: null, depth: 0, children: [], angle: 0, radius: 0, weight: 0, below: 0, from: 0, to: 2 * Math.PI };
  const byDepth = link(nodes, root);
  weigh(byDepth, root);
  const rings = spread(byDepth, root);
  return { outer: rings.at(-1)?.outer ?? 1, rings, root };
};

const link = (nodes, root) => {
  const sorted = [...nodes.values()].sort((a, b) => a.depth - b.depth || a.at - b.at || (a.id < b.id ? -1 : 1));
  const byDepth = [[root]];
  for (const node of sorted) {
    node.children = [];
    (byDepth[node.depth] ??= []).push(node);
    (nodes.get(node.parent) ?? root).children.push(node);
  }
  return byDepth;
};

// A sector is as wide as the largest part that it holds of any generation, so that broad and deep cascades both fill the circle. Narrow
// generations count as if they were broader: a single long chain must not push the rest aside.
const weigh = (byDepth, root) => {
  const broadest = Math.max(1, ...byDepth.slice(1).map((generation) => generation?.length ?? 0));
  for (const generation of byDepth.slice(1).reverse()) {
    if (!generation) continue;
    const own = 1 / Math.max(generation.length, broadest / 4);
    for (const node of generation) {
      const children = node.children.reduce((sum, child) => sum + child.weight, 0);
      node.weight = Math.max(own * (1 + 0.35 * Math.log2(1 + node.hidden)), children);
      node.below = node.hidden + node.children.reduce((sum, child) => sum + child.below + 1, 0);
    }
  }
  root.weight = root.children.reduce((sum, child) => sum + child.weight, 0);
};

const spread = (byDepth, root) => {
  const rings = [];
  let inner = 1.6;
  let parents = [root];
  byDepth.slice(1).forEach((generation, index) => {
    if (!generation) return;
    for (const parent of parents) share(parent);
    const few = Math.min(1, generation.length / 6); // the thin end of a long chain takes little of the picture
    const outer = Math.max(inner + THINNEST * (0.4 + 0.6 * few), Math.sqrt(inner ** 2 + (generation.length * crowding(generation)) / Math.PI));
    generation.forEach((node, order) => {
      node.angle = (node.from + node.to) / 2;
      node.slot ??= order; // kept for life, so that newcomers push nobody in or out
      const place = generation.length === 1 ? 0.5 : (node.slot * GOLDEN + 0.5) % 1;
      node.radius = Math.sqrt(inner ** 2 + place * (outer ** 2 - inner ** 2));
    });
    rings.push({ depth: index + 1, inner, outer });
    inner = outer + GAP * (0.4 + 0.6 * few);
    parents = generation;
  });
  return rings;
};

// How much denser than an even band it is where the spreads are.
const crowding = (generation) => {
  const even = (2 * Math.PI) / generation.length;
  const dense = generation.reduce((sum, node) => sum + even / Math.max(1e-9, node.to - node.from), 0) / generation.length;
  return Math.min(FULLEST, Math.max(1, dense));
};

const share = (parent) => {
  const weight = parent.children.reduce((sum, child) => sum + child.weight, 0);
  const room = parent.to - parent.from;
  let from = parent.from + (room * (1 - weight / parent.weight)) / 2;
  for (const child of parent.children) {
    child.from = from;
    from = child.to = from + (room * child.weight) / parent.weight;
  }
};
