// Data for tests of the report page: documents drawn from known topics, so every number can be counted. The same
// arguments give the same data. From the command line: node fixture.mjs '{"kind":"lda","topics":12}' > data.json
import { pathToFileURL } from "node:url";
import { common, particles, pools } from "./fixture_words.mjs";

// What documents may hold to do harm or to break the page.
export const hostileTexts = [
  "</script><script>window.harmed = 1</script><!-- <script>",
  "<img src=x onerror=\"window.harmed = 1\"> <svg onload=alert(1)> <iframe src='https://example.com/'>",
  "javascript:alert(1) ' \" ` ${alert(1)} {{7*7}} @DATA@ @TITLE@ ]]> &lt;b&gt; &#60;",
  "줄\u2028나눔\u2029과 \u0000 빈 글자, \ufeff 그리고 \ud800 반쪽",
  "\u202eright to left\u202c עברית العربية \u2067isolated\u2069 \u200b\u200d",
  `${"아".repeat(700)}${"W".repeat(700)}`,
];

export function generator(seed) {
  // mulberry32
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function draw(weights, random) {
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return weights.length - 1;
}

export const round = (value, digits = 5) => Number(value.toPrecision(digits));

// Words of every topic; beyond the lists above words are made from syllables.
function wordLists(language, topics, random) {
  const lists = pools[language].slice(0, topics).map((line) => line.split(" "));
  const syllables =
    language === "ko"
      ? [..."가나다라마바사아자차카타파하고노도로모보소오조초호구누두루무부수우주추"]
      : "ba be di do fa gu ka lo mi na pe ra su ti vo".split(" ");
  while (lists.length < topics) {
    const word = () => Array.from({ length: 3 }, () => syllables[Math.floor(random() * syllables.length)]).join("");
    lists.push(Array.from({ length: 20 }, word));
  }
  return lists;
}

// What stands in a text for a term that is a lemma or a stem: it does not begin with it.
const inflected = (word, language) => word.slice(0, -1) + (language === "ko" ? "은" : "ies");

function writeDocument(lists, options, random) {
  const k = options.topics;
  const mixture = new Array(k).fill(0);
  const main = draw(
    lists.map((list, topic) => 1 / (1 + 0.35 * topic)),
    random,
  );
  mixture[main] = 0.6;
  for (let i = 0; i < 3; ++i) mixture[Math.floor(random() * k)] += 0.4 / 3;
  const length = 14 + Math.floor(random() * 60);
  let text = "";
  const tokens = [];
  for (let i = 0; i < length; ++i) {
    const topic = draw(mixture, random);
    const list = random() < 0.3 ? common[options.language] : lists[topic];
    const word = list[Math.floor(list.length * random() ** 1.8)];
    const surface = random() < 0.25 ? inflected(word, options.language) : word;
    tokens.push({ begin: text.length, length: surface.length, word, topic });
    text += surface + (options.language === "ko" ? particles[Math.floor(random() * particles.length)] : "");
    text += i % 11 === 10 ? ". " : " ";
  }
  return { text: text.trimEnd(), tokens };
}

function countTokens(written, topics) {
  const terms = new Map();
  const totals = new Array(topics).fill(0);
  for (const { tokens } of written) {
    for (const { word, topic } of tokens) {
      if (!terms.has(word)) terms.set(word, new Map());
      const row = terms.get(word);
      row.set(topic, (row.get(topic) ?? 0) + 1);
      ++totals[topic];
    }
  }
  return { terms, totals, sum: totals.reduce((a, b) => a + b, 0) };
}

const sumOf = (row) => [...row.values()].reduce((a, b) => a + b, 0);

function topicRows(counts, written, options) {
  return counts.totals.map((total, k) => {
    const own = [...counts.terms]
      .filter(([, row]) => row.has(k))
      .map(([word, row]) => [word, round(row.get(k) / total)]);
    own.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const shares = written.map(({ tokens }, d) => [
      d,
      tokens.filter((token) => token.topic === k).length / tokens.length,
    ]);
    const best = shares
      .filter(([, share]) => share > 0)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, 30);
    const proposal = own
      .slice(0, 3)
      .map(([word]) => word)
      .join(" · ");
    return {
      name: options.named && k === 1 ? (options.language === "ko" ? "연출과 영상" : "War and peace") : "",
      proposal,
      share: round(total / counts.sum),
      alpha: round(0.05 + 0.4 * (total / counts.sum)),
      terms: own,
      documents: k === options.without_documents ? [] : best.map(([d, share]) => [d, round(share)]),
      figures: {
        tokens: total,
        documents: best.length,
        coherence: round(0.02 + (0.2 * ((k * 7) % 11)) / 11),
        exclusivity: k === 2 ? null : round(0.4 + (0.5 * ((k * 5) % 13)) / 13),
        effective_terms: round(8 + ((k * 3) % 9), 3),
        distance: round(0.4 + 0.03 * (k % 7)),
        term_length: 2.1,
        rank1: best.filter(([, share]) => share > 0.5).length,
      },
    };
  });
}

