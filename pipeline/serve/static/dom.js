// Building the document. Only text nodes and attributes: no text from outside is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export const reducedMotion = () => calm.matches;

/** el("p.note", {title: "…"}, "text", child): an element with classes, attributes (on… = listener) and children. */
export const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag.split(".")[0]), tag, attributes, children);

export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag.split(".")[0]), tag, attributes, children);

const fill = (element, tag, attributes, children) => {
  const classes = tag.split(".").slice(1);
  if (classes.length) element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

const set = (element, name, value) => {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [property, setting] of Object.entries(value)) element.style.setProperty(property, setting);
  else element.setAttribute(name, value === true ? "" : value);
};

/** Text that tells when it changes: a short glow, none on the first writing. */
export const write = (element, text, { glow = true } = {}) => {
  if (element.textContent === text) return;
  const first = element.textContent === "";
  element.textContent = text;
  if (first || !glow || reducedMotion() || document.hidden) return;
  element.animate([{ color: "var(--accent)" }, { color: "" }], { duration: 1100, easing: "ease-out" });
};

/** A sentence whose `commands` stand out: text and <code>, from backticks. */
export const sentence = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

/** Children of `parent` become `wanted` (keyed nodes), moving only what has to move. */
export const arrange = (parent, wanted) => {
  const keep = new Set(wanted);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  wanted.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
};

/** Like `arrange`, and rows glide from where they were. */
export const glide = (parent, wanted) => {
  const before = new Map([...parent.children].map((child) => [child, child.getBoundingClientRect().top]));
  arrange(parent, wanted);
  if (reducedMotion() || document.hidden) return;
  for (const child of wanted) {
    const from = before.get(child);
    const shift = from === undefined ? 0 : from - child.getBoundingClientRect().top;
    if (from === undefined && before.size) child.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 400 });
    if (Math.abs(shift) > 1) {
      child.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], { duration: 450, easing: "cubic-bezier(.2,.8,.2,1)" });
    }
  }
};
