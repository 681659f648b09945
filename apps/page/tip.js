// The small box beside the pointer. Everything in it can be read elsewhere, too: screen readers are not told of it.
function showTip(event, lines) {
  const tip = document.getElementById("tip");
  d3.select(tip)
    .selectAll("span")
    .data(lines)
    .join("span")
    .text((line) => line);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const below = event.clientY + 18 + box.height < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? event.clientY + 18 : Math.max(8, event.clientY - box.height - 12)}px`;
}

function hideTip() {
  document.getElementById("tip").hidden = true;
}

// A topic as a button: swatch, number, name, and a value where there is one. Used wherever topics are listed.
function topicChips(parent, rows, choose = toggleTopic) {
  parent
    .selectAll("button.chip")
    .data(rows, (row) => row.topic)
    .join((enter) => {
      const chip = enter.append("button").attr("type", "button").attr("class", "chip");
      chip.append("span").attr("class", "swatch");
      chip.append("span").attr("class", "chip-name");
      chip.append("span").attr("class", "chip-value");
      return chip;
    })
    .order()
    .call(fillChips, choose);
}

function fillChips(chips, choose) {
  chips
    .attr("data-topic", (row) => row.topic)
    .call(
      leadsToTopic,
      (row) => choose(row.topic),
      (row) => row.topic,
    );
  chips.select(".swatch").style("background", (row) => colourOf(row.topic));
  chips.select(".chip-name").text((row) => numberedName(row.topic));
  chips.select(".chip-value").text((row) => row.value ?? "");
}

// What stands for a topic: pointing at it and coming to it by Tab shows the topic in all views, a click chooses it.
function leadsToTopic(marks, choose, topicOf = (k) => k) {
  marks
    .on("click", (event, item) => choose(item))
    .on("pointerenter focus", (event, item) => setHover({ topic: topicOf(item) }))
    .on("pointerleave blur", () => setHover({ topic: null }));
}

// The two axes of a plot. name: text of a place on x; as many are written as have `room` pixels each.
function drawAxes(svg, { x, y, width, height, edge }, name, room) {
  const every = Math.ceil((x.domain().length * room) / (width - edge.left));
  const shown = x.domain().filter((place) => place % every === 0);
  const below = d3.axisBottom(x).tickValues(shown).tickFormat(name).tickSize(0).tickPadding(8);
  const grid = -(width - edge.left - edge.right);
  const left = d3.axisLeft(y).ticks(4).tickFormat(axisPercent).tickSize(grid);
  const group = (side) => svg.selectAll(`g.${side}`).data([0]).join("g").attr("class", `axis ${side}`);
  group("below")
    .attr("transform", `translate(0,${height - edge.bottom})`)
    .call(below);
  group("left").attr("transform", `translate(${edge.left},0)`).call(left);
}

// Redraws when the width of the node changes; what does not depend on the width need not be drawn in here.
function onResize(node, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (node.clientWidth === width || node.clientWidth === 0) return;
    width = node.clientWidth;
    draw();
  }).observe(node);
}
