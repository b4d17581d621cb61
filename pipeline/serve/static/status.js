// The header: live or not, how fast, how far behind, when read. And the banner that says what is down.
import { el, sentence, write } from "./dom.js";
import { number, rate, time } from "./format.js";
import { term } from "./help.js";

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

/** `handlers` by event name, and `state(name)` for the stream's own state. */
export const statusBar = (node, banner) => {
  const word = el("span.pill-word", {}, "Connecting");
  const pill = el("span.pill", { role: "status", "data-state": "connecting" }, el("span.pill-dot", { "aria-hidden": true }), word);
  const speed = el("b.num", { id: "event-rate" });
  const lag = el("b.num", { id: "lag" });
  const updated = el("b.num", { id: "updated" });
  node.append(
    el("span.stat.wide", {}, speed, " ", term("events_rate", "events/s")),
    el("span.stat.wide", {}, lag, " ", term("lag", "waiting")),
    el("span.stat", {}, term("updated", "updated"), " ", updated),
    pill,
  );
  const trouble = { stream: "", pulse: "", view: "" };
  const tell = () => {
    const text = trouble.stream || trouble.pulse || trouble.view;
    banner.hidden = !text;
    if (banner.dataset.text === text) return;
    banner.dataset.text = text;
    banner.replaceChildren(...sentence(text));
  };
  const dim = () => {
    const state = pill.dataset.link === "live" && trouble.pulse ? "stale" : pill.dataset.link;
    pill.dataset.state = state;
    write(word, state === "stale" ? "Standing still" : WORDS[state], { glow: false });
  };
  let slow = null;
  return {
    state: (state) => {
      pill.dataset.link = state;
      dim();
      clearTimeout(slow);
      if (state === "live") trouble.stream = "";
      else slow = setTimeout(() => ((trouble.stream = "The page's server does not answer. The figures are the last ones received; it tries again by itself."), tell()), 4000);
      tell();
    },
    handlers: {
      pulse: (pulse) => {
        write(speed, rate(pulse.accepted.per_second), { glow: false });
        write(updated, time(pulse.read_at), { glow: false });
      },
      health: (health) => write(lag, number(health.lag), { glow: false }),
      "problem:pulse": ({ text }) => {
        trouble.pulse = text && `${text}. The figures are the last ones read.`;
        dim();
        tell();
      },
      "problem:contents": ({ text }) => ((trouble.view = text), tell()),
      "problem:campaign": ({ text }) => ((trouble.view = text), tell()),
      "problem:content": ({ text }) => ((trouble.view = text), tell()),
    },
  };
};
