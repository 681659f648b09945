// The confusion matrix as a heat map: a table of buttons, one of which is in the order of Tab; arrows move between them.
const shownClasses = (() => {
  const most = 40;
  const all = d3.range(data.confusion.length);
  const mistakes = all.map((c) => {
    const column = d3.sum(data.confusion, (row) => row[c]);
    return rowSums[c] + column - 2 * data.confusion[c][c];
  });
  if (all.length <= most) return all;
  const worst = [...all].sort((a, b) => mistakes[b] - mistakes[a] || a - b);
  return worst.slice(0, most).sort((a, b) => a - b);
})();
const cellFocus = { row: 0, column: 0 }; // places among the shown classes

function startConfusion() {
  if (data.confusion.length === 0) {
    document.getElementById("confusion").hidden = true;
    document.querySelector('.jumps a[href="#confusion"]').hidden = true;
    return;
  }
  const n = shownClasses.length;
  document.getElementById("mistake-pair").classList.toggle("many", n > 12);
  d3.select("#confusion-table")
    .classed("tight", n > 6)
    .style("--cell", n <= 3 ? "104px" : n <= 6 ? "76px" : n <= 12 ? "44px" : "32px")
    .style("--cell-height", n <= 3 ? "64px" : n <= 6 ? "52px" : n <= 12 ? "34px" : "26px")
    .on("keydown", moveOnCells);
  d3.selectAll("#cell-switch button").on("click", (event) => change({ cells: event.currentTarget.dataset.cells }));
  views.push((changed) => {
    if (["cell", "cells", "language", "theme"].some((name) => changed.has(name))) drawConfusion();
  });
}

function moveOnCells(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === "Escape") change({ cell: null });
  if (step === undefined) return;
  event.preventDefault();
  const inside = (place) => Math.min(Math.max(place, 0), shownClasses.length - 1);
  Object.assign(cellFocus, { row: inside(cellFocus.row + step[0]), column: inside(cellFocus.column + step[1]) });
  const cells = d3.selectAll("#confusion-table .cell").attr("tabindex", tabIndexOf);
  cells
    .filter(({ row, column }) => row === cellFocus.row && column === cellFocus.column)
    .node()
    .focus();
}

const tabIndexOf = ({ row, column }) => (row === cellFocus.row && column === cellFocus.column ? 0 : -1);