function similarityOf(counts, topics) {
  const rows = Array.from(
    { length: topics },
    (_, k) =>
      new Map(
        [...counts.terms].filter(([, row]) => row.has(k)).map(([word, row]) => [word, row.get(k) / counts.totals[k]]),
      ),
  );
  const half = (p, q) =>
    [...p].reduce((sum, [word, value]) => sum + value * Math.log2((2 * value) / (value + (q.get(word) ?? 0))), 0);
  return rows.map((p) =>
    rows.map((q) => (p === q ? 1 : round(1 - Math.sqrt(Math.min(1, Math.max(0, (half(p, q) + half(q, p)) / 2))), 3))),
  );
}

// Places whose distances are something like the topics': the first two axes would do more, tests do not need it.
function placeTopics(rows, random) {
  for (const [k, row] of rows.entries()) {
    const turn = (k / rows.length) * 2 * Math.PI + random();
    const reach = 0.18 + 0.34 * random();
    Object.assign(row, { x: round(reach * Math.cos(turn), 4), y: round(reach * Math.sin(turn), 4) });
  }
}

function trendRows(documents, options, by, groups, groupOf, random) {
  const members = groups.map((group) => documents.filter((item) => groupOf(item) === group));
  const mean = (items, k) => items.reduce((sum, item) => sum + (item.all[k] ?? 0), 0) / items.length;
  const share = Array.from({ length: options.topics }, (_, k) =>
    members.map((items) => (items.length === 0 ? null : round(mean(items, k)))),
  );
  const spread = () => 0.1 + 0.25 * random();
  const trend = {
    by,
    groups,
    documents: members.map((items) => items.length),
    share,
    left_out: by === "date" ? 3 : 0,
    merged: 0,
  };
  if (options.intervals) {
    trend.low = share.map((row) => row.map((value) => (value === null ? null : round(value * (1 - spread())))));
    trend.high = share.map((row) => row.map((value) => (value === null ? null : round(value * (1 + spread())))));
    Object.assign(trend, { interval: "range", samples: 10 });
  }
  return trend;
}

function documentRows(written, options, random) {
  return written.map(({ text, tokens }, d) => {
    const all = {};
    for (const { topic } of tokens) all[topic] = (all[topic] ?? 0) + 1 / tokens.length;
    const topics = Object.entries(all)
      .map(([topic, share]) => [Number(topic), round(share, 3)])
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, 6);
    const month = Math.floor(random() * 20) + (topics[0][0] % 4);
    return {
      id: String(9970001 + d * 17),
      label: String(d % 3 === 0 ? 0 : 1),
      date: `${2018 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-11`,
      text,
      cut: d % 9 === 0,
      topics,
      spans: tokens.map(({ begin, length, word, topic }) => [begin, length, topic, word]),
      all,
    };
  });
}

function addHostile(documents, topic) {
  for (const [i, text] of hostileTexts.entries()) {
    const id = i === 0 ? "<b onmouseover=alert(1)>id</b>" : `hostile-${i}`;
    documents.push({
      id,
      label: "<script>window.harmed = 2</script>",
      date: "javascript:alert(1)",
      text,
      cut: false,
      topics: [[topic, 1]],
      spans: [
        [0, 3, topic, ""],
        [2, 4, topic, ""],
        [5, 1e9, topic, ""],
        [7, 2, 9999, ""],
      ],
      all: { [topic]: 1 },
    });
  }
}

function headOf(options, counts, shown) {
  const corpus = options.language === "ko" ? "reviews.malmoi" : "speeches.malmoi";
  return {
    corpus,
    model: options.kind,
    made: "2026-11-21T12:00:00Z",
    version: "0.1.0",
    seed: 1,
    fingerprint: "5c0b7f1e9a3d2c48",
    data: "d75705385d1fe147",
    documents_shown: shown,
    command: `malmoi ${options.kind} ${corpus} --topics ${options.topics} --seed 1 --sweeps 500 --samples 10`,
    options: [
      ["topics", String(options.topics)],
      ["sweeps", "500"],
      ["alpha", "0.1"],
      ["learn-alpha", "yes"],
      ["beta", "0.01"],
    ],
    figures: [
      ["documents", 150000],
      ["tokens", counts.sum],
      ["terms", counts.terms.size],
      ["topics", options.topics],
      ["samples", 10],
      ["log_likelihood", -7.1234],
      ["coherence_npmi", 0.0831],
      ["a_new_figure", 3],
    ],
  };
}

