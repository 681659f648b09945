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
