// The figures: in the head, as a table with intervals, and by class.
function headFigures() {
  const shown = ["accuracy", "subset_accuracy", "macro_f1", "micro_f1", "roc_auc", "log_loss", "calibration_error"];
  const rows = data.figures.filter(([name, value]) => shown.includes(name) && value !== null);
  const single = data.confusion.length > 0; // there the micro average is the accuracy
  return [
    [say("support"), count(data.documents_measured ?? 0)],
    ...rows
      .filter(([name]) => !(single && name === "micro_f1"))
      .map(([name, value, low, high]) => [`${say(name)} ${metricRange(name, low, high)}`.trim(), metric(name, value)]),
  ];
}

// A bar from 0 to 1 with a whisker from low to high.
function drawSpan(cell, value, low, high) {
  const track = cell.selectAll("span.span-track").data([0]).join("span").attr("class", "span-track");
  const place = (share) => `${100 * Math.min(1, Math.max(0, share))}%`;
  track.selectAll("i.span-front").data([value]).join("i").attr("class", "span-front").style("width", place);
  track
    .selectAll("i.whisker")
    .data(low === null || low === undefined ? [] : [[low, high]])
    .join("i")
    .attr("class", "whisker")
    .style("left", ([from]) => place(from))
    .style("width", ([from, to]) => place(to - from));
}

function drawSummary() {
  const note = [say("summary_note", { count: count(data.documents_measured ?? 0) })];
  if (data.figures.some(([, , low]) => low !== null && low !== undefined))
    note.push(say("summary_interval", { level: Math.round(100 * (data.level ?? 0.95)) }));
  document.getElementById("summary-note").textContent = note.join(" ");
  const rows = d3
    .select("#summary-table tbody")
    .selectAll("tr")
    .data(data.figures.filter(([, value]) => value !== null))
    .join((enter) => {
      const row = enter.append("tr");
      row.append("th").attr("scope", "row");
      row.append("td").attr("class", "number");
      row.append("td").attr("class", "quiet");
      row.append("td").attr("class", "span-cell");
      return row;
    });
  rows.select("th").text(([name]) => say(name));
  rows.select(".number").text(([name, value]) => metric(name, value));
  rows.select(".quiet").text(([name, , low, high]) => metricRange(name, low, high));
  rows
    .filter(([name]) => isShare(name))
    .each(function each([, value, low, high]) {
      drawSpan(d3.select(this).select(".span-cell"), value, low, high);
    });
}

// ---- by class -----------------------------------------------------------------------------------------------------

const classTable = { sort: "label", down: false };

// {name, value of a class, text of a class}. Values that are not there stand last, whichever way the column is sorted.
function classColumns() {
  const scored = (name) => {
    const value = (c) => data.classes[c][name]?.[0] ?? null;
    return { name, value, text: (c) => metric(name, value(c)) };
  };
  const counted = (name, key) => {
    const value = (c) => data.classes[c][key];
    return { name, value, text: (c) => count(value(c)) };
  };
  const label = { name: "label", value: (c) => c, text: labelOf };
  const columns = [label, counted("support", "support"), counted("predicted_count", "predicted")];
  columns.push(scored("precision"), scored("recall"), scored("f1"), { name: "f1_span" }, scored("roc_auc"));
  if (data.classes.some((one) => Number.isFinite(one.threshold)))
    columns.push({
      name: "threshold",
      value: (c) => data.classes[c].threshold,
      text: (c) => metric("threshold", data.classes[c].threshold),
    });
  return columns;
}

function sortedClasses(columns) {
  const { value } = columns.find((column) => column.name === classTable.sort);
  return d3.range(data.classes.length).sort((a, b) => {
    const [left, right] = [value(a), value(b)];
    if (left === null || right === null) return (left === null) - (right === null) || a - b;
    return (classTable.down ? -1 : 1) * (left - right) || a - b;
  });
}

function drawClassTable() {
  const columns = classColumns();
  const heads = d3
    .select("#class-table thead")
    .selectAll("tr")
    .data([0])
    .join("tr")
    .selectAll("th")
    .data(columns)
    .join("th")
    .attr("scope", "col")
    .attr("aria-sort", ({ name }) => (name !== classTable.sort ? null : classTable.down ? "descending" : "ascending"));
  heads
    .filter((column) => column.value)
    .selectAll("button")
    .data((column) => [column])
    .join("button")
    .attr("type", "button")
    .attr("title", ({ name }) => say("sort_by", { column: say(name) }))
    .text(({ name }) => say(name))
    .on("click", (event, { name }) => {
      classTable.down = classTable.sort === name ? !classTable.down : name !== "label";
      classTable.sort = name;
      drawClassTable();
    });
  drawClassRows(columns);
}

// A long label (comp.sys.ibm.pc.hardware) may be broken behind its marks, not inside a word.
function writeLabel(cell, label) {
  cell.text("");
  for (const part of label.split(/(?<=[._/:-])/)) {
    cell.append(() => document.createTextNode(part));
    cell.append("wbr");
  }
}

function drawClassRows(columns) {
  d3.select("#class-table tbody")
    .selectAll("tr")
    .data(sortedClasses(columns), (c) => c)
    .join((enter) => enter.append("tr").attr("data-class", (c) => c))
    .order()
    .selectAll("td")
    .data((c) => columns.map((column) => ({ column, c })))
    .join("td")
    .each(function each({ column, c }) {
      const cell = d3.select(this);
      if (column.name === "f1_span") drawSpan(cell.attr("class", "span-cell"), ...data.classes[c].f1);
      else if (column.name === "label") writeLabel(cell.attr("dir", "auto"), column.text(c));
      else cell.text(column.text(c));
      const range = data.classes[c][column.name];
      cell.attr("title", Array.isArray(range) ? metricRange(column.name, range[1], range[2]) || null : null);
    });
}

function startTables() {
  document.getElementById("classes").hidden = data.classes.length === 0;
  views.push((changed) => {
    if (!changed.has("language")) return;
    drawSummary();
    drawClassTable();
  });
}
