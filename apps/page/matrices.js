// The similarity of topics as a heat map (a canvas: 200 topics are 40,000 cells), and topics by terms as discs.
const heat = { order: [], cell: 0, edge: 0, at: null };

function startMatrices() {
  if (data.similarity.length !== data.topics.length || data.topics.length < 2) {
    document.getElementById("similarity").hidden = true;
  } else {
    startHeat();
  }
  if (data.topics.length === 0) document.getElementById("matrix").hidden = true;
  onResize(document.getElementById("matrix-plot"), drawMatrix);
  views.push((changed) => {
    if (["topic", "term", "language"].some((name) => changed.has(name))) drawMatrix();
  });
  hoverViews.push(markMatrix);
}

// ---- heat map -----------------------------------------------------------------------------------------------------

// Each topic is followed by the most similar one that is left: alike topics come to stand together.
function chainOrder() {
  const left = new Set(byShare);
  const order = [];
  for (let k = byShare[0]; k !== undefined;) {
    order.push(k);
    left.delete(k);
    const row = data.similarity[k];
    k = d3.greatest(left, (a, b) => row[a] - row[b] || b - a);
  }
  return order;
}

function startHeat() {
  heat.order = chainOrder();
  const node = document.getElementById("similarity-plot");
  heat.canvas = d3
    .select(node)
    .append("canvas")
    .attr("tabindex", 0)
    .attr("role", "application")
    .attr("aria-describedby", "similarity-reading");
  heat.canvas
    .on("pointermove", (event) => readHeat(cellAt(event), event))
    .on("pointerleave", () => {
      readHeat(null);
      hideTip();
      setHover({ topic: null });
    })
    .on("click", (event) => chooseCell(cellAt(event)))
    .on("keydown", moveOnHeat);
  onResize(node, drawHeat);
  views.push((changed) => {
    if (["topic", "other", "language", "theme"].some((name) => changed.has(name))) drawHeat();
  });
}

function drawHeat() {
  const node = document.getElementById("similarity-plot");
  const n = heat.order.length;
  const size = Math.floor(Math.min(node.clientWidth, 620, 22 + 64 * n));
  const scale = devicePixelRatio || 1;
  heat.edge = size / n >= 9 ? 22 : 2;
  heat.cell = (size - heat.edge) / n;
  const canvas = heat.canvas
    .attr("width", size * scale)
    .attr("height", size * scale)
    .style("width", `${size}px`)
    .style("height", `${size}px`)
    .attr("aria-label", say("similarity"))
    .node();
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const values = heat.order.flatMap((a) => heat.order.filter((b) => b !== a).map((b) => data.similarity[a][b]));
  const colour = d3
    .scaleLinear([d3.min(values), d3.max(values) || 1], [styleValue("--heat-low"), styleValue("--heat-high")])
    .interpolate(d3.interpolateHcl)
    .clamp(true);
  drawHeatLegend(colour);
  const gap = heat.cell > 6 ? 1 : 0;
  for (const [i, a] of heat.order.entries()) {
    for (const [j, b] of heat.order.entries()) {
      pen.fillStyle = a === b ? topicColour(a, isDark()) : colour(data.similarity[a][b]);
      pen.fillRect(heat.edge + j * heat.cell, heat.edge + i * heat.cell, heat.cell - gap, heat.cell - gap);
    }
  }
  drawHeatEdges(pen);
}

// The scale under the heat map, from the least to the most similar pair.
function drawHeatLegend(colour) {
  const [low, high] = colour.domain();
  const stops = d3.range(9).map((step) => colour(low + ((high - low) * step) / 8));
  d3.select("#heat-low").text(low.toFixed(2));
  d3.select("#heat-high").text(high.toFixed(2));
  d3.select("#heat-scale").style("background", `linear-gradient(to right, ${stops.join(", ")})`);
}

