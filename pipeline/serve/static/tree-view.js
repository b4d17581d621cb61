// The cascade on a canvas: glides when it grows, newcomers pop in, can be pointed at, walked with the arrow keys, and zoomed.
import { el, reducedMotion } from "./dom.js";
import { layout } from "./tree-layout.js";
import { drawTree, readTheme } from "./tree-paint.js";
import { onSchemeChange } from "./platforms.js";

const MOVE_MS = 650;
const NEAR_PX = 14;
const ZOOMS = [1, 12];

/** `onPick(node | null, pinned)` is told what is pointed at or walked to. `update(tree)`, `change(delta)` take the server's parts. */
export class TreeView {
  constructor(onPick) {
    this.onPick = onPick;
    this.nodes = new Map();
    this.leaving = [];
    this.plan = layout(this.nodes);
    this.view = { zoom: 1, x: 0, y: 0 };
    this.size = { width: 0, height: 0 };
    this.picked = null;
    this.pinned = false;
    this.movedAt = 0;
    this.pointers = new Map();
    this.canvas = el("canvas.tree-canvas", { tabindex: 0, role: "application", "aria-label": "Cascade tree", "aria-describedby": "tree-keys" });
    this.node = el("div.tree-holder", {}, this.canvas);
    this.theme = readTheme();
    onSchemeChange(() => ((this.theme = readTheme()), this.paintSoon()));
    this.observer = new ResizeObserver(([entry]) => this.resize(entry.contentRect));
    this.observer.observe(this.node);
    this.listen();
  }

  update(tree) {
    const first = this.nodes.size === 0;
    const wanted = new Map(tree.nodes.map((item) => [item[0], item]));
    for (const id of [...this.nodes.keys()]) if (!wanted.has(id)) this.remove(id);
    for (const item of tree.nodes) this.put(item);
    this.settle(first);
  }

  change(delta) {
    for (const id of delta.gone) this.remove(id);
    for (const item of delta.put) this.put(item);
    this.settle(false);
  }

  put([id, parent, depth, audience, at, platform, actor, basis, retracted, hidden]) {
    const known = this.nodes.get(id);
    const node = known ?? { id, now: null };
    if (known && known.depth !== depth) delete node.slot;
    if (known && hidden > known.hidden) node.grewAt = performance.now();
    Object.assign(node, { parent, depth, audience, at, platform, actor, basis, retracted, hidden });
    this.nodes.set(id, node);
  }

  remove(id) {
    const node = this.nodes.get(id);
    this.nodes.delete(id);
    if (node?.now) this.leaving.push({ ...node, leftAt: performance.now() });
    if (this.picked === node) this.pick(null, false);
  }

  // New targets from the new shape; everything starts from where it is drawn now, newcomers from their parent.
  settle(first) {
    this.plan = layout(this.nodes);
    this.canvas.dataset.nodes = this.nodes.size;
    this.moveToTargets(first);
    if (this.picked) this.onPick(this.picked, this.pinned);
  }

  moveToTargets(atOnce) {
    const { scale } = this.fit();
    const start = performance.now();
    this.progress(start);
    for (const node of this.nodes.values()) {
      node.then = node.now ?? this.birthplace(node);
      node.goal = { x: Math.sin(node.angle) * node.radius * scale, y: -Math.cos(node.angle) * node.radius * scale };
      if (!node.now) node.bornAt = atOnce ? start - 1e6 : start + Math.random() * 250;
      if (atOnce || reducedMotion()) Object.assign(node, { then: node.goal, now: node.goal, bornAt: node.bornAt ?? 0 });
    }
    this.ringsThen = this.ringsNow ?? this.plan.rings.map((ring) => ring.outer * scale);
    this.ringsGoal = this.plan.rings.map((ring) => ring.outer * scale);
    this.movedAt = atOnce || reducedMotion() ? start - MOVE_MS : start;
    this.paintSoon();
  }

  birthplace(node) {
    return this.nodes.get(node.parent)?.now ?? { x: 0, y: 0 };
  }

  fit() {
    const room = Math.min(this.size.width, this.size.height) / 2 - 14;
    return { scale: Math.max(0.1, Math.min(room / this.plan.outer, 34)) };
  }

