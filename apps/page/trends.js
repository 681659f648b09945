// Shares over time, as lines, and by group, as bars; with intervals where several samples were taken.
const trends = { all: false };
const byName = (by) => (by === "date" || by === "label" ? say(`by_${by}`) : by.replace(/^meta\./, ""));
const isTime = (trend) => trend.by === "date";

function startTrends() {
  const section = document.getElementById("trends");
  if (data.trends.length === 0 || data.topics.length === 0) {
    section.hidden = true;
    document.querySelector('.jumps a[href="#trends"]').hidden = true;
    return;
  }
  const select = document.getElementById("by");
  select.addEventListener("change", () => change({ by: Number(select.value), group: null }));
  document.getElementById("by-label").hidden = data.trends.length < 2;
  d3.select("#more-multiples").on("click", () => {
    trends.all = true;
    drawTrends();
  });
  onResize(document.getElementById("trend-large"), drawTrends);
  views.push((changed) => {
    if (["topic", "by", "group", "language", "theme"].some((name) => changed.has(name))) drawTrends();
  });
  hoverViews.push(() => d3.selectAll("#multiples .multiple").classed("pointed", (k) => k === hover.topic));
}

function drawTrends() {
  const trend = data.trends[state.by];
  d3.select("#by")
    .selectAll("option")
    .data(data.trends)
    .join("option")
    .attr("value", (item, i) => i)
    .text((item) => byName(item.by));
  document.getElementById("by").value = state.by;
  const parts = [say("trends_note")];
  if (trend.low?.length > 0 && trend.interval)
    parts.push(say(trend.interval === "range" ? "interval_range" : "interval_95", { samples: trend.samples ?? "" }));
  if (trend.merged) parts.push(say("merged", { count: count(trend.merged) }));
  if (trend.left_out) parts.push(say("left_out", { count: count(trend.left_out) }));
  document.getElementById("trends-note").textContent = parts.join(" ");
  drawLarge(trend);
  drawMultiples(trend);
}

// Points of one topic: [{group, name, share, low, high, documents}]; a date without documents has no share.
function points(trend, k) {
  const at = (table, g) => (Number.isFinite(table?.[k]?.[g]) ? table[k][g] : null);
  return trend.groups.map((name, group) => ({
    group,
    name,
    share: at(trend.share, group),
    low: at(trend.low, group),
    high: at(trend.high, group),
    documents: trend.documents?.[group] ?? 0,
  }));
}

const pointText = (point) =>
  say("group_point", { group: point.name, share: percent(point.share), count: count(point.documents) });
function pointLines(point) {
  const lines = pointText(point).split(": ");
  if (point.low !== null && point.high !== null)
    lines.push(say("interval", { low: percent(point.low), high: percent(point.high) }));
  return lines;
}

// ---- the chosen topic, large --------------------------------------------------------------------------------------

function drawLarge(trend) {
  const node = document.getElementById("trend-large");
  const root = d3.select(node);
  root.selectAll("*").remove();
  node.hidden = state.topic === null;
  if (state.topic === null) return;
  const all = points(trend, state.topic);
  root.append("h3").text(fullName(state.topic));
  const width = node.clientWidth || document.getElementById("multiples").clientWidth;
  if (isTime(trend)) drawLine(root, all, width);
  else drawGroups(root, all);
}

function drawLine(root, all, width) {
  const height = width < 500 ? 190 : 240;
  const edge = { left: 44, right: 14, top: 10, bottom: 28 };
  const x = d3
    .scalePoint(
      all.map((point) => point.group),
      [edge.left, width - edge.right],
    )
    .padding(0.3);
  const top = d3.max(all, (point) => Math.max(point.share ?? 0, point.high ?? 0)) || 1;
  const y = d3.scaleLinear([0, top], [height - edge.bottom, edge.top]).nice(4);
  const svg = root
    .append("svg")
    .attr("viewBox", [0, 0, width, height])
    .attr("height", height)
    .attr("role", "group")
    .attr("aria-label", fullName(state.topic))
    .style("color", colourOf(state.topic));
  drawAxes(svg, { x, y, width, height, edge }, (g) => all[g].name, 62);
  svg.append("path").attr("class", "band").attr("d", band(x, y)(all));
  svg.append("path").attr("class", "line").attr("d", line(x, y)(all));
  const marks = svg
    .append("g")
    .selectAll("circle")
    .data(all.filter((point) => point.share !== null))
    .join("circle")
    .attr("cx", (point) => x(point.group))
    .attr("cy", (point) => y(point.share))
    .attr("r", 4.5);
  pointable(marks);
}

const line = (x, y) =>
  d3
    .line(
      (point) => x(point.group),
      (point) => y(point.share),
    )
    .defined((point) => point.share !== null);
const band = (x, y) =>
  d3
    .area(
      (point) => x(point.group),
      (point) => y(point.low),
      (point) => y(point.high),
    )
    .defined((point) => point.low !== null && point.high !== null);

