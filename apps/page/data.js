// The data of the page, made safe to read: what may be missing gets a default here, so that no view has to ask.
const data = JSON.parse(document.getElementById("data").textContent);
const isLsa = data.kind === "lsa";
for (const name of ["topics", "terms", "documents", "similarity", "trends"]) data[name] ??= [];
data.head ??= {};

const termIndex = new Map(data.terms.map(([text], index) => [text, index]));

// Terms of topics are called by their place in data.terms; a page may spell them out instead.
function placedTerms(rows) {
  const placed = rows.map(([term, value]) => [typeof term === "number" ? term : termIndex.get(term), value]);
  return placed.filter(([index, value]) => data.terms[index] !== undefined && Number.isFinite(value));
}

for (const [k, topic] of data.topics.entries()) {
  topic.terms = placedTerms(topic.terms ?? []);
  topic.documents ??= [];
  topic.figures ??= {};
  topic.share ??= data.lsa?.explained?.[k] ?? 0;
}

// Four numbers a mark, see append_spans in page_data.cpp: begin counts from the end of the last one, a topic below zero
// is the negative pole of dimension -1 - topic.
function readSpans(numbers) {
  const spans = [];
  for (let i = 0, end = 0; i + 3 < numbers.length; i += 4) {
    const [begin, length, topic, term] = [end + numbers[i], ...numbers.slice(i + 1, i + 4)];
    spans.push({ begin, length, topic: topic < 0 ? -1 - topic : topic, negative: topic < 0, term });
    end = begin + length;
  }
  return spans;
}

for (const item of data.documents) {
  item.spans = readSpans(item.spans ?? []);
  item.more = Array.from(d3.cumsum(item.more ?? []));
}

const totalTokens = data.total_tokens || d3.sum(data.terms, (term) => term[1]) || 1;
const hasPositions = data.topics.every((topic) => Number.isFinite(topic.x) && Number.isFinite(topic.y));
const byShare = d3.range(data.topics.length).sort((a, b) => data.topics[b].share - data.topics[a].share || a - b);

const termShare = (index) => data.terms[index][1] / totalTokens;
const nameOf = (k) => data.topics[k].name || data.topics[k].proposal || "";
const numberedName = (k) => (nameOf(k) ? `${k} ${nameOf(k)}` : String(k));
const titleOf = (k) => say("topic", { number: k });

// Relevance of Sievert and Shirley 2014: λ log p(w|k) + (1 - λ) log(p(w|k) / p(w)).
function relevance(lambda, inTopic, inCorpus) {
  return lambda * Math.log(inTopic) + (1 - lambda) * Math.log(inTopic / inCorpus);
}

// The terms of a topic, best first: [{text, index, value, corpus, score}]. Equal scores keep the order of the data.
function relevantTerms(k, lambda, limit = 30) {
  const rows = [];
  for (const [index, value] of data.topics[k].terms) {
    const corpus = termShare(index);
    const score = relevance(lambda, value, corpus);
    if (value > 0) rows.push({ text: data.terms[index][0], index, value, corpus, score });
  }
  return rows.sort((a, b) => b.score - a.score).slice(0, limit);
}

// The terms at one pole of an LSA dimension, farthest first; sign is 1 or -1.
function poleTerms(k, sign, limit = 20) {
  const rows = data.topics[k].terms.filter(([, value]) => value * sign > 0);
  rows.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  return rows.slice(0, limit).map(([index, value]) => ({ text: data.terms[index][0], value, index, corpus: 0 }));
}

let frequent = null;
function frequentTerms(limit = 30) {
  frequent ??= d3
    .range(data.terms.length)
    .sort((a, b) => data.terms[b][1] - data.terms[a][1] || a - b)
    .slice(0, 100);
  return frequent
    .slice(0, limit)
    .map((index) => ({ text: data.terms[index][0], index, value: termShare(index), corpus: 0 }));
}

// ---- text ---------------------------------------------------------------------------------------------------------

// Composed and decomposed Hangul, full width and half width, capitals: all the same; as jamo, so that the syllable that
// is being typed (여) already finds the one that it becomes (영).
const fold = (text) => text.normalize("NFKD").toLowerCase();

// Where a term stands in the shown text of a document: [begin, end). The program has marked every token with its term,
// so that a lemma (좋다) finds 좋은 and a stem (societi) finds society.
function occurrences(document, term) {
  return document.spans.filter((span) => span.term === term).map(({ begin, length }) => [begin, begin + length]);
}

let termDocuments = null; // [terms] indices of the documents that have it, also where no mark shows it
function documentsWith(term) {
  if (termDocuments === null) {
    termDocuments = data.terms.map(() => []);
    for (const [d, item] of data.documents.entries())
      for (const one of new Set([...item.spans.map((span) => span.term), ...item.more])) termDocuments[one]?.push(d);
  }
  return termDocuments[term];
}

const shareIn = (document, k) => (document.topics ?? []).find(([topic]) => topic === k)?.[1] ?? 0;