  progress(now) {
    const done = Math.min(1, (now - this.movedAt) / MOVE_MS);
    const eased = 1 - (1 - done) ** 3;
    for (const node of this.nodes.values()) {
      if (node.goal) node.now = { x: mix(node.then.x, node.goal.x, eased), y: mix(node.then.y, node.goal.y, eased) };
    }
    this.ringsNow = this.ringsGoal?.map((radius, index) => mix(this.ringsThen[index] ?? radius, radius, eased));
    this.leaving = this.leaving.filter((node) => now - node.leftAt < MOVE_MS);
    return done < 1 || this.leaving.length > 0 || [...this.nodes.values()].some((node) => now - node.bornAt < 1400 || now - (node.grewAt ?? 0) < 1000);
  }

  paintSoon() {
    this.frame ??= requestAnimationFrame((now) => this.paint(now));
  }

  paint() {
    this.frame = null;
    if (!this.size.width) return;
    const now = performance.now();
    const moving = this.progress(now);
    drawTree(this.canvas, this, now);
    if (moving) this.paintSoon();
  }

  resize({ width }) {
    const height = Math.round(Math.min(Math.max(300, width), 620));
    if (this.size.width === Math.floor(width)) return;
    this.size = { width: Math.floor(width), height };
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = this.size.width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.setProperty("height", `${height}px`);
    this.moveToTargets(true);
  }

  pick(node, pinned) {
    this.picked = node;
    this.pinned = pinned;
    this.onPick(node, pinned);
    this.paintSoon();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.pointerMoved(event));
    canvas.addEventListener("pointerdown", (event) => this.pointerDown(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    canvas.addEventListener("pointerleave", () => !this.pinned && this.pick(null, false));
    canvas.addEventListener("click", (event) => this.clicked(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  pointerDown(event) {
    this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.dragged = false;
  }

  pointerMoved(event) {
    const before = this.pointers.get(event.pointerId);
    if (before && this.view.zoom > 1) {
      this.view.x += event.offsetX - before.x;
      this.view.y += event.offsetY - before.y;
      this.dragged ||= Math.hypot(event.offsetX - before.x, event.offsetY - before.y) > 2;
      this.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      this.paintSoon();
    } else if (!this.pinned) {
      const near = this.near(event);
      if (near !== this.picked) this.pick(near, false);
    }
  }

  clicked(event) {
    if (this.dragged) return;
    const near = this.near(event);
    this.pick(near, near !== null);
  }

  near(event) {
    const { zoom, x, y } = this.view;
    const px = (event.offsetX - this.size.width / 2 - x) / zoom;
    const py = (event.offsetY - this.size.height / 2 - y) / zoom;
    let best = null;
    let least = NEAR_PX / zoom;
    for (const node of this.nodes.values()) {
      const distance = Math.hypot(node.now.x - px, node.now.y - py);
      if (distance < least) [best, least] = [node, distance];
    }
    return best;
  }

  wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // plain scrolling stays the page's
    event.preventDefault();
    this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX - this.size.width / 2, event.offsetY - this.size.height / 2);
  }

  zoomBy(factor, x = 0, y = 0) {
    const zoom = Math.min(ZOOMS[1], Math.max(ZOOMS[0], this.view.zoom * factor));
    const grown = zoom / this.view.zoom;
    this.view = zoom === 1 ? { zoom, x: 0, y: 0 } : { zoom, x: x - (x - this.view.x) * grown, y: y - (y - this.view.y) * grown };
    this.canvas.classList.toggle("zoomed", zoom > 1);
    this.paintSoon();
  }

  key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: "before", ArrowRight: "after" }[event.key];
    if (event.key === "Escape") this.pick(null, false);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.4);
    else if (event.key === "-") this.zoomBy(1 / 1.4);
    else if (step) this.walk(step);
    else return;
    event.preventDefault();
  }

  walk(step) {
    const { root } = this.plan;
    const here = this.picked;
    const parent = here ? (this.nodes.get(here.parent) ?? root) : root;
    const siblings = parent.children;
    const at = siblings.indexOf(here);
    const next = !here ? siblings[0]
      : step === -1 ? (parent === root ? here : parent)
      : step === 1 ? (here.children[0] ?? here)
      : siblings[(at + (step === "after" ? 1 : siblings.length - 1)) % siblings.length];
    if (next) this.pick(next, true);
  }

  end() {
    this.observer.disconnect();
    if (this.frame) cancelAnimationFrame(this.frame);
  }
}

const mix = (from, to, share) => from + (to - from) * share;
