// The documents behind what is chosen: a list whose entries open into the text with its words coloured by topic.
const documents = { limit: 10, open: null, key: "", numbers: false };

function startDocuments() {
  const box = document.getElementById("token-numbers");
  box.parentElement.hidden = data.documents.length === 0;
  box.addEventListener("change", () => {
    documents.numbers = box.checked;
    document.getElementById("document-list").classList.toggle("numbered", box.checked);
  });
  views.push((changed) => {
    if (["topic", "other", "term", "group", "by", "language"].some((name) => changed.has(name))) drawDocuments();
  });
  hoverViews.push(() => markTokens());
}

// ---- which documents ----------------------------------------------------------------------------------------------

// [{title, rows: [{index, score}]}]: one list, or one for each pole of a dimension.
function chosenDocuments() {
  const k = state.topic;
  if (state.term !== null || state.group !== null || state.other !== null)
    return [{ title: "", rows: filteredDocuments() }];
  if (k === null) return [{ title: "", rows: bestOfEach() }];
  const rows = data.topics[k].documents
    .filter(([index]) => data.documents[index])
    .map(([index, score]) => ({ index, score, topic: k }));
  if (!isLsa) return [{ title: "", rows }];
  return [1, -1]
    .map((sign) => ({
      title: say(sign > 0 ? "positive_documents" : "negative_documents"),
      rows: rows.filter((row) => row.score * sign > 0).sort((a, b) => Math.abs(b.score) - Math.abs(a.score)),
    }))
    .filter((list) => list.rows.length > 0);
}

function bestOfEach() {
  const best = new Map();
  for (const k of isLsa ? d3.range(data.topics.length) : byShare) {
    const [index, score] = data.topics[k].documents[0] ?? [];
    if (data.documents[index] && !best.has(index)) best.set(index, { index, score, topic: k });
  }
  return [...best.values()];
}

function filteredDocuments() {
  let indices = state.term === null ? d3.range(data.documents.length) : documentsWith(state.term);
  if (state.group !== null)
    indices = indices.filter((d) => inGroup(data.documents[d], data.trends[state.by], state.group));
  const k = state.topic;
  const rows = indices.map((index) => ({
    index,
    score: k === null ? null : shareIn(data.documents[index], k),
    topic: k,
  }));
  if (k === null) return rows;
  const both = (row) => (state.other === null ? 1 : shareIn(data.documents[row.index], state.other));
  const weight = (row) => Math.min(Math.abs(row.score), Math.abs(both(row)));
  return rows
    .filter((row) => state.term !== null || weight(row) > 0)
    .sort((a, b) => weight(b) - weight(a) || a.index - b.index);
}

// Is the document of a group of a trend? Groups of fields that the page does not hold take every document.
function inGroup(item, trend, index) {
  const group = trend.groups[index];
  if (trend.by === "date") return dateGroup(item.date ?? "", group);
  if (trend.by !== "label") return true;
  const label = item.label ?? "";
  const is = (name) => label === name || (name.length > 1 && name.endsWith("…") && label.startsWith(name.slice(0, -1)));
  return group === "…" ? label !== "" && !trend.groups.some((name) => name !== "…" && is(name)) : is(group);
}

// 2019-04-01 lies in 2019-04, 2019-Q2, 2019 and 2010s.
function dateGroup(date, group) {
  const [, year, month] = /^(\d{4})-?(\d{2})?/.exec(date) ?? [];
  if (year === undefined) return false;
  if (/^\d{4}s$/.test(group)) return year.slice(0, 3) === group.slice(0, 3);
  const quarter = /^(\d{4})-Q(\d)$/.exec(group);
  return quarter ? year === quarter[1] && Math.ceil(Number(month) / 3) === Number(quarter[2]) : date.startsWith(group);
}

// ---- the list -----------------------------------------------------------------------------------------------------

