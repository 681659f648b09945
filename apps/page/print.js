// On paper nothing can be chosen: the terms of all topics are listed, always in the light colours.
function startPrint() {
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "yes";
    document.getElementById("made").dataset.open = document.getElementById("made").open ? "yes" : "";
    document.getElementById("made").open = true;
    writeColours();
    if (heat.canvas) drawHeat();
    drawPrint();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    document.getElementById("made").open = document.getElementById("made").dataset.open === "yes";
    writeColours();
    if (heat.canvas) drawHeat();
    d3.select("#print-topics").selectAll("*").remove();
  });
}

function drawPrint() {
  const root = d3.select("#print-topics");
  root.selectAll("*").remove();
  root.append("h2").text(say("print_topics"));
  if (!isLsa)
    root
      .append("p")
      .attr("class", "note")
      .text(say("print_note", { lambda: state.lambda }));
  const topics = root
    .append("div")
    .attr("class", "print-list")
    .selectAll("div")
    .data(d3.range(data.topics.length))
    .join("div");
  const heading = topics.append("h3");
  heading.append("span").attr("class", "swatch").style("background", colourOf);
  heading.append("span").text((k) => `${numberedName(k)} (${percent(data.topics[k].share)})`);
  topics
    .selectAll("p")
    .data(printLines)
    .join("p")
    .attr("dir", "auto")
    .text((line) => line);
}

function printLines(k) {
  if (!isLsa)
    return [
      relevantTerms(k, state.lambda, 15)
        .map((row) => `${row.text} (${percent(row.value)})`)
        .join(", "),
    ];
  return [1, -1].map(
    (sign) =>
      `${sign > 0 ? "+" : "−"} ${poleTerms(k, sign, 12)
        .map((row) => `${row.text} (${figure(row.value)})`)
        .join(", ")}`,
  );
}
