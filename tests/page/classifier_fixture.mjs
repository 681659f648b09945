// Data for tests of the page about a classifier: documents that were classified at random, so every number can be
// counted. The same arguments give the same data.
import { generator, hostileTexts, round } from "./fixture.mjs";

const labelNames = {
  ko: ["긍정", "부정", "중립", "질문", "스포츠", "정치", "경제", "생활/문화"],
  en: ["positive", "negative", "neutral", "question", "comp.sys.ibm.pc.hardware", "talk.politics.mideast", "sci.space"],
};
const sentences = {
  ko: "이 영화는 정말 재미있었고 배우들의 연기도 좋았다. 그런데 결말이 조금 아쉬워서 별점을 깎았다. 다시 볼 것 같지는 않다.",
  en: "The plot is thin and yet I could not stop watching. Good actors, a poor ending. I would not see it twice, though.",
};

const defaults = { language: "ko", classes: 3, documents: 1200, seed: 11, hostile: true, intervals: true, epochs: 8 };

function names(options) {
  const known = labelNames[options.language];
  return Array.from(
    { length: options.classes },
    (_, c) => known[c] ?? `${options.language === "ko" ? "분류" : "class"} ${c}`,
  );
}

// Some classes are easy and some are not; a few documents are predicted at random. `bias` makes it too sure.
function classify(options, random) {
  return Array.from({ length: options.documents }, (_, d) => {
    const truth = Math.floor(options.classes * random() ** 1.5);
    const ease = 1 + ((truth * 5) % 4);
    const scores = Array.from({ length: options.classes }, (_, c) => (c === truth ? 1.4 * ease : 0) + 3.2 * random());
    const powers = scores.map((score) => Math.exp(1.6 * score));
    const sum = powers.reduce((a, b) => a + b, 0);
    const probabilities = powers.map((power) => power / sum);
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    return { d, truth, predicted, probability: probabilities[predicted], true_probability: probabilities[truth] };
  });
}

function confusionOf(results, classes) {
  const counts = Array.from({ length: classes }, () => new Array(classes).fill(0));
  for (const { truth, predicted } of results) ++counts[truth][predicted];
  return counts;
}

const ratio = (part, whole) => (whole > 0 ? part / whole : 0);

function classRows(confusion, options) {
  const range = (value) =>
    options.intervals ? [value, Math.max(0, value - 0.03), Math.min(1, value + 0.02)] : [value, null, null];
  return confusion.map((row, c) => {
    const support = row.reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, other) => sum + other[c], 0);
    const [precision, recall] = [ratio(row[c], predicted), ratio(row[c], support)];
    const f1 = ratio(2 * row[c], support + predicted);
    const scores = [precision, recall, f1].map((value) => range(round(value)));
    const roc_auc = support === 0 ? null : range(round(0.5 + f1 / 2));
    return { support, predicted, precision: scores[0], recall: scores[1], f1: scores[2], roc_auc };
  });
}

function binsOf(results) {
  const bins = Array.from({ length: 15 }, () => [0, 0, 0]);
  for (const { probability, truth, predicted } of results) {
    const bin = bins[Math.min(14, Math.max(0, Math.ceil(15 * probability) - 1))];
    ++bin[0];
    bin[1] += probability;
    bin[2] += truth === predicted ? 1 : 0;
  }
  return bins.map(([n, confidence, hits]) => [n, n > 0 ? round(confidence / n) : 0, n > 0 ? round(hits / n) : 0]);
}

function figuresOf(results, classes, bins, options) {
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const error = bins.reduce(
    (sum, [n, confidence, accuracy]) => sum + (n / results.length) * Math.abs(accuracy - confidence),
    0,
  );
  const figures = [
    ["accuracy", mean(results.map(({ truth, predicted }) => (truth === predicted ? 1 : 0)))],
    ["macro_precision", mean(classes.map((one) => one.precision[0]))],
    ["macro_recall", mean(classes.map((one) => one.recall[0]))],
    ["macro_f1", mean(classes.map((one) => one.f1[0]))],
    ["roc_auc", 0.94321],
    ["log_loss", mean(results.map(({ true_probability }) => -Math.log(true_probability)))],
    ["brier", 0.1834],
    ["calibration_error", error],
  ];
  return figures.map(([name, value]) =>
    options.intervals
      ? [name, round(value), round(0.98 * value), round(Math.min(1, 1.02 * value))]
      : [name, round(value), null, null],
  );
}