function drawDocuments() {
  const lists = chosenDocuments();
  const key = [state.topic, state.other, state.term, state.group, state.by].join();
  if (key !== documents.key) Object.assign(documents, { key, limit: 10, open: firstOpen(lists) });
  document.getElementById("documents-title").textContent =
    state.topic === null ? say("documents") : say("documents_of", { topic: titleOf(state.topic) });
  const total = d3.sum(lists, (list) => list.rows.length);
  const shown = count(data.documents.length);
  document.getElementById("documents-note").textContent = documentsNote(total, shown);
  drawFilters();
  const parts = d3
    .select("#document-list")
    .selectAll("div.list")
    .data(
      lists.filter((list) => list.rows.length > 0),
      (list) => list.title,
    );
  const drawn = parts
    .join((enter) => {
      const part = enter.append("div").attr("class", "list");
      part.append("h3");
      part.append("div").attr("class", "entries");
      part.append("button").attr("type", "button").attr("class", "more");
      return part;
    })
    .order();
  drawn
    .select("h3")
    .text((list) => list.title)
    .attr("hidden", (list) => (list.title === "" ? "" : null));
  drawn.each(function each(list) {
    drawEntries(d3.select(this), list);
  });
}

// With a topic or a filter the first document is open: one sees at once what the coloured text looks like.
const firstOpen = (lists) =>
  state.topic === null && state.term === null && state.group === null ? null : (lists[0]?.rows[0]?.index ?? null);

function documentsNote(total, shown) {
  if (data.documents.length === 0) return say("documents_empty");
  if (total === 0) return say("documents_none");
  if (state.term !== null)
    return say("documents_note_term", { count: count(total), shown, term: data.terms[state.term][0] });
  return say(state.topic === null && state.group === null ? "documents_note_overview" : "documents_note", {
    count: count(total),
    shown,
  });
}

function drawFilters() {
  const rows = [];
  if (state.term !== null)
    rows.push({ text: say("filter_term", { term: data.terms[state.term][0] }), off: { term: null } });
  if (state.other !== null)
    rows.push({ text: say("filter_both", { topic: numberedName(state.other) }), off: { other: null } });
  if (state.group !== null) {
    const trend = data.trends[state.by];
    rows.push({
      text: say("filter_group", { by: byName(trend.by), group: trend.groups[state.group] }),
      off: { group: null },
    });
  }
  d3.select("#filters")
    .selectAll("button")
    .data(rows)
    .join("button")
    .attr("type", "button")
    .attr("class", "chip filter")
    .attr("aria-label", (row) => say("remove", { what: row.text }))
    .text((row) => `${row.text} ×`)
    .on("click", (event, row) => change(row.off));
}

function drawEntries(part, list) {
  const rows = list.rows.slice(0, documents.limit);
  const entries = part
    .select(".entries")
    .selectAll("article")
    .data(rows, (row) => row.index)
    .join((enter) => {
      const entry = enter.append("article");
      const head = entry.append("h4").append("button").attr("type", "button").attr("class", "entry-head");
      const what = head.append("span").attr("class", "entry-what");
      for (const name of ["entry-id", "entry-label", "entry-date"]) what.append("span").attr("class", name);
      head.append("span").attr("class", "entry-share");
      head.append("span").attr("class", "entry-snippet");
      entry.append("div").attr("class", "entry-body");
      return entry;
    })
    .order();
  const left = list.rows.length - rows.length;
  part
    .select("button.more")
    .attr("hidden", left > 0 ? null : "")
    .text(say("more_documents", { count: count(left) }))
    .on("click", () => {
      documents.limit += 20;
      drawDocuments();
    });
  entries.each(function each(row) {
    drawEntry(d3.select(this), row);
  });
}

