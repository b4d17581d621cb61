// Share Cascades: gives this visit a token of its own, so that what is shared from here is known as the next generation.
// <script src="https://in.example.org/l.js" data-link="name" async></script>; data-consent="required" waits for cascades.consent().
// No cookie, no storage, nothing about the visitor; silent under Do Not Track and Global Privacy Control.
(() => {
  const me = document.currentScript, base = new URL(me.src).origin, link = me.dataset.link;
  const asks = me.dataset.consent === "required", nav = navigator;
  const found = /^#s=([\w-]{48})$/.exec(location.hash);
  let token = found && found[1], consent = false;
  const post = (what, body) => fetch(base + "/l/" + what, {
    method: "POST", body: JSON.stringify({link, token, consent, ...body}), keepalive: true, credentials: "omit", referrerPolicy: "no-referrer",
  });
  const visit = async () => {
    if (nav.globalPrivacyControl || nav.doNotTrack === "1") return;
    const answer = await post("visit").catch(() => null);
    if (!answer || !answer.ok) return;
    token = (await answer.json()).token;
    if (token && (found || !location.hash)) history.replaceState(history.state, "", "#s=" + token);
    document.dispatchEvent(new Event("cascades"));
  };
  const url = (channel) => base + "/l/" + (token || link) + (channel ? "~" + channel : "");
  const share = (channel) => (token && post("share", {channel}).catch(() => null), url(channel));
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-share]");
    if (button) share(button.dataset.share);
  });
  window.cascades = {url, share, consent: () => { consent = true; return visit(); }};
  if (!asks) visit();
})();
