// Search for a term or a topic: whole word first, then beginnings, then anywhere; the frequent ones first in each.
const search = { folded: null, initials: null, hits: [], at: -1 };
const mostHits = 12;
const initial = /[\u1100-\u1112]/;

function startSearch() {
  const input = document.getElementById("search-input");
  input.addEventListener("input", () => showHits(input.value));
  input.addEventListener("focus", () => {
    prepareSearch();
    if (input.value !== "") showHits(input.value);
  });
  input.addEventListener("blur", () => closeHits());
  input.addEventListener("keydown", searchKey);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    input.focus();
  });
}

function prepareSearch() {
  search.folded ??= data.terms.map(([text]) => fold(text));
  search.initials ??= search.folded.map((text) => [...text].filter((letter) => initial.test(letter)).join(""));
}

// Indices of terms, best first. Initial consonants alone (ㅇㅎ) find words by their syllables' initials (영화).
function findTerms(text) {
  prepareSearch();
  const wanted = fold(text.trim());
  if (wanted === "") return [];
  const byInitials = wanted.length > 1 && [...wanted].every((letter) => initial.test(letter));
  const hits = [];
  for (const [index, term] of search.folded.entries()) {
    const at = term.indexOf(wanted);
    const rank =
      term === wanted ? 0 : at === 0 ? 1 : at > 0 ? 2 : byInitials && search.initials[index].startsWith(wanted) ? 3 : 4;
    if (rank < 4) hits.push({ index, rank });
  }
  const better = (a, b) => a.rank - b.rank || data.terms[b.index][1] - data.terms[a.index][1] || a.index - b.index;
  return hits.sort(better).map((hit) => hit.index);
}

function findTopics(text) {
  const wanted = fold(text.trim());
  return d3
    .range(data.topics.length)
    .filter((k) => String(k) === wanted || (data.topics[k].name && fold(data.topics[k].name).includes(wanted)))
    .slice(0, 4);
}

function showHits(text) {
  if (text.trim() === "") return closeHits();
  const found = findTerms(text);
  const topics = findTopics(text);
  search.hits = [
    ...found.slice(0, mostHits - topics.length).map((term) => ({ term })),
    ...topics.map((topic) => ({ topic })),
  ];
  search.at = search.hits.length > 0 ? 0 : -1;
  const list = d3.select("#search-results").attr("hidden", null);
  list
    .selectAll("li")
    .data(search.hits.length > 0 ? search.hits : [{ none: true }])
    .join("li")
    .attr("id", (hit, i) => `hit-${i}`)
    .attr("role", "option")
    .each(function each(hit) {
      fillHit(d3.select(this), hit);
    })
    .on("pointerdown", (event, hit) => {
      event.preventDefault();
      takeHit(hit);
    });
  document.getElementById("search-input").setAttribute("aria-expanded", "true");
  document.getElementById("announce").textContent = say("hits", { count: count(found.length + topics.length) });
  return markHit();
}

function fillHit(item, hit) {
  item.selectAll("*").remove();
  if (hit.none) {
    item.append("span").text(say("no_hits"));
  } else if (hit.topic !== undefined) {
    item.append("span").attr("class", "swatch").style("background", colourOf(hit.topic));
    item.append("span").attr("class", "hit-name").attr("dir", "auto").text(fullName(hit.topic));
  } else {
    const [text, tokens, topics] = data.terms[hit.term];
    item.append("span").attr("class", "hit-name").attr("dir", "auto").text(text);
    item
      .append("span")
      .attr("class", "hit-topics")
      .selectAll("span")
      .data((topics ?? []).slice(0, 3))
      .join("span")
      .attr("class", "swatch")
      .style("background", ([k]) => colourOf(k))
      .text("");
    item.append("span").attr("class", "hit-count").text(count(tokens));
  }
}

function markHit() {
  d3.selectAll("#search-results li").attr("aria-selected", (hit, i) => String(i === search.at));
  const input = document.getElementById("search-input");
  if (search.at < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", `hit-${search.at}`);
  document.getElementById(`hit-${search.at}`)?.scrollIntoView({ block: "nearest" });
  const hit = search.hits[search.at];
  setHover({ term: hit?.term ?? null, topic: hit?.topic ?? null });
}

function closeHits() {
  document.getElementById("search-results").hidden = true;
  const input = document.getElementById("search-input");
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  search.at = -1;
  setHover({ term: null, topic: null });
}

// A term is chosen together with the topics it occurs in: the map shows them and the card of the term lists them.
function takeHit(hit) {
  if (hit === undefined || hit.none) return;
  document.getElementById("search-input").value = "";
  closeHits();
  if (hit.topic !== undefined) chooseTopic(hit.topic);
  else change({ term: hit.term, topic: null, other: null, group: null });
}

function searchKey(event) {
  if (event.isComposing) return; // Enter only ends the syllable
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") closeHits();
  else if (event.key === "Enter") takeHit(search.hits[search.at]);
  else if (step && search.hits.length > 0) search.at = (search.at + step + search.hits.length) % search.hits.length;
  else return;
  event.preventDefault();
  if (step) markHit();
}
