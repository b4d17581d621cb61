// Where each spread is drawn: generations are bands around the content, every spread lies in its parent's sector, clockwise by time.

const GOLDEN = 0.61803398875;
const GAP = 0.9; // between bands, in cells: a cell is the room that one spread gets
const THINNEST = 1.1;
const FULLEST = 3.2; // an unevenly filled band gets at most this many times the area of an even one

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

// A spread weighs less where its generation is large: broad generations share the circle with narrow ones below them.
const weigh = (byDepth, root) => {
  for (const generation of byDepth.slice(1).reverse()) {
    if (!generation) continue;
    const own = generation.length ** -0.4;
    for (const node of generation) {
      node.own = own * (1 + 0.35 * Math.log2(1 + node.hidden));
      node.weight = node.own + node.children.reduce((sum, child) => sum + child.weight, 0);
      node.below = node.hidden + node.children.reduce((sum, child) => sum + child.below + 1, 0);
    }
  }
  root.own = 0;
  root.weight = root.children.reduce((sum, child) => sum + child.weight, 0);
};

const spread = (byDepth, root) => {
  const rings = [];
  let inner = 1.6;
  let parents = [root];
  byDepth.slice(1).forEach((generation, index) => {
    if (!generation) return;
    const outer = Math.max(inner + THINNEST, Math.sqrt(inner ** 2 + (generation.length * crowding(parents)) / Math.PI));
    for (const parent of parents) share(parent);
    generation.forEach((node, order) => {
      node.angle = (node.from + node.to) / 2;
      node.slot ??= order; // kept for life, so that newcomers push nobody in or out
      const place = generation.length === 1 ? 0.5 : (node.slot * GOLDEN + 0.5) % 1;
      node.radius = Math.sqrt(inner ** 2 + place * (outer ** 2 - inner ** 2));
    });
    rings.push({ depth: index + 1, inner, outer });
    inner = outer + GAP;
    parents = generation;
  });
  return rings;
};

// How much denser than even the fullest sectors are: weighted by where the spreads are.
const crowding = (parents) => {
  const all = parents.reduce((sum, parent) => sum + parent.children.length, 0);
  const dense = parents.reduce((sum, parent) => {
    const part = parent.children.length / all;
    return sum + (part * part * 2 * Math.PI) / Math.max(1e-6, parent.to - parent.from);
  }, 0);
  return Math.min(FULLEST, Math.max(1, dense));
};

const share = (parent) => {
  const room = parent.to - parent.from;
  let from = parent.from + (room * parent.own) / parent.weight / 2 || parent.from;
  for (const child of parent.children) {
    child.from = from;
    from = child.to = from + (room * child.weight) / parent.weight;
  }
};