function drawGroups(root, all) {
  const top = d3.max(all, (point) => Math.max(point.share ?? 0, point.high ?? 0)) || 1;
  const wide = (value) => `${(100 * value) / top}%`;
  const rows = root
    .append("ol")
    .attr("class", "group-list")
    .selectAll("li")
    .data(all)
    .join("li")
    .append("button")
    .attr("type", "button")
    .attr("class", "bar");
  rows
    .append("span")
    .attr("class", "bar-term")
    .attr("dir", "auto")
    .text((point) => point.name || "–");
  const track = rows.append("span").attr("class", "bar-track");
  track
    .append("span")
    .attr("class", "bar-front")
    .style("--c", colourOf(state.topic))
    .style("width", (point) => wide(point.share ?? 0));
  track
    .filter((point) => point.low !== null && point.high !== null)
    .append("span")
    .attr("class", "whisker")
    .style("left", (point) => wide(point.low))
    .style("width", (point) => wide(point.high - point.low));
  rows
    .append("span")
    .attr("class", "bar-value")
    .text((point) => percent(point.share));
  pointable(rows);
}

// Every bar and every point is a button that leads to its documents.
function pointable(marks) {
  marks
    .attr("tabindex", 0)
    .attr("role", "button")
    .attr("aria-label", pointText)
    .attr("aria-pressed", (point) => String(point.group === state.group))
    .classed("chosen", (point) => point.group === state.group)
    .on("click", (event, point) => chooseGroup(point))
    .on("keydown", (event, point) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        chooseGroup(point);
      }
    })
    .on("pointermove", (event, point) => showTip(event, pointLines(point)))
    .on("pointerleave", hideTip);
}

function chooseGroup(point) {
  hideTip();
  change({ group: state.group === point.group ? null : point.group, other: null });
  document.getElementById("documents").scrollIntoView({ block: "nearest" });
  d3.selectAll("#trend-large [role=button]")
    .filter((other) => other.group === point.group)
    .node()
    ?.focus({ preventScroll: true });
}

// ---- all topics, small --------------------------------------------------------------------------------------------

const small = { width: 150, height: 54 };

function addMultiple(enter) {
  const item = enter.append("button").attr("type", "button").attr("class", "multiple");
  item.append("span").attr("class", "multiple-name");
  item.append("svg").attr("viewBox", [0, 0, small.width, small.height]).attr("preserveAspectRatio", "none");
  item.select("svg").attr("aria-hidden", "true");
  item.append("span").attr("class", "multiple-range");
  return item;
}

function drawMultiples(trend) {
  const first = matchMedia("(max-width: 819px)").matches ? 10 : 24;
  const shown = trends.all ? d3.range(data.topics.length) : byShare.slice(0, first).sort((a, b) => a - b);
  const items = d3
    .select("#multiples")
    .selectAll("button")
    .data(shown, (k) => k)
    .join(addMultiple)
    .order();
  items
    .classed("chosen", (k) => k === state.topic)
    .attr("aria-pressed", (k) => String(k === state.topic))
    .attr("data-topic", (k) => k)
    .style("color", colourOf)
    .call(leadsToTopic, toggleTopic);
  items.select(".multiple-name").text(numberedName);
  items.select(".multiple-range").text((k) =>
    d3
      .extent(
        points(trend, k).filter((point) => point.share !== null),
        (point) => point.share,
      )
      .map(percent)
      .join(" – "),
  );
  items.select("svg").each(function each(k) {
    drawSmall(d3.select(this), points(trend, k), isTime(trend));
  });
  d3.select("#more-multiples")
    .attr("hidden", shown.length < data.topics.length ? null : "")
    .text(say("more_multiples", { count: count(data.topics.length) }));
}

// Between two groups without documents there is no line to be seen, only a point.
function alone(all) {
  const empty = (group) => (all[group]?.share ?? null) === null;
  return all.filter(({ group }) => !empty(group) && empty(group - 1) && empty(group + 1));
}

function drawSmall(svg, all, overTime) {
  const { width, height } = small;
  const top = d3.max(all, (point) => Math.max(point.share ?? 0, overTime ? (point.high ?? 0) : 0)) || 1;
  const y = d3.scaleLinear([0, top], [height - 2, 3]);
  svg.selectAll("*").remove();
  if (overTime) {
    const x = d3.scalePoint(
      all.map((point) => point.group),
      [2, width - 2],
    );
    svg.append("path").attr("class", "band").attr("d", band(x, y)(all));
    svg.append("path").attr("class", "line").attr("d", line(x, y)(all));
    svg
      .append("path")
      .attr("class", "line alone")
      .attr(
        "d",
        alone(all)
          .map((point) => `M${x(point.group)},${y(point.share)}h0`)
          .join(""),
      );
    return;
  }
  const x = d3
    .scaleBand(
      all.map((point) => point.group),
      [0, width],
    )
    .padding(all.length > 30 ? 0.1 : 0.25);
  svg
    .selectAll("rect")
    .data(all)
    .join("rect")
    .attr("x", (point) => x(point.group))
    .attr("width", x.bandwidth())
    .attr("y", (point) => y(point.share ?? 0))
    .attr("height", (point) => y(0) - y(point.share ?? 0));
}
