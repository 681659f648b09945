// The head of a page: its title, the figures that the page names by headFigures(), and how it was made.
function drawHead() {
  const head = data.head;
  document.getElementById("kicker").textContent = say("kicker");
  document.getElementById("title").textContent = [head.corpus, head.model].filter(Boolean).join(" · ");
  pairs(d3.select("#figures"), headFigures());
  const [gone = 0, all = 0] = head.documents_gone ?? [];
  d3.select("#gone")
    .attr("hidden", gone > 0 ? null : "")
    .text(say("documents_gone", { count: count(gone), all: count(all) }));
  const facts = ["corpus", "model", "made", "version", "seed", "fingerprint", "data", "documents_shown"]
    .filter((name) => head[name] !== undefined && head[name] !== null && head[name] !== "")
    .map((name) => [say(name), name === "documents_shown" ? figure(head[name]) : String(head[name])]);
  const options = (head.options ?? []).map(([name, value]) => [say("option", { name }), String(value)]);
  pairs(d3.select("#facts"), [...facts, ...options]);
  document.getElementById("command").textContent = head.command ?? "";
  d3.select("#foot")
    .selectAll("p")
    .data([say("foot", { version: head.version ?? "" }), say("d3")])
    .join("p")
    .text((text) => text);
}

function pairs(list, rows) {
  list
    .selectAll("div")
    .data(rows)
    .join((enter) => {
      const cell = enter.append("div");
      cell.append("dt");
      cell.append("dd").attr("dir", "auto");
      return cell;
    })
    .each(function each([name, value]) {
      d3.select(this).select("dt").text(name);
      d3.select(this).select("dd").text(value);
    });
}
