// Documents: the worst mistakes, or those of the chosen cell; in the order of the data, which is by the probability of
// the true class.
const mistakes = { shown: 20, opened: new Set() };

function startMistakes() {
  views.push((changed) => {
    if (changed.has("cell")) mistakes.shown = 20;
    if (changed.has("cell") || changed.has("language")) drawMistakes();
  });
}

const inCell = (item, [truth, predicted]) => item.truth[0] === truth && item.predicted[0] === predicted;

function drawMistakes() {
  const { cell } = state;
  const found = d3.range(data.documents.length).filter((d) => {
    const item = data.documents[d];
    return cell === null ? isWrong(item) : inCell(item, cell);
  });
  const names = cell === null ? {} : { truth: labelOf(cell[0]), predicted: labelOf(cell[1]) };
  document.getElementById("documents-title").textContent =
    cell === null ? say("documents_worst") : say("documents_cell", names);
  document.getElementById("documents-note").textContent =
    found.length === 0
      ? say("documents_none")
      : cell === null
        ? say("documents_note", { shown: count(found.length) })
        : say("documents_note_cell", { shown: count(found.length), all: count(data.confusion[cell[0]][cell[1]]) });
  d3.select("#filters")
    .selectAll("button")
    .data(cell === null ? [] : [say("filter_cell", names)])
    .join("button")
    .attr("type", "button")
    .attr("class", "chip filter")
    .attr("dir", "auto")
    .attr("aria-label", (what) => say("remove", { what }))
    .text((what) => `${what} ×`)
    .on("click", () => change({ cell: null }));
  drawEntries(found);
}

function drawEntries(found) {
  const list = d3.select("#document-list");
  const entries = list
    .selectAll("article")
    .data(found.slice(0, mistakes.shown), (d) => d)
    .join(addEntry)
    .order();
  entries.each(function each(d) {
    fillEntry(d3.select(this), data.documents[d]);
  });
  entries.call(openEntries);
  list
    .selectAll("button.more")
    .data(found.length > mistakes.shown ? [found.length - mistakes.shown] : [])
    .join("button")
    .attr("type", "button")
    .attr("class", "more")
    .text((left) => say("more_documents", { count: count(left) }))
    .on("click", () => {
      mistakes.shown += 50;
      drawEntries(found);
    })
    .raise();
}

function addEntry(enter) {
  const entry = enter.append("article").attr("data-document", (d) => d);
  const button = entry
    .append("h4")
    .append("button")
    .attr("type", "button")
    .attr("class", "entry-head")
    .on("click", (event, d) => {
      if (!mistakes.opened.delete(d)) mistakes.opened.add(d);
      openEntries(d3.selectAll("#document-list article"));
    });
  const what = button.append("span").attr("class", "entry-what");
  for (const name of ["entry-is", "entry-as", "entry-id"]) what.append("span").attr("class", name).attr("dir", "auto");
  const share = button.append("span").attr("class", "entry-share");
  share.append("span").attr("class", "mini-bar").append("i").style("--c", "var(--focus)");
  share.append("span").attr("class", "share-text");
  button.append("span").attr("class", "entry-snippet").attr("dir", "auto");
  const body = entry.append("div").attr("class", "entry-body");
  body.append("p").attr("class", "text").attr("dir", "auto");
  body.append("p").attr("class", "note");
  return entry;
}

// The snippet is the beginning of the text: what is left of it behind three lines is seen when the entry is opened.
function fillEntry(entry, item) {
  entry.select(".entry-is").text(say("is", { labels: labelsOf(item.truth) }));
  entry.select(".entry-as").text(say("as", { labels: labelsOf(item.predicted) }));
  entry.select(".entry-id").text(item.id);
  const known = Number.isFinite(item.probability);
  entry.select(".entry-share").attr("hidden", known ? null : "");
  entry.select(".mini-bar i").style("width", `${100 * (item.probability ?? 0)}%`);
  entry.select(".share-text").text(percent(item.probability ?? NaN));
  entry.select(".entry-snippet").text(item.text.slice(0, 400));
  entry.select(".text").text(item.text);
  const notes = known
    ? [
        say("probability", { value: percent(item.probability) }),
        say("true_probability", { value: percent(item.true_probability) }),
      ]
    : [];
  entry.select(".entry-body .note").text([...(item.cut ? [say("cut")] : []), ...notes].join(" · "));
}

function openEntries(entries) {
  entries.classed("open", (d) => mistakes.opened.has(d));
  entries.select(".entry-head").attr("aria-expanded", (d) => String(mistakes.opened.has(d)));
  entries.select(".entry-snippet").attr("hidden", (d) => (mistakes.opened.has(d) ? "" : null));
  entries.select(".entry-body").attr("hidden", (d) => (mistakes.opened.has(d) ? null : ""));
}