function drawHeatEdges(pen) {
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const every = Math.ceil(15 / heat.cell);
  for (const [i, k] of heat.order.entries()) {
    const middle = heat.edge + (i + 0.5) * heat.cell;
    const chosen = k === state.topic || k === state.other;
    if (heat.edge > 10 && (chosen || i % every === 0)) {
      pen.font = `${chosen ? 700 : 400} ${Math.min(12, Math.max(9, heat.cell * 0.7))}px ${styleValue("--font")}`;
      pen.fillStyle = styleValue(chosen ? "--ink" : "--quiet");
      pen.fillText(k, middle, heat.edge / 2);
      pen.fillText(k, heat.edge / 2, middle);
    }
    if (k !== state.topic) continue;
    pen.strokeStyle = styleValue("--ink");
    pen.lineWidth = 1.5;
    pen.strokeRect(heat.edge, heat.edge + i * heat.cell - 0.5, heat.cell * heat.order.length, heat.cell);
  }
  if (heat.at === null) return;
  pen.strokeStyle = styleValue("--focus");
  pen.lineWidth = 2;
  pen.strokeRect(heat.edge + heat.at[1] * heat.cell, heat.edge + heat.at[0] * heat.cell, heat.cell, heat.cell);
}

function cellAt(event) {
  const box = heat.canvas.node().getBoundingClientRect();
  const at = [event.clientY - box.top, event.clientX - box.left].map((place) =>
    Math.floor((place - heat.edge) / heat.cell),
  );
  return at.every((place) => place >= 0 && place < heat.order.length) ? at : null;
}

function readHeat(at, event) {
  if (at === null) {
    document.getElementById("similarity-reading").textContent = "";
    hideTip();
    return;
  }
  const [a, b] = at.map((place) => heat.order[place]);
  const value = (data.similarity[a][b] ?? 0).toFixed(2);
  document.getElementById("similarity-reading").textContent = say("similarity_reading", {
    a: numberedName(a),
    b: numberedName(b),
    value,
  });
  if (!event) return;
  showTip(event, a === b ? [numberedName(a)] : [numberedName(a), numberedName(b), value]);
  setHover({ topic: a });
}

function chooseCell(at) {
  if (at === null) return;
  const [a, b] = at.map((place) => heat.order[place]);
  change({ topic: a, other: a === b ? null : b, term: null, group: null });
}

function moveOnHeat(event) {
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  if (event.key === "Enter" || event.key === " ") chooseCell(heat.at);
  else if (!step) return;
  event.preventDefault();
  if (step)
    heat.at = (heat.at ?? [0, -1]).map((place, i) => Math.min(Math.max(place + step[i], 0), heat.order.length - 1));
  drawHeat();
  readHeat(heat.at);
}

// ---- topics by terms ----------------------------------------------------------------------------------------------

const columnWidth = 22;

// As many topics as there is room for, the chosen one and the large ones first; for each its best terms.
function matrixParts(width, edge) {
  const room = Math.min(40, Math.max(8, Math.floor((width - edge) / columnWidth)));
  const first = isLsa ? d3.range(data.topics.length) : byShare;
  const chosen = state.topic === null ? [] : [state.topic];
  const columns = [...new Set([...chosen, ...first])].slice(0, room).sort((a, b) => a - b);
  const each = columns.length > 20 ? 1 : columns.length > 8 ? 2 : 4;
  const rows = new Set();
  for (const k of columns) {
    const best = isLsa
      ? [...poleTerms(k, 1, each), ...poleTerms(k, -1, each)]
      : relevantTerms(k, 0.6, k === state.topic ? Math.max(each, 6) : each);
    for (const row of best) rows.add(row.index);
  }
  if (state.term !== null) rows.add(state.term);
  return { columns, rows: [...rows] };
}

function drawMatrix() {
  const node = document.getElementById("matrix-plot");
  if (node.clientWidth === 0 || data.topics.length === 0) return;
  const edge = { left: node.clientWidth < 420 ? 92 : 120, top: 24 };
  const { columns, rows } = matrixParts(node.clientWidth, edge.left);
  document.getElementById("matrix-note").textContent = say(
    isLsa ? "matrix_note_lsa" : columns.length < data.topics.length ? "matrix_note_some" : "matrix_note",
    { count: columns.length, all: data.topics.length },
  );
  const step = Math.min(44, Math.max(columnWidth, (node.clientWidth - edge.left) / columns.length));
  const x = d3.scaleBand(columns, [edge.left, edge.left + step * columns.length]);
  const y = d3.scaleBand(rows, [edge.top, edge.top + 20 * rows.length]);
  const width = edge.left + step * columns.length;
  const height = edge.top + 20 * rows.length + 4;
  const svg = d3
    .select(node)
    .selectAll("svg")
    .data([0])
    .join("svg")
    .attr("viewBox", [0, 0, width, height])
    .attr("width", width)
    .attr("height", height);
  drawMatrixEdges(svg, x, y, edge);
  drawMatrixDiscs(svg, x, y);
  markMatrix();
}

