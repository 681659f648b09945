// How often the classifier is right when it is so sure: bars for parts of the confidence, with their counts below.
function startReliability() {
  if (data.bins.every(([documents]) => documents === 0)) {
    document.getElementById("reliability").hidden = true;
    document.querySelector('.jumps a[href="#reliability"]').hidden = true;
    return;
  }
  onResize(document.getElementById("reliability-plot"), drawReliability);
  views.push((changed) => {
    if (changed.has("language")) drawReliability();
  });
}

function drawReliability() {
  const notes = [say("reliability_note")];
  if (data.temperature) {
    const { value, before, after } = data.temperature;
    notes.push(say("temperature", { value: fixed(value, 3), before: fixed(before, 4), after: fixed(after, 4) }));
  }
  document.getElementById("reliability-note").textContent = notes.join(" ");
  const node = document.getElementById("reliability-plot");
  const width = Math.min(node.clientWidth, 620);
  if (width === 0) return;
  const edge = { left: 46, right: 20, top: 10, bottom: 52 };
  const [upper, lower] = [Math.round(width * 0.62), 64];
  const height = upper + lower + edge.bottom;
  const x = d3.scaleLinear([0, 1], [edge.left, width - edge.right]);
  const y = d3.scaleLinear([0, 1], [upper, edge.top]);
  const counts = d3.scaleLinear([0, d3.max(data.bins, ([documents]) => documents)], [upper + 14 + lower, upper + 14]);
  const svg = d3
    .select(node)
    .selectAll("svg")
    .data([0])
    .join("svg")
    .attr("viewBox", [0, 0, width, height])
    .attr("width", width)
    .attr("height", height)
    .attr("role", "img")
    .attr("aria-label", say("reliability"));
  drawReliabilityAxes(svg, { x, y, width, height, edge, foot: upper + 14 + lower });
  const bars = svg.selectAll("g.bars").data([0]).join("g").attr("class", "bars");
  drawBins(bars, { x, y, counts, upper });
  svg
    .selectAll("path.ideal")
    .data([0])
    .join("path")
    .attr("class", "ideal")
    .attr("d", `M${x(0)},${y(0)}L${x(1)},${y(1)}`);
}

// foot: where the axis of the confidence stands.
function drawReliabilityAxes(svg, { x, y, width, height, edge, foot }) {
  const group = (name) => svg.selectAll(`g.${name}`).data([0]).join("g");
  group("left")
    .attr("class", "axis left")
    .attr("transform", `translate(${edge.left},0)`)
    .call(
      d3
        .axisLeft(y)
        .ticks(5, "%")
        .tickSize(-(width - edge.left - edge.right)),
    );
  group("below")
    .attr("class", "axis below")
    .attr("transform", `translate(0,${foot})`)
    .call(d3.axisBottom(x).ticks(5, "%").tickSize(0).tickPadding(7));
  svg
    .selectAll("text.axis-name")
    .data([0])
    .join("text")
    .attr("class", "axis-name")
    .attr("text-anchor", "middle")
    .attr("x", (x(0) + x(1)) / 2)
    .attr("y", height - 6)
    .text(say("confidence"));
}

// Of every part with documents: its accuracy, what lacks to its mean confidence (or is above it), and its count.
function drawBins(group, { x, y, counts, upper }) {
  const parts = data.bins.length;
  const bins = data.bins
    .map(([documents, confidence, accuracy], i) => ({
      documents,
      confidence,
      accuracy,
      low: i / parts,
      high: (i + 1) / parts,
    }))
    .filter(({ documents }) => documents > 0);
  const about = (bin) =>
    say("bin_about", {
      low: axisPercent(bin.low),
      high: axisPercent(bin.high),
      count: count(bin.documents),
      confidence: percent(bin.confidence),
      accuracy: percent(bin.accuracy),
    });
  const bars = (name, top, bottom) =>
    group
      .selectAll(`rect.${name}`)
      .data(bins)
      .join("rect")
      .attr("class", name)
      .attr("x", ({ low }) => x(low) + 1)
      .attr("width", Math.max(1, x(1 / parts) - x(0) - 2))
      .attr("y", top)
      .attr("height", (bin) => Math.max(0, bottom(bin) - top(bin)))
      .on("pointermove", (event, bin) => showTip(event, about(bin).split(": ")))
      .on("pointerleave", hideTip);
  bars(
    "accuracy",
    (bin) => y(bin.accuracy),
    () => upper,
  );
  bars(
    "gap",
    (bin) => y(Math.max(bin.accuracy, bin.confidence)),
    (bin) => y(Math.min(bin.accuracy, bin.confidence)),
  );
  bars(
    "counts",
    (bin) => Math.min(counts(bin.documents), counts(0) - 1),
    () => counts(0),
  );
}
