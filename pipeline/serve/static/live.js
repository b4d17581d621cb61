// The stream of one view. Reconnects by itself, tells its state, and rests while the tab is hidden.

const QUIET_MS = 15_000; // the server beats every 5 s
const REST_AFTER_MS = 20_000;
const LONGEST_WAIT_MS = 8_000;

/** `watch(query, handlers, onState)`: handlers by event name; states: connecting, live, reconnecting. Returns a function that ends it. */
export const watch = (query, handlers, onState) => {
  const stream = new Stream(query, handlers, onState);
  stream.open();
  return () => stream.end();
};

class Stream {
  constructor(query, handlers, onState) {
    Object.assign(this, { query, handlers, onState, source: null, last: "", failures: 0, timers: {}, ended: false });
    this.onVisibility = () => this.visibilityChanged();
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  open() {
    this.close();
    this.onState(this.failures || this.last ? "reconnecting" : "connecting");
    const query = new URLSearchParams({ ...this.query, ...(this.last && { last: this.last }) });
    this.source = new EventSource(`/api/stream?${query}`);
    this.source.onerror = () => this.retry();
    for (const name of ["beat", ...Object.keys(this.handlers)]) this.source.addEventListener(name, (event) => this.receive(name, event));
    this.source.addEventListener("bye", () => this.retry());
    this.listenForSilence();
  }

  receive(name, event) {
    this.failures = 0;
    if (event.lastEventId) this.last = event.lastEventId;
    this.onState("live");
    this.listenForSilence();
    this.handlers[name]?.(JSON.parse(event.data));
  }

  // EventSource alone gives up on an answer that is no stream (a proxy's 502), and cannot tell a dead line from a quiet one.
  retry() {
    this.close();
    if (this.ended) return;
    this.onState("reconnecting");
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.failures += 1;
    this.timers.retry = setTimeout(() => this.open(), wait);
  }

  listenForSilence() {
    clearTimeout(this.timers.silence);
    this.timers.silence = setTimeout(() => this.retry(), QUIET_MS);
  }

  // A browser allows six connections to one host: tabs in the background must not hold them.
  visibilityChanged() {
    clearTimeout(this.timers.rest);
    if (document.hidden) this.timers.rest = setTimeout(() => this.close(), REST_AFTER_MS);
    else if (!this.source) this.open();
  }

  close() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.source?.close();
    this.source = null;
  }

  end() {
    this.ended = true;
    this.close();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}