// Whichever of the two inks is easier to read on the colour (WCAG's relative luminance).
function inkOn(colour, inks) {
  const light = (text) => {
    const { r, g, b } = d3.rgb(text);
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (ink) => {
    const [low, high] = [light(ink), light(colour)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  return d3.greatest(inks, contrast);
}

function drawConfusion() {
  const notes = [say("confusion_note")];
  if (shownClasses.length < data.confusion.length)
    notes.push(say("confusion_some", { count: shownClasses.length, all: data.confusion.length }));
  document.getElementById("confusion-note").textContent = notes.join(" ");
  for (const button of document.querySelectorAll("#cell-switch button"))
    button.setAttribute("aria-pressed", String(button.dataset.cells === state.cells));
  const colour = d3
    .scaleLinear([0, 1], [styleValue("--heat-low"), styleValue("--heat-high")])
    .interpolate(d3.interpolateHcl);
  const stops = d3.range(9).map((step) => colour(step / 8));
  d3.select("#confusion-scale").style("background", `linear-gradient(to right, ${stops.join(", ")})`);
  drawConfusionHead();
  drawCells(colour);
  document.getElementById("confusion-reading").textContent = state.cell === null ? "" : aboutCell(...state.cell);
  drawConfusions();
}

function drawConfusionHead() {
  const heads = d3
    .select("#confusion-table")
    .attr("aria-label", say("confusion"))
    .selectAll("thead")
    .data([0])
    .join("thead")
    .selectAll("tr")
    .data([0])
    .join("tr")
    .selectAll("th")
    .data([null, ...shownClasses])
    .join("th")
    .attr("scope", (c) => (c === null ? null : "col"))
    .classed("axis-name", (c) => c === null)
    .classed("chosen", (c) => c !== null && state.cell?.[1] === c)
    .attr("title", (c) => (c === null ? null : labelOf(c)));
  heads
    .selectAll("span")
    .data((c) => [c])
    .join("span")
    .attr("dir", "auto")
    .text((c) => (c === null ? `${say("truth_axis")} ↓  ${say("predicted_axis")} →` : labelOf(c)));
}

function drawCells(colour) {
  const rows = d3
    .select("#confusion-table")
    .selectAll("tbody")
    .data([0])
    .join("tbody")
    .selectAll("tr")
    .data(shownClasses)
    .join((enter) => {
      const row = enter.append("tr");
      row.append("th").attr("scope", "row").attr("dir", "auto");
      return row;
    });
  rows
    .select("th")
    .text(labelOf)
    .attr("title", labelOf)
    .classed("chosen", (c) => state.cell?.[0] === c);
  rows
    .selectAll("td")
    .data((truth, row) => shownClasses.map((predicted, column) => ({ truth, predicted, row, column })))
    .join((enter) => enter.append("td").call((cell) => addCell(cell.append("button"))));
  const inks = [styleValue("--ink"), styleValue("--on-topic")];
  d3.selectAll("#confusion-table .cell")
    .attr("tabindex", tabIndexOf)
    .attr("aria-label", ({ truth, predicted }) => aboutCell(truth, predicted))
    .attr("aria-pressed", ({ truth, predicted }) => String(cellOf(truth, predicted) === state.cell))
    .classed("chosen", ({ truth, predicted }) => cellOf(truth, predicted) === state.cell)
    .each(function each({ truth, predicted }) {
      const ground = colour(rowShare(truth, predicted));
      d3.select(this).style("background", ground).style("color", inkOn(ground, inks)).call(writeCell, truth, predicted);
    });
}

function addCell(button) {
  button
    .attr("type", "button")
    .attr("class", "cell")
    .classed("right", ({ truth, predicted }) => truth === predicted)
    .attr("data-cell", ({ truth, predicted }) => `${truth}-${predicted}`)
    .on("click", (event, { truth, predicted, row, column }) => {
      Object.assign(cellFocus, { row, column });
      toggleCell(truth, predicted);
    })
    .on("pointermove", (event, { truth, predicted }) => showTip(event, aboutCell(truth, predicted).split(": ")))
    .on("pointerleave", hideTip);
}

// Large cells say both the count and the share; small ones what is asked for, and nothing where there is nothing.
function writeCell(cell, truth, predicted) {
  const documents = data.confusion[truth][predicted];
  const share = percent(rowShare(truth, predicted));
  const [first, second] = state.cells === "counts" ? [count(documents), share] : [share, count(documents)];
  const small = shownClasses.length > 6;
  const brief = state.cells === "counts" ? documents : Math.round(100 * rowShare(truth, predicted));
  cell.text(small ? (brief === 0 ? "" : String(brief)) : first);
  if (!small) cell.append("small").text(second);
}

// The ten most frequent mistakes, of all classes.
function drawConfusions() {
  const cells = [];
  for (const [truth, row] of data.confusion.entries())
    for (const [predicted, documents] of row.entries())
      if (truth !== predicted && documents > 0) cells.push({ truth, predicted, documents });
  cells.sort((a, b) => b.documents - a.documents || a.truth - b.truth || a.predicted - b.predicted);
  const list = d3.select("#confusions");
  const chips = list
    .selectAll("button.chip")
    .data(cells.slice(0, 10))
    .join((enter) => {
      const chip = enter.append("button").attr("type", "button").attr("class", "chip");
      chip.append("span").attr("class", "chip-name").attr("dir", "auto");
      chip.append("span").attr("class", "chip-value");
      return chip;
    })
    .attr("aria-pressed", ({ truth, predicted }) => String(cellOf(truth, predicted) === state.cell))
    .on("click", (event, { truth, predicted }) => toggleCell(truth, predicted));
  chips.select(".chip-name").text(({ truth, predicted }) => `${labelOf(truth)} → ${labelOf(predicted)}`);
  chips.select(".chip-value").text(({ documents }) => count(documents));
  list
    .selectAll("p.note")
    .data(cells.length === 0 ? [0] : [])
    .join("p")
    .attr("class", "note")
    .text(say("no_confusions"));
}