function drawMatrixEdges(svg, x, y, edge) {
  const band = (name) => svg.selectAll(`g.${name}`).data([0]).join("g").attr("class", name);
  const bottom = y.range()[1];
  band("grid")
    .selectAll("line")
    .data([
      ...x.domain().map((k) => [x(k) + x.bandwidth() / 2, edge.top, x(k) + x.bandwidth() / 2, bottom]),
      ...y.domain().map((row) => [edge.left, y(row) + 10, x.range()[1], y(row) + 10]),
    ])
    .join("line")
    .attr("x1", (at) => at[0])
    .attr("y1", (at) => at[1])
    .attr("x2", (at) => at[2])
    .attr("y2", (at) => at[3]);
  band("columns")
    .selectAll("text")
    .data(x.domain(), (k) => k)
    .join("text")
    .attr("x", (k) => x(k) + x.bandwidth() / 2)
    .attr("y", 15)
    .text((k) => k)
    .call(
      pressable,
      (k) => fullName(k),
      (k) => toggleTopic(k),
    );
  band("rows")
    .selectAll("text")
    .data(y.domain(), (row) => row)
    .join("text")
    .attr("x", edge.left - 10)
    .attr("y", (row) => y(row) + 14)
    .text((row) => shorten(data.terms[row][0], edge.left < 100 ? 9 : 12))
    .call(
      pressable,
      (row) => data.terms[row][0],
      (row) => toggleTerm(row),
    );
}

function pressable(marks, label, press) {
  marks
    .attr("tabindex", 0)
    .attr("role", "button")
    .attr("aria-label", (item) => label(item))
    .on("click", (event, item) => press(item))
    .on("keydown", (event, item) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        press(item);
      }
    });
}

function drawMatrixDiscs(svg, x, y) {
  const wanted = new Set(y.domain());
  const cells = x
    .domain()
    .flatMap((k) =>
      data.topics[k].terms.map(([row, value]) => ({ k, row, value })).filter((cell) => wanted.has(cell.row)),
    );
  const largest = d3.max(cells, (cell) => Math.abs(cell.value)) || 1;
  const radius = d3.scaleSqrt([0, largest], [0, Math.min(12, x.bandwidth() / 2 - 1)]);
  const text = (cell) => [fullName(cell.k), data.terms[cell.row][0], isLsa ? figure(cell.value) : percent(cell.value)];
  svg
    .selectAll("g.cells")
    .data([0])
    .join("g")
    .attr("class", "cells")
    .selectAll("circle")
    .data(cells, (cell) => `${cell.k} ${cell.row}`)
    .join("circle")
    .attr("cx", (cell) => x(cell.k) + x.bandwidth() / 2)
    .attr("cy", (cell) => y(cell.row) + 10)
    .attr("r", (cell) => Math.max(1, radius(Math.abs(cell.value))))
    .classed("negative", (cell) => cell.value < 0)
    .style("color", (cell) => colourOf(cell.k))
    .on("click", (event, cell) => change({ topic: cell.k, term: cell.row, other: null, group: null }))
    .on("pointermove", (event, cell) => {
      showTip(event, text(cell));
      setHover({ topic: cell.k, term: cell.row });
    })
    .on("pointerleave", () => {
      hideTip();
      setHover({ topic: null, term: null });
    });
}

function markMatrix() {
  const svg = d3.select("#matrix-plot");
  svg
    .selectAll(".columns text")
    .classed("chosen", (k) => k === state.topic)
    .classed("pointed", (k) => k === hover.topic);
  svg
    .selectAll(".rows text")
    .classed("chosen", (row) => row === state.term)
    .classed("pointed", (row) => row === hover.term);
  svg
    .selectAll(".cells circle")
    .classed("faint", (cell) => state.topic !== null && cell.k !== state.topic && cell.row !== state.term);
}
