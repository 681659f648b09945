// What is chosen. It lives in the address after the # as well, so that a link shows the same thing.
const state = {
  cell: null, // [true, predicted] class of the confusion matrix
  cells: "counts", // what its cells say: counts or shares
  language: data.language === "en" ? "en" : "ko",
  theme: "auto",
};
const startLanguage = state.language;

// The same array for the same cell, so that change() sees what is the same.
const cellOf = (truth, predicted) =>
  state.cell !== null && state.cell[0] === truth && state.cell[1] === predicted ? state.cell : [truth, predicted];
const toggleCell = (truth, predicted) =>
  change({ cell: cellOf(truth, predicted) === state.cell ? null : [truth, predicted] });

function announce(changed) {
  if (!changed.has("cell")) return;
  const text = state.cell === null ? say("cleared") : say("selected", { what: aboutCell(...state.cell) });
  document.getElementById("announce").textContent = text;
}

function writeAddress() {
  const parts = new URLSearchParams();
  if (state.cell !== null) parts.set("cell", state.cell.join("-"));
  if (state.cells !== "counts") parts.set("cells", state.cells);
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
  const among = (name, values, otherwise) => (values.includes(parts.get(name)) ? parts.get(name) : otherwise);
  const [, truth, predicted] = /^(\d{1,6})-(\d{1,6})$/.exec(parts.get("cell") ?? "") ?? [];
  const exists = truth !== undefined && data.confusion[Number(truth)]?.[Number(predicted)] !== undefined;
  return {
    cell: exists ? cellOf(Number(truth), Number(predicted)) : null,
    cells: among("cells", ["shares"], "counts"),
    language: among("lang", ["ko", "en"], startLanguage),
    theme: among("theme", ["light", "dark"], "auto"),
  };
}
