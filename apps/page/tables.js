// The bar that names the chosen topic, and the table of all topics; the figures in the head of the page.
function headFigures() {
  const figures = (data.head.figures ?? []).filter(([, value]) => value !== null);
  return figures.map(([name, value]) => [say(name), /explained$/.test(name) ? percent(value) : figure(value)]);
}

// ---- the bar ------------------------------------------------------------------------------------------------------

function startBar() {
  const select = document.getElementById("topic-select");
  const last = data.topics.length - 1;
  const step = (by) =>
    chooseTopic(state.topic === null ? (by > 0 ? 0 : last) : (state.topic + by + last + 1) % (last + 1));
  select.addEventListener("change", () => chooseTopic(select.value === "" ? null : Number(select.value)));
  document.getElementById("previous-topic").addEventListener("click", () => step(-1));
  document.getElementById("next-topic").addEventListener("click", () => step(1));
  document.getElementById("clear").addEventListener("click", clearAll);
  views.push((changed) => {
    if (changed.size > 1 || !changed.has("lambda")) drawBar();
  });
}

function drawBar() {
  const all = [
    { value: "", text: say("all_topics", { count: count(data.topics.length) }) },
    ...data.topics.map((topic, k) => ({ value: String(k), text: numberedName(k) })),
  ];
  d3.select("#topic-select")
    .selectAll("option")
    .data(all)
    .join("option")
    .attr("value", (row) => row.value)
    .text((row) => row.text);
  document.getElementById("topic-select").value = state.topic === null ? "" : String(state.topic);
  document.getElementById("clear").disabled = [state.topic, state.term, state.group, state.other].every(
    (value) => value === null,
  );
  d3.select("#bar-swatch")
    .classed("none", state.topic === null)
    .style("background", state.topic === null ? null : colourOf(state.topic));
}

// ---- the table ----------------------------------------------------------------------------------------------------

const table = { sort: "number", down: false, columns: [] };

const knownFigures = "tokens documents coherence exclusivity effective_terms distance term_length rank1".split(" ");

function startTable() {
  table.columns = tableColumns();
  views.push((changed) => {
    if (changed.has("language")) drawTable();
    else if (changed.has("topic")) markTable();
  });
  hoverViews.push(markTable);
}

// {name, text of a topic, value of a topic if the column can be sorted, bar}. Figures not known here come last.
function tableColumns() {
  const seen = new Set(data.topics.flatMap((topic) => Object.keys(topic.figures)));
  if (isLsa) seen.delete("explained");
  const others = [...seen].filter((name) => !knownFigures.includes(name));
  const figures = [...knownFigures.filter((name) => seen.has(name)), ...others];
  const share = (k) => data.topics[k].share;
  return [
    { name: "number", value: (k) => k, text: (k) => String(k) },
    { name: "name", value: (k) => nameOf(k), text: (k) => nameOf(k) },
    { name: isLsa ? "explained" : "share", value: share, text: (k) => percent(share(k)), bar: true },
    ...(data.topics.some((topic) => Number.isFinite(topic.alpha))
      ? [numberColumn("alpha", (topic) => topic.alpha)]
      : []),
    ...figures.map((name) => numberColumn(name, (topic) => topic.figures[name])),
    ...(isLsa ? [poleColumn("positive", 1), poleColumn("negative", -1)] : [termsColumn]),
  ];
}

function numberColumn(name, read) {
  const values = data.topics.map((topic) => read(topic) ?? null);
  const format = alike(values);
  return { name, value: (k) => values[k], text: (k) => format(values[k]) };
}

const texts = (rows) => rows.map((row) => row.text).join(", ");
const termsColumn = { name: "terms", text: (k) => texts(relevantTerms(k, 0.6, 8)) };
const poleColumn = (name, sign) => ({ name, text: (k) => texts(poleTerms(k, sign, 6)) });

function drawTable() {
  document.getElementById("table-title").textContent = say("table");
  document.getElementById("matrix-title").textContent = say("matrix");
  document.getElementById("map-title").textContent = say("map");
  const heads = d3
    .select("#topic-table thead")
    .selectAll("tr")
    .data([0])
    .join("tr")
    .selectAll("th")
    .data(table.columns)
    .join("th")
    .attr("scope", "col")
    .attr("class", (column) => `column-${column.name}`)
    .attr("aria-sort", (column) => (column.name !== table.sort ? null : table.down ? "descending" : "ascending"));
  heads.filter((column) => !column.value).text((column) => say(column.name));
  heads
    .filter((column) => column.value)
    .selectAll("button")
    .data((column) => [column])
    .join("button")
    .attr("type", "button")
    .text((column) => say(column.name))
    .attr("title", (column) => say("sort_by", { column: say(column.name) }))
    .on("click", (event, column) => {
      table.down = table.sort === column.name ? !table.down : !["number", "name"].includes(column.name);
      table.sort = column.name;
      drawTable();
    });
  drawTableRows();
}

// What is not there stands last, whichever way the column is sorted; equal values by number.
function sortedTopics() {
  const { value } = table.columns.find((column) => column.name === table.sort);
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, state.language) : a - b);
  return d3.range(data.topics.length).sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return (left === null) - (right === null) || a - b;
    return (table.down ? -1 : 1) * compare(left, right) || a - b;
  });
}

function drawTableRows() {
  const rows = d3
    .select("#topic-table tbody")
    .selectAll("tr")
    .data(sortedTopics(), (k) => k)
    .join((enter) => {
      const row = enter.append("tr").attr("data-topic", (k) => k);
      row
        .selectAll("td")
        .data((k) => table.columns.map((column) => ({ column, k })))
        .join("td")
        .attr("class", ({ column }) => `column-${column.name}`)
        .each(function each(cell) {
          fillCell(d3.select(this), cell);
        });
      row
        .on("click", (event, k) => toggleTopic(k))
        .on("pointerenter", (event, k) => setHover({ topic: k }))
        .on("pointerleave", () => setHover({ topic: null }));
      return row;
    })
    .order();
  const largest = d3.max(data.topics, (topic) => topic.share) || 1;
  rows.selectAll("td").each(function each({ column, k }) {
    if (column.name === "name")
      d3.select(this)
        .select("button")
        .text(nameOf(k) || titleOf(k));
    else d3.select(this).select(".cell-text").text(column.text(k));
    if (column.bar)
      d3.select(this)
        .select("i")
        .style("width", `${(100 * Math.max(0, data.topics[k].share)) / largest}%`);
  });
  markTable();
}

function fillCell(cell, { column, k }) {
  if (column.name === "number") cell.append("span").attr("class", "swatch").style("background", colourOf(k));
  if (column.bar) cell.append("span").attr("class", "mini-bar").append("i").style("--c", colourOf(k));
  if (column.name !== "name") cell.append("span").attr("class", "cell-text");
  else {
    // a button, for the keyboard; the click of the row would undo the click of the button
    cell
      .append("button")
      .attr("type", "button")
      .attr("dir", "auto")
      .on("click", (event) => {
        event.stopPropagation();
        toggleTopic(k);
      });
  }
}

function markTable() {
  d3.selectAll("#topic-table tbody tr")
    .classed("chosen", (k) => k === state.topic)
    .classed("pointed", (k) => k === hover.topic)
    .attr("aria-selected", null);
}
