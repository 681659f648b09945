// Lines over the epochs of the training: losses, and the accuracy on validation data.
function startCurves() {
  if (data.epochs.length === 0) {
    document.getElementById("curves").hidden = true;
    document.querySelector('.jumps a[href="#curves"]').hidden = true;
    return;
  }
  for (const plot of ["loss-plot", "accuracy-plot"]) onResize(document.getElementById(plot), drawCurves);
  views.push((changed) => {
    if (changed.has("language")) drawCurves();
  });
}

function drawCurves() {
  const known = data.best_epoch !== null && data.best_epoch !== undefined;
  document.getElementById("curves-note").textContent = known
    ? say("curves_note", { epoch: data.best_epoch })
    : say("curves_note_plain");
  const four = (value) => fixed(value, 4);
  drawLines(
    "loss-plot",
    say("loss"),
    [series("training", "training_loss"), series("validation", "validation_loss")],
    four,
  );
  const accuracy = [series("validation", "validation_accuracy")];
  drawLines("accuracy-plot", say("accuracy_curve"), accuracy, (value) => metric("accuracy", value));
}

const series = (name, key) => ({
  name,
  points: data.epochs.filter((row) => Number.isFinite(row[key])).map((row) => [row.epoch, row[key]]),
});

// text: of a value, for the tip.
function drawLines(id, title, all, text) {
  const lines = all.filter(({ points }) => points.length > 0);
  const node = document.getElementById(id);
  const width = node.clientWidth;
  node.hidden = lines.length === 0;
  if (lines.length === 0 || width === 0) return;
  const height = 210;
  const edge = { left: 52, right: 84, top: 12, bottom: 26 };
  const epochs = d3.extent(data.epochs, (row) => row.epoch);
  const x = d3.scaleLinear(epochs[0] === epochs[1] ? [epochs[0] - 0.5, epochs[0] + 0.5] : epochs, [
    edge.left,
    width - edge.right,
  ]);
  const values = lines.flatMap(({ points }) => points.map(([, value]) => value));
  const [least, most] = d3.extent(values);
  const around = least === most ? Math.max(Math.abs(least) * 0.1, 0.01) : 0; // one value still gets an axis
  const y = d3.scaleLinear([least - around, most + around], [height - edge.bottom, edge.top]).nice(4);
  const root = d3.select(node);
  root.selectAll("h3").data([title]).join("h3").text(title);
  const svg = root.selectAll("svg").data([0]).join("svg").attr("viewBox", [0, 0, width, height]).attr("height", height);
  svg.attr("role", "img").attr("aria-label", `${title}: ${lines.map((line) => summaryOf(line, text)).join("; ")}`);
  drawCurveAxes(svg, { x, y, width, height, edge });
  svg
    .selectAll("line.best-epoch")
    .data(Number.isFinite(data.best_epoch) ? [data.best_epoch] : [])
    .join("line")
    .attr("class", "best-epoch")
    .attr("x1", x)
    .attr("x2", x)
    .attr("y1", edge.top)
    .attr("y2", height - edge.bottom);
  drawSeries(svg, lines, { x, y, text });
}

const summaryOf = ({ name, points }, text) => `${say(name)} ${text(points[0][1])} → ${text(points.at(-1)[1])}`;

function drawCurveAxes(svg, { x, y, width, height, edge }) {
  const group = (side) => svg.selectAll(`g.${side}`).data([0]).join("g").attr("class", `axis ${side}`);
  const ticks = x.ticks(Math.min(data.epochs.length, Math.floor(width / 60))).filter(Number.isInteger);
  const below = d3.axisBottom(x).tickValues(ticks).tickFormat(String).tickSize(0).tickPadding(8);
  const left = d3
    .axisLeft(y)
    .ticks(4)
    .tickSize(-(width - edge.left - edge.right))
    .tickPadding(8);
  group("below")
    .attr("transform", `translate(0,${height - edge.bottom})`)
    .call(below);
  group("left").attr("transform", `translate(${edge.left},0)`).call(left);
}

// The names stand at the ends of the lines, apart from each other.
function drawSeries(svg, lines, { x, y, text }) {
  const groups = svg
    .selectAll("g.series")
    .data(lines, ({ name }) => name)
    .join((enter) => {
      const group = enter.append("g");
      group.append("path").attr("class", "line");
      group.append("text");
      return group;
    })
    .attr("class", ({ name }) => `series ${name}`);
  const path = d3.line(
    ([epoch]) => x(epoch),
    ([, value]) => y(value),
  );
  groups.select("path").attr("d", ({ points }) => path(points));
  const ends = lines.map(({ points }) => y(points.at(-1)[1]));
  const apart =
    ends.length === 2 && Math.abs(ends[0] - ends[1]) < 15 ? (ends[0] <= ends[1] ? [-7, 8] : [8, -7]) : [0, 0];
  groups
    .select("text")
    .attr("x", ({ points }) => x(points.at(-1)[0]) + 8)
    .attr("y", ({ points }, i) => y(points.at(-1)[1]) + 4 + apart[i])
    .text(({ name }) => say(name));
  groups
    .selectAll("circle")
    .data(({ name, points }) => points.map(([epoch, value]) => ({ name, epoch, value })))
    .join("circle")
    .attr("r", 3)
    .attr("cx", ({ epoch }) => x(epoch))
    .attr("cy", ({ value }) => y(value))
    .on("pointermove", (event, { name, epoch, value }) =>
      showTip(event, say("epoch_about", { epoch, series: say(name), value: text(value) }).split(": ")),
    )
    .on("pointerleave", hideTip);
}
