// The terms of the chosen topic as bars; without one, the frequent terms of the corpus with the topics they occur in.
const terms = { group: null };

function startTerms() {
  const slider = document.getElementById("lambda");
  slider.addEventListener("input", () => change({ lambda: Number(slider.value) }));
  views.push((changed) => {
    if (["topic", "term", "lambda", "language"].some((name) => changed.has(name))) drawTerms();
  });
  hoverViews.push(() => {
    d3.selectAll("#bars .bar").classed("pointed", (row) => row.index === hover.term);
  });
}

function drawTerms() {
  const k = state.topic;
  const slider = document.getElementById("lambda");
  document.getElementById("relevance").hidden = isLsa || k === null;
  slider.value = state.lambda;
  slider.setAttribute("aria-valuetext", `λ = ${state.lambda}`);
  document.getElementById("lambda-value").textContent = state.lambda.toFixed(2);
  document.getElementById("terms-title").textContent =
    k === null ? say("terms_overview") : say("terms_of", { topic: titleOf(k) });
  drawTermCard();
  if (k === null) drawFrequent();
  else if (isLsa) drawPoles(k);
  else drawRelevant(k);
}

function note(key) {
  document.getElementById("terms-note").textContent = say(key);
}

// lists: [{title, rows}]; every list has bars on one common scale.
function drawLists(lists, fill) {
  const longest = d3.max(lists, (list) => d3.max(list.rows, (row) => Math.max(Math.abs(row.value), row.corpus))) || 1;
  const parts = d3
    .select("#bars")
    .selectAll("div.list")
    .data(lists, (list) => list.title)
    .join((enter) => {
      const part = enter.append("div").attr("class", "list");
      part.append("h3");
      part.append("ol").attr("class", "bar-list");
      return part;
    })
    .order();
  parts
    .select("h3")
    .text((list) => list.title)
    .attr("hidden", (list) => (list.title === "" ? "" : null));
  parts.each(function each(list) {
    drawRows(d3.select(this).select("ol"), list.rows, longest);
    d3.select(this).selectAll(".bar-front").each(fill(longest));
  });
}

// Rows keep their node while they move, so the eye can follow a term when λ changes. Their order in the page is the one
// that is seen: Tab and readers follow it.
function drawRows(list, rows, longest) {
  list.style("--rows", rows.length);
  const items = list
    .selectAll("li")
    .data(rows, (row) => row.index)
    .join((enter) => {
      const item = enter.append("li");
      const bar = item.append("button").attr("type", "button").attr("class", "bar");
      bar.append("span").attr("class", "bar-term").attr("dir", "auto");
      const track = bar.append("span").attr("class", "bar-track");
      track.append("span").attr("class", "bar-back");
      track.append("span").attr("class", "bar-front");
      bar.append("span").attr("class", "bar-value");
      return item;
    })
    .order();
  items.style("--row", (row, i) => i);
  const bars = items
    .select("button")
    .on("click", (event, row) => toggleTerm(row.index))
    .on("pointerenter focus", (event, row) => setHover({ term: row.index }))
    .on("pointerleave blur", () => setHover({ term: null }))
    .attr("aria-pressed", (row) => String(row.index === state.term))
    .attr("title", (row) => row.text);
  bars.select(".bar-term").text((row) => row.text);
  bars.select(".bar-value").text((row) => (isLsa && state.topic !== null ? figure(row.value) : percent(row.value)));
  bars
    .select(".bar-track")
    .select(".bar-back")
    .style("width", (row) => `${(100 * row.corpus) / longest}%`);
  bars
    .select(".bar-track")
    .select(".bar-front")
    .classed("negative", (row) => row.value < 0)
    .style("width", (row) => `${(100 * Math.abs(row.value)) / longest}%`);
}

const plainFill = (colour) => () =>
  function fill() {
    d3.select(this).style("--c", colour).selectAll("i").remove();
  };

function drawRelevant(k) {
  note("terms_note");
  if (data.most_terms > 0)
    document.getElementById("terms-note").append(
      ` ${say("terms_left_out", { count: count(data.most_terms), left: count(data.terms_left_out) })}`,
    );
  drawLists([{ title: "", rows: relevantTerms(k, state.lambda) }], plainFill(colourOf(k)));
}

function drawPoles(k) {
  note("terms_note_lsa");
  const lists = [1, -1].map((sign) => ({ title: say(sign > 0 ? "positive" : "negative"), rows: poleTerms(k, sign) }));
  drawLists(
    lists.filter((list) => list.rows.length > 0),
    plainFill(colourOf(k)),
  );
}

// A bar for every frequent term, cut into its topics; what its five best topics leave over stays grey.
function drawFrequent() {
  note("terms_note_overview");
  const rows = frequentTerms();
  drawLists(
    [{ title: "", rows }],
    () =>
      function fill(row) {
        const parts = isLsa ? [] : (data.terms[row.index][2] ?? []);
        d3.select(this)
          .style("--c", "var(--bar-rest)")
          .selectAll("i")
          .data(parts)
          .join("i")
          .style("width", ([, part]) => `${100 * part}%`)
          .style("background", ([k]) => colourOf(k));
      },
  );
}

// ---- the chosen term ----------------------------------------------------------------------------------------------

function drawTermCard() {
  const card = d3.select("#term-card");
  card.attr("hidden", state.term === null ? "" : null);
  card.selectAll("*").remove();
  if (state.term === null) return;
  const [text, tokens, topics] = data.terms[state.term];
  const head = card.append("div").attr("class", "term-head");
  head.append("strong").attr("dir", "auto").text(text);
  head.append("span").text(say("term_card", { count: count(tokens), share: percent(tokens / totalTokens) }));
  head
    .append("button")
    .attr("type", "button")
    .attr("class", "plain")
    .text(say("close"))
    .on("click", () => chooseTerm(null));
  card.append("p").attr("class", "small-label").text(say("term_topics"));
  const rows = (topics ?? []).map(([topic, part]) => ({ topic, value: isLsa ? figure(part) : percent(part) }));
  topicChips(card.append("div").attr("class", "chips"), rows, (k) =>
    change({ topic: state.topic === k ? null : k, other: null }),
  );
  const found = documentsWith(state.term).length;
  if (found === 0) card.append("p").attr("class", "note").text(say("term_no_documents"));
  else
    card
      .append("a")
      .attr("href", "#documents")
      .text(say("term_documents", { count: count(found) }))
      .on("click", jump);
}

// In-page links scroll without touching the address, which holds the state.
