// What stands where the map is for LSA: how much every dimension explains. Below either: the card of what is chosen.
function startScree() {
  const node = document.getElementById("map");
  if (!isLsa || data.topics.length === 0) return;
  document.getElementById("zoom").hidden = true;
  const svg = d3.select(node).append("svg").attr("role", "radiogroup");
  for (const side of ["below", "left"]) svg.append("g").attr("class", side); // the axes lie under the bars
  svg.append("g").attr("class", "bars");
  svg.on("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (event.key === "Escape") clearAll();
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(Math.max((state.topic ?? -step) + step, 0), data.topics.length - 1);
    chooseTopic(next);
    svg
      .selectAll(".bars rect")
      .filter((k) => k === next)
      .node()
      .focus({ preventScroll: true });
  });
  onResize(node, drawScree);
  views.push(drawScree);
  hoverViews.push(drawScree);
}

function drawScree() {
  const node = document.getElementById("map");
  const width = node.clientWidth;
  const height = Math.round(Math.min(width * 0.6, 300));
  const edge = { left: 40, right: 6, top: 10, bottom: 26 };
  const x = d3
    .scaleBand(d3.range(data.topics.length), [edge.left, width - edge.right])
    .padding(data.topics.length > 60 ? 0 : 0.2);
  const y = d3
    .scaleLinear([0, d3.max(data.topics, (topic) => topic.share) || 1], [height - edge.bottom, edge.top])
    .nice(4);
  const svg = d3
    .select(node)
    .select("svg")
    .attr("viewBox", [0, 0, width, height])
    .attr("height", height)
    .attr("aria-label", say("map"));
  document.getElementById("map-note").textContent = say("map_note");
  drawAxes(svg, { x, y, width, height, edge }, String, 34);
  drawScreeBars(svg.select(".bars"), x, y);
}

function drawScreeBars(group, x, y) {
  const total = d3.cumsum(data.topics, (topic) => topic.share);
  const about = (k) =>
    `${fullName(k)}, ${say("explained")} ${percent(data.topics[k].share)}, ${say("cumulative")} ${percent(total[k])}`;
  group
    .selectAll("rect")
    .data(x.domain())
    .join((enter) =>
      enter
        .append("rect")
        .attr("role", "radio")
        .on("click", (event, k) => chooseTopic(k))
        .on("pointermove", (event, k) => showTip(event, about(k).split(", ")))
        .on("pointerleave", hideTip),
    )
    .attr("x", x)
    .attr("width", Math.max(1, x.bandwidth()))
    .attr("y", (k) => y(data.topics[k].share))
    .attr("height", (k) => Math.max(1, y(0) - y(data.topics[k].share)))
    .attr("tabindex", (k) => (k === (state.topic ?? 0) ? 0 : -1))
    .attr("data-topic", (k) => k)
    .attr("aria-checked", (k) => String(k === state.topic))
    .attr("aria-label", about)
    .classed("chosen", (k) => k === state.topic)
    .classed("faint", (k) => state.topic !== null && k !== state.topic && k !== hover.topic && !termOnDimension(k))
    .style("fill", colourOf);
}

const termOnDimension = (k) =>
  shownTerm() !== null && (data.terms[shownTerm()][2] ?? []).some(([topic]) => topic === k);

// ---- card ---------------------------------------------------------------------------------------------------------

// The figures of the chosen topic; without one, the largest topics as bars.
function drawCard() {
  const card = d3.select("#card");
  card.selectAll("*").remove();
  if (state.topic === null) drawLargest(card);
  else drawTopicCard(card, state.topic);
}

function drawLargest(card) {
  const shown = (isLsa ? d3.range(data.topics.length) : byShare).slice(0, 12);
  const largest = d3.max(data.topics, (topic) => topic.share) || 1;
  card.append("h3").text(say("largest"));
  const bars = card
    .append("ol")
    .attr("class", "share-list")
    .selectAll("li")
    .data(shown)
    .join("li")
    .append("button")
    .attr("type", "button")
    .attr("class", "bar")
    .attr("data-topic", (k) => k)
    .call(leadsToTopic, toggleTopic);
  bars.append("span").attr("class", "bar-term").attr("dir", "auto").text(numberedName);
  bars
    .append("span")
    .attr("class", "bar-track")
    .append("span")
    .attr("class", "bar-front")
    .style("width", (k) => `${(100 * Math.max(0, data.topics[k].share)) / largest}%`)
    .style("--c", colourOf);
  bars
    .append("span")
    .attr("class", "bar-value")
    .text((k) => percent(data.topics[k].share));
}

function drawTopicCard(card, k) {
  const topic = data.topics[k];
  const figures = Object.entries(topic.figures).filter(([, value]) => value !== null);
  const rows = isLsa
    ? figures
    : [["share", percent(topic.share)], ...(Number.isFinite(topic.alpha) ? [["alpha", topic.alpha]] : []), ...figures];
  const heading = card.append("h3");
  heading.append("span").attr("class", "swatch").style("background", colourOf(k));
  heading.append("span").attr("dir", "auto").text(numberedName(k));
  if (topic.name && topic.proposal)
    card
      .append("p")
      .attr("class", "note")
      .text(`${say("proposal")}: ${topic.proposal}`);
  const cells = card.append("dl").selectAll("div").data(rows).join("div");
  cells.append("dt").text(([name]) => say(name));
  cells.append("dd").text(([name, value]) => (name === "explained" ? percent(value) : figure(value)));
  const row = data.similarity[k] ?? [];
  const closest = d3
    .range(row.length)
    .filter((other) => other !== k)
    .sort((a, b) => row[b] - row[a] || a - b)
    .slice(0, 5);
  if (closest.length === 0) return;
  card.append("p").attr("class", "small-label").text(say("closest"));
  topicChips(
    card.append("div").attr("class", "chips"),
    closest.map((topic) => ({ topic, value: row[topic].toFixed(2) })),
  );
}