// LSA in name only: dimension d sets the words of topic d against those of topic d + 1.
function asLsa(data, options) {
  const k = options.topics;
  const loadings = new Map(data.terms.map(([word]) => [word, []]));
  data.topics = data.topics.map((topic, d) => {
    const opposite = data.topics[(d + 1) % k];
    const terms = [
      ...topic.terms.slice(0, 20),
      ...opposite.terms.slice(0, 20).map(([word, value]) => [word, -value * 0.7]),
    ].map(([word, value]) => [word, round(value, 4)]);
    for (const [word, value] of terms) loadings.get(word).push([d, value]);
    const documents = [
      ...topic.documents.slice(0, 12).map(([i, score]) => [i, round(9 * score, 4)]),
      ...opposite.documents.slice(0, 12).map(([i, score]) => [i, round(-6 * score, 4)]),
    ];
    const value = round(90 / Math.sqrt(d + 1), 5);
    return {
      name: topic.name,
      proposal: topic.proposal,
      share: round(0.06 / (d + 1)),
      terms,
      documents,
      figures: { singular_value: value, explained: round(0.06 / (d + 1)) },
    };
  });
  const farthest = (word) => loadings.get(word).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  data.terms = data.terms.map(([word, tokens]) => [word, tokens, farthest(word).slice(0, 5)]);
  for (const item of data.documents) {
    item.topics = item.topics.map(([topic, share], i) => [topic, round((i % 2 === 0 ? 9 : -6) * share, 4)]);
    item.spans = item.spans.map(([begin, length, topic, word], i) => [
      begin,
      length,
      i % 5 === 0 ? -1 - topic : topic,
      word,
    ]);
  }
  data.lsa = {
    singular_values: data.topics.map((topic) => topic.figures.singular_value),
    explained: data.topics.map((topic) => topic.share),
  };
  Object.assign(data, { similarity: [], trends: [] });
}

const defaults = {
  kind: "lda",
  language: "ko",
  topics: 12,
  documents: 240,
  seed: 7,
  trends: true,
  intervals: true,
  positions: true,
  hostile: true,
  named: true,
  without_documents: -1,
};

function termRows(counts, options) {
  const topicsOf = (row) => [...row].map(([k, n]) => [k, round(n / sumOf(row))]);
  const better = (a, b) => b[1] - a[1] || a[0] - b[0];
  const terms = [...counts.terms].map(([word, row]) => [word, sumOf(row), topicsOf(row).sort(better).slice(0, 5)]);
  terms.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const rare = options.language === "ko" ? "낱말" : "word";
  for (let i = 0; i < (options.extra_terms ?? 0); ++i) terms.push([`${rare}${i}`, 1, [[i % options.topics, 1]]]);
  return terms;
}

// Topics and marks call their terms by place, as the program writes them; a mark begins behind the last one. Texts that
// are cut go on with a term that the shown part does not have.
function withPlaces(data) {
  const places = new Map(data.terms.map(([word], place) => [word, place]));
  for (const [d, item] of data.documents.entries()) {
    const shown = new Set(item.spans.map(([, , , word]) => places.get(word)));
    const beyond = d % data.terms.length;
    item.more = item.cut && !shown.has(beyond) ? [beyond] : [];
    let end = 0;
    item.spans = item.spans.flatMap(([begin, length, topic, word]) => {
      const numbers = [begin - end, length, topic, places.get(word) ?? -1];
      end = begin + length;
      return numbers;
    });
  }
  for (const topic of data.topics) topic.terms = topic.terms.map(([word, value]) => [places.get(word), value]);
  return data;
}

export function makeData(wanted = {}) {
  const options = { ...defaults, ...wanted };
  const random = generator(options.seed);
  const lists = wordLists(options.language, options.topics, random);
  const written = Array.from({ length: options.documents }, () => writeDocument(lists, options, random));
  const counts = countTokens(written, options.topics);
  const topics = topicRows(counts, written, options);
  if (options.positions) placeTopics(topics, random);
  if (options.first_share) {
    const others = 1 - topics[0].share;
    for (const topic of topics) topic.share = round((topic.share * (1 - options.first_share)) / others);
    Object.assign(topics[0], { share: options.first_share, x: 0.6, y: 0.55 });
  }
  const terms = termRows(counts, options);
  const documents = documentRows(written, options, random);
  const months = [...new Set(documents.map((item) => item.date.slice(0, 7)))].sort();
  months.splice(5, 0, "2018-05b"); // a group without documents
  const trends = !options.trends
    ? []
    : [
        trendRows(documents, options, "date", months, (item) => item.date.slice(0, 7), random),
        trendRows(documents, options, "label", ["0", "1"], (item) => item.label, random),
      ];
  if (options.hostile) {
    addHostile(documents, 0);
    topics[0].documents.unshift(...hostileTexts.map((text, i) => [options.documents + i, 1]));
  }
  for (const item of documents) delete item.all;
  const data = {
    format: 1,
    kind: options.kind,
    language: options.language,
    head: headOf(options, counts, documents.length),
    topics,
    terms,
    total_tokens: counts.sum,
    documents: options.no_documents ? [] : documents,
    similarity: options.topics > 200 ? [] : similarityOf(counts, options.topics),
    trends,
  };
  if (options.no_documents) for (const topic of data.topics) topic.documents = [];
  if (options.kind === "lsa") asLsa(data, options);
  return withPlaces(data);
}

// JSON as the program writes it into the page.
export function embed(data) {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// The first occurrence of each place is filled, as the program does it.
export function fillPage(template, data) {
  const [before, after] = template
    .replace("@LANG@", data.language)
    .replace("@TITLE@", () => `${data.head.corpus} · malmoi`)
    .split("@DATA@");
  return before + embed(data) + after;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.stdout.write(JSON.stringify(makeData(JSON.parse(process.argv[2] ?? "{}"))));
}
