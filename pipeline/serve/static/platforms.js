// Platform names and colours. The colour is a class (platform-…) in CSS for text and badges, and a value here for the canvas.

const NAMES = {
  facebook: "Facebook", twitter: "X", instagram: "Instagram", tiktok: "TikTok", youtube: "YouTube", linkedin: "LinkedIn",
  pinterest: "Pinterest", reddit: "Reddit", threads: "Threads", tumblr: "Tumblr", bluesky: "Bluesky", mastodon: "Mastodon",
};

// One hue each, told apart on light and on dark; neighbours in the list rarely meet in one content.
const HUES = {
  facebook: [217, 78], bluesky: [196, 90], linkedin: [230, 45], mastodon: [262, 75], twitter: [205, 12], reddit: [17, 92],
  pinterest: [350, 80], tiktok: [172, 72], instagram: [322, 72], youtube: [2, 68], tumblr: [245, 28], threads: [35, 10],
};

const dark = matchMedia("(prefers-color-scheme: dark)");

export const platformName = (platform) => NAMES[platform] ?? platform;

/** The same colour for the same platform, known or not. */
export const platformColour = (platform) => {
  const [hue, saturation] = HUES[platform] ?? [hash(platform) % 360, 55];
  return `hsl(${hue} ${saturation}% ${dark.matches ? 64 : 46}%)`;
};

export const onSchemeChange = (listener) => dark.addEventListener("change", listener);

const hash = (text) => {
  let value = 7;
  for (const character of text) value = (value * 31 + character.codePointAt(0)) >>> 0;
  return value;
};
