// What is chosen. Every view draws from this and never from another view. It lives in the address after the # as well,
// so that a link shows the same thing.
const state = {
  topic: null, // number of the chosen topic, or null
  other: null, // a second topic, from the similarity matrix
  term: null, // index into data.terms
  group: null, // index of a group of the chosen trend
  by: 0, // which of data.trends
  lambda: 0.6, // the value that Sievert and Shirley found best
  language: data.language === "en" ? "en" : "ko",
  theme: "auto",
};
const startLanguage = state.language;
const hover = { topic: null, term: null };
const hoverViews = []; // functions without arguments

function setHover(values) {
  if (Object.keys(values).every((name) => hover[name] === values[name])) return;
  Object.assign(hover, values);
  for (const view of hoverViews) view();
}

const chooseTopic = (k) => change({ topic: k, other: null, term: null, group: null });
const chooseTerm = (index) => change({ term: index, other: null, group: null });
const clearAll = () => change({ topic: null, other: null, term: null, group: null });
const toggleTopic = (k) => chooseTopic(state.topic === k ? null : k);
const toggleTerm = (index) => chooseTerm(state.term === index ? null : index);

function announce(changed) {
  const parts = [];
  if (changed.has("topic"))
    parts.push(state.topic === null ? say("cleared") : say("selected", { topic: fullName(state.topic) }));
  if (changed.has("term") && state.term !== null) parts.push(say("selected_term", { term: data.terms[state.term][0] }));
  if (parts.length > 0) document.getElementById("announce").textContent = parts.join(". ");
}

const fullName = (k) => `${titleOf(k)}${nameOf(k) ? ` ${nameOf(k)}` : ""}`;

// ---- address ------------------------------------------------------------------------------------------------------

function writeAddress() {
  const parts = new URLSearchParams();
  if (state.topic !== null) parts.set("topic", state.topic);
  if (state.term !== null) parts.set("term", data.terms[state.term][0]);
  if (state.lambda !== 0.6) parts.set("lambda", state.lambda);
  if (state.by !== 0) parts.set("by", data.trends[state.by].by);
  if (state.language !== startLanguage) parts.set("lang", state.language);
  if (state.theme !== "auto") parts.set("theme", state.theme);
  const text = parts.toString();
  try {
    history.replaceState(null, "", text === "" ? location.pathname + location.search : `#${text}`);
  } catch {
    // some browsers refuse this for files: the page works without a shared address
  }
}

// Only values that exist are taken over; anything else in the address is as if it were not there.
function readAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (/^\d+(\.\d+)?$/.test(parts.get(name) ?? "") ? Number(parts.get(name)) : null);
  const values = { topic: null, other: null, group: null, term: termIndex.get(parts.get("term") ?? "") ?? null };
  const topic = number("topic");
  if (topic !== null && Number.isInteger(topic) && topic < data.topics.length) values.topic = topic;
  const lambda = number("lambda");
  values.lambda = lambda !== null && lambda <= 1 ? lambda : 0.6;
  values.by = Math.max(
    0,
    data.trends.findIndex((trend) => trend.by === parts.get("by")),
  );
  values.language = ["ko", "en"].includes(parts.get("lang")) ? parts.get("lang") : startLanguage;
  values.theme = ["light", "dark"].includes(parts.get("theme")) ? parts.get("theme") : "auto";
  return values;
}
