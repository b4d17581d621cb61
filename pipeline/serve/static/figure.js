// One figure with its explanation, and groups of them.
import { el, write } from "./dom.js";
import { exact, number } from "./format.js";
import { term } from "./help.js";

export const group = (name, figures) => ({
  node: el("div.figure-group", { role: "group", "aria-label": name }, figures.map((one) => one.node)),
  update: (facts) => figures.forEach((one) => one.update(facts)),
});

export const figure = (key, read, { show = number, note = () => "" } = {}) => {
  const value = el("b.num.figure-value", { "data-figure": key });
  const small = el("span.figure-note");
  return {
    node: el("div.figure", {}, el("span.figure-label", {}, term(key)), value, small),
    update: (facts) => {
      const now = read(facts);
      write(value, show(now, facts));
      value.title = now === null ? "not known" : show === number ? exact(now) : "";
      write(small, note(facts), { glow: false });
    },
  };
};