function drawEntry(entry, row) {
  const item = data.documents[row.index];
  const open = documents.open === row.index;
  const head = entry
    .select(".entry-head")
    .attr("aria-expanded", String(open))
    .on("click", () => {
      documents.open = open ? null : row.index;
      drawDocuments();
    });
  head
    .select(".entry-id")
    .attr("dir", "auto")
    .text(item.id ?? row.index);
  head
    .select(".entry-label")
    .attr("dir", "auto")
    .text(item.label ?? "");
  head.select(".entry-date").text(item.date ?? "");
  head.select(".entry-share").selectAll("*").remove();
  if (row.score !== null && row.topic !== null) shareMark(head.select(".entry-share"), row);
  head
    .select(".entry-snippet")
    .attr("dir", "auto")
    .text(open ? "" : snippet(item))
    .attr("hidden", open ? "" : null);
  const body = entry.classed("open", open).select(".entry-body");
  body.selectAll("*").remove();
  if (open) drawText(body, item);
}

function shareMark(parent, row) {
  const bar = parent.append("span").attr("class", "mini-bar");
  const whole = isLsa ? d3.max(data.topics[row.topic].documents, ([, score]) => Math.abs(score)) || 1 : 1;
  bar
    .append("i")
    .style("width", `${100 * Math.min(1, Math.abs(row.score) / whole)}%`)
    .style("--c", colourOf(row.topic))
    .classed("negative", row.score < 0);
  const value = isLsa ? alike([0.5, row.score])(row.score) : percent(row.score);
  parent.append("span").text(state.topic === null ? `${isLsa ? "" : row.topic + " · "}${value}` : value);
}

// The beginning of a text, or what stands around the chosen term.
function snippet(item) {
  const [hit] = state.term === null ? [] : occurrences(item, state.term);
  const begin = hit === undefined || hit[0] < 60 ? 0 : hit[0] - 40;
  const text = item.text.slice(begin, begin + 160);
  return `${begin > 0 ? "…" : ""}${text}${begin + 160 < item.text.length || item.cut ? "…" : ""}`;
}

// ---- the text -----------------------------------------------------------------------------------------------------

function drawText(body, item) {
  const topics = (item.topics ?? []).map(([topic, share]) => ({
    topic,
    share,
    value: isLsa ? figure(share) : percent(share),
  }));
  if (!isLsa && topics.length > 0) {
    const bar = body.append("div").attr("class", "mixture").attr("aria-hidden", "true");
    bar
      .selectAll("i")
      .data(topics)
      .join("i")
      .style("width", (row) => `${100 * row.share}%`)
      .style("background", (row) => colourOf(row.topic));
  }
  const text = body.append("p").attr("class", "text").attr("dir", "auto");
  let end = 0;
  for (const { begin, length, topic, negative, term } of item.spans) {
    if (begin < end || length < 1 || begin + length > item.text.length || !data.topics[topic]) continue;
    text.append(() => document.createTextNode(item.text.slice(end, begin)));
    end = begin + length;
    token(text, item.text.slice(begin, end), topic)
      .classed("hit", term === state.term)
      .classed("negative", negative);
  }
  text.append(() => document.createTextNode(item.text.slice(end)));
  if (item.cut) body.append("p").attr("class", "note").text(say("cut"));
  if (item.more.includes(state.term))
    body
      .append("p")
      .attr("class", "note")
      .text(say(item.cut ? "term_beyond" : "term_inside", { term: data.terms[state.term][0] }));
  if (topics.length > 0) {
    body.append("p").attr("class", "small-label").text(say("document_topics"));
    topicChips(body.append("div").attr("class", "chips legend"), topics);
  }
  markTokens(body);
}

function token(text, word, topic) {
  return text
    .append("span")
    .attr("class", "token")
    .attr("data-topic", topic)
    .style("--c", colourOf(topic))
    .text(word)
    .on("click", () => chooseTopic(topic))
    .on("pointerenter", () => setHover({ topic }))
    .on("pointermove", (event) => showTip(event, [fullName(topic)]))
    .on("pointerleave", () => {
      setHover({ topic: null });
      hideTip();
    });
}

// The words of the topic that is pointed at, else of the chosen one, stand out.
function markTokens(root = d3.select("#document-list")) {
  const shown = hover.topic ?? state.topic;
  root.selectAll(".token").classed("strong", function strong() {
    return Number(this.dataset.topic) === shown;
  });
}
