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
