// The data of the page, made safe to read: what may be missing gets a default here, so that no view has to ask.
const data = JSON.parse(document.getElementById("data").textContent);
for (const name of ["labels", "figures", "classes", "confusion", "bins", "epochs", "documents"]) data[name] ??= [];
data.head ??= {};

const labelOf = (c) => (data.labels[c] === "" ? say("no_label") : (data.labels[c] ?? String(c)));
const labelsOf = (list) => (list.length === 0 ? say("none") : list.map(labelOf).join(", "));
const isWrong = (item) =>
  item.truth.length !== item.predicted.length || item.truth.some((c) => !item.predicted.includes(c));

// Figures that are shares of documents are written as percentages, all others with four digits behind the point.
const wholeFigures = new Set(["log_loss", "brier", "roc_auc", "threshold"]);
const fixed = (value, digits) => value.toFixed(digits).replace("-", "−");
function metric(name, value) {
  if (value === null || value === undefined) return "–";
  return wholeFigures.has(name) ? fixed(value, 4) : `${fixed(100 * value, 2)}%`;
}
const metricRange = (name, low, high) =>
  low === null || low === undefined ? "" : say("interval", { low: metric(name, low), high: metric(name, high) });
const isShare = (name) => !["log_loss", "brier"].includes(name);

const rowSums = data.confusion.map((row) => d3.sum(row));
const rowShare = (truth, predicted) => (rowSums[truth] > 0 ? data.confusion[truth][predicted] / rowSums[truth] : 0);
const aboutCell = (truth, predicted) =>
  say("cell_about", {
    truth: labelOf(truth),
    predicted: labelOf(predicted),
    count: count(data.confusion[truth][predicted]),
    share: percent(rowShare(truth, predicted)),
  });
