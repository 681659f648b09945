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

let foldedTerms = null;

// Does a word of the text stand for the term? Its own spelling does; so does one that the term begins, as terms may be
// stems (peopl: people) or words without their particles (영화: 영화가), unless it is a term itself (art: article).
function standsFor(word, wanted) {
  if (word === wanted) return true;
  if (!word.startsWith(wanted)) return false;
  foldedTerms ??= new Set(data.terms.map(([text]) => fold(text)));
  const korean = /^[\u1100-\u11ff]/.test(wanted);
  return (korean || word.length - wanted.length <= 4) && !foldedTerms.has(word);
}

// Where a term occurs in a document: [begin, end) of the words that stand for it. A term of several words is looked for
// as plain text.
function occurrences(document, term) {
  const wanted = fold(term);
  const found = [];
  for (const [begin, length] of document.spans ?? []) {
    if (standsFor(fold(document.text.slice(begin, begin + length)), wanted)) found.push([begin, begin + length]);
  }
  if (found.length > 0 || !/[\s_]/.test(term)) return found;
  const plain = term.replaceAll("_", " ");
  const begin = document.text.indexOf(plain);
  return begin < 0 ? [] : [[begin, begin + plain.length]];
}

const termDocuments = new Map(); // term -> indices of documents; looked for once
function documentsWith(index) {
  if (!termDocuments.has(index)) {
    const text = data.terms[index][0];
    const hits = d3.range(data.documents.length).filter((d) => occurrences(data.documents[d], text).length > 0);
    termDocuments.set(index, hits);
  }
  return termDocuments.get(index);
}

const shareIn = (document, k) => (document.topics ?? []).find(([topic]) => topic === k)?.[1] ?? 0;