function epochRows(epochs) {
  return Array.from({ length: epochs }, (_, e) => ({
    epoch: e + 1,
    training_loss: round(0.2 + 0.5 * Math.exp(-e / 2)),
    validation_loss: round(0.33 + 0.3 * Math.exp(-e / 1.5) + 0.008 * e),
    validation_accuracy: round(0.87 - 0.1 * Math.exp(-e) - 0.001 * e),
  }));
}

// Documents as the program chooses them: of every cell those with the least probable true class, all in that order.
function shownDocuments(results, options, random) {
  const rank = new Map();
  const sorted = [...results].sort((a, b) => a.true_probability - b.true_probability || a.d - b.d);
  const kept = sorted.filter(({ truth, predicted }) => {
    const cell = truth * options.classes + predicted;
    rank.set(cell, (rank.get(cell) ?? 0) + 1);
    return rank.get(cell) <= 30;
  });
  const words = sentences[options.language].split(" ");
  const text = () =>
    Array.from({ length: 4 + Math.floor(random() * 60) }, () => words[Math.floor(random() * words.length)]).join(" ");
  return kept.map(({ d, truth, predicted, probability, true_probability }) => ({
    id: String(9970001 + 17 * d),
    text: text(),
    cut: d % 9 === 0,
    truth: [truth],
    predicted: [predicted],
    probability: round(probability),
    true_probability: round(true_probability),
  }));
}

function addHostile(data) {
  data.labels[1] = "</script><img src=x onerror=alert(1)>";
  const [truth, predicted] = [[1], [0]];
  data.documents.unshift(
    ...hostileTexts.map((text, i) => ({
      id: i === 0 ? "<b onmouseover=alert(1)>id</b>" : `hostile-${i}`,
      text,
      cut: false,
      truth,
      predicted,
      probability: 0.999,
      true_probability: 0,
    })),
  );
  data.confusion[1][0] += hostileTexts.length;
}

// Several labels a document: neither a confusion matrix nor a reliability diagram.
function asMultiLabel(data) {
  for (const [d, item] of data.documents.entries()) {
    if (d % 2 === 0) item.truth = [...item.truth, (item.truth[0] + 1) % data.labels.length].sort((a, b) => a - b);
    if (d % 5 === 0) item.predicted = [];
    delete item.probability;
    delete item.true_probability;
  }
  for (const [c, one] of data.classes.entries()) one.threshold = round(0.2 + 0.07 * (c % 6));
  data.figures[0][0] = "subset_accuracy";
  data.figures = data.figures.filter(([name]) => !["log_loss", "brier", "calibration_error"].includes(name));
  Object.assign(data, { confusion: [], bins: [], multi_label: true, temperature: null });
}

export function makeClassifierData(wanted = {}) {
  const options = { ...defaults, ...wanted };
  const random = generator(options.seed);
  const results = classify(options, random);
  const confusion = confusionOf(results, options.classes);
  const classes = classRows(confusion, options);
  const bins = binsOf(results);
  const data = {
    format: 1,
    kind: "classifier",
    language: options.language,
    head: {
      corpus: options.language === "ko" ? "reviews.malmoi" : "20news.malmoi",
      model: "linear",
      made: "2026-11-21T12:00:00Z",
      version: "0.1.0",
      seed: 1,
      fingerprint: "5c0b7f1e9a3d2c48",
      command: "malmoi evaluate reviews.malmoi --model linear -o evaluation.html",
      options: [
        ["kind", "softmax"],
        ["split", "column"],
      ],
    },
    documents_measured: options.documents,
    level: 0.95,
    labels: names(options),
    figures: figuresOf(results, classes, bins, options),
    classes,
    confusion,
    bins,
    epochs: epochRows(options.epochs),
    best_epoch: options.epochs > 0 ? Math.min(5, options.epochs) : null,
    temperature: options.epochs > 0 ? { value: 1.372, before: 0.4312, after: 0.3987 } : null,
    documents: shownDocuments(results, options, random),
  };
  if (options.hostile) addHostile(data);
  if (options.multi_label) asMultiLabel(data);
  data.head.documents_shown = data.documents.length;
  return data;
}
