// The report page in headless Chromium. Without arguments: pages made from the fixture, whose numbers are computed here
// once more. With PAGE.html: what holds for every report, on a page made by the program.
//   node page_test.mjs [PAGE.html [--kind lda|lsa [--terms TABLE.tsv of `malmoi terms`]]]
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { existingPage, fixturePage, open, runTests } from "./browser.mjs";
import { hostileTexts } from "./fixture.mjs";
import {
  assertBest,
  assertQuiet,
  chooseTerm,
  generalChecks,
  marksOf,
  ratedTerms,
  setSlider,
  sizes,
  terms,
  termsOf,
  text,
} from "./general_checks.mjs";

// ---- what the fixture knows ---------------------------------------------------------------------------------------

const withPage = (options, size, check) => async (browser) => {
  const { data, url } = fixturePage(options);
  const opened = await open(browser, url, size);
  await check({ ...opened, browser, data, url });
  await assertQuiet(opened);
  await opened.close();
};

async function hostileDocumentsAreText({ page, data }) {
  await page.locator('#map [data-topic="0"]').dispatchEvent("click");
  for (const [i, hostile] of hostileTexts.entries()) {
    const entry = page.locator("#document-list article").nth(i);
    if (i > 0) await entry.locator(".entry-head").click();
    assert.equal(await entry.locator(".text").evaluate((node) => node.textContent), hostile);
  }
  assert.equal(
    await page.locator("#document-list .entry-id").first().textContent(),
    data.documents.at(-hostileTexts.length).id,
  );
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.locator("main :is(img, iframe, script, object, a[href^='javascript'])").count(), 0);
}

async function theOrderOfTermsDependsOnLambda({ page, data }) {
  const [common, special] = [1, 0].map((lambda) =>
    ratedTerms(data, 4, lambda)
      .slice(0, 5)
      .map((row) => row.term),
  );
  assert.ok(common.includes("영화") && !special.includes("영화"), `${common} and ${special}`);
  await page.locator("#topic-select").selectOption("4");
  for (const lambda of [1, 0.8, 0.5, 0.2, 0]) {
    await setSlider(page, lambda);
    assertBest(await terms(page, 20), data, 4, lambda);
  }
}

async function aTermLeadsToItsDocuments({ page, data }) {
  await page.locator('#map [data-topic="3"]').dispatchEvent("click");
  await page.locator("#bars .bar").nth(2).click();
  const term = await text(page, "#term-card strong");
  const place = data.terms.findIndex(([word]) => word === term);
  const all = data.documents.flatMap(marksOf).filter((mark) => mark.term === place);
  assert.equal(all.length, data.terms[place][1], "marks of the term, as the documents were written");
  const expected = data.documents.filter((item) => termsOf(item).has(place));
  const share = (item) => item.topics.find(([k]) => k === 3)?.[1] ?? 0;
  assert.match(await text(page, "#documents-note"), new RegExp(`^${expected.length}개`));
  const first = await text(page, "#document-list .entry-id");
  assert.equal(share(data.documents.find((item) => item.id === first)), Math.max(...expected.map(share)));
  const shown = data.documents.find((item) => item.id === first);
  const marked = await page
    .locator("#document-list .token.hit")
    .evaluateAll((nodes) => nodes.map((node) => node.textContent));
  const wanted = marksOf(shown).filter((mark) => mark.term === place);
  assert.deepEqual(
    marked,
    wanted.map((mark) => mark.word),
  );
  assert.ok(all.some(({ word }) => !word.startsWith(term)) && all.some(({ word }) => word === term));
}

async function aTermBeyondTheCutIsSaid({ page, data }) {
  const d = data.documents.findIndex((item) => item.cut && item.more.length > 0);
  const [term] = data.documents[d].more;
  await chooseTerm(page, data.terms[term][0]);
  const entry = page.locator("#document-list article", { hasText: data.documents[d].id });
  while ((await entry.count()) === 0) await page.locator("#document-list .more").click();
  if ((await entry.locator(".text").count()) === 0) await entry.locator(".entry-head").click();
  assert.equal(await entry.locator(".token.hit").count(), 0);
  assert.match(await entry.innerText(), new RegExp(`‘${data.terms[term][0]}’은\\(는\\) 여기서 잘린 부분`));
}

async function aGroupLeadsToItsDocuments({ page, data }) {
  await page.locator('#map [data-topic="2"]').dispatchEvent("click");
  const trend = data.trends[0];
  const shown = trend.groups.map((name, g) => ({ name, g })).filter(({ g }) => trend.share[2][g] !== null);
  assert.equal(await page.locator("#trend-large circle").count(), shown.length);
  const { name, g } = shown.reduce((best, group) => (trend.share[2][group.g] > trend.share[2][best.g] ? group : best));
  await page
    .locator("#trend-large circle")
    .nth(shown.findIndex((group) => group.g === g))
    .dispatchEvent("click");
  const expected = data.documents.filter((item) => item.date.startsWith(name) && item.topics.some(([k]) => k === 2));
  assert.match(await text(page, "#documents-note"), new RegExp(`^${expected.length}개`));
  const dates = await page
    .locator("#document-list .entry-date")
    .evaluateAll((nodes) => nodes.map((node) => node.textContent));
  assert.ok(dates.length > 0 && dates.every((date) => date.startsWith(name)), dates.join());
  await page.locator("#by").selectOption("1");
  assert.equal(await page.locator("#trend-large .group-list button").count(), 2);
  await page.locator("#trend-large .group-list button").first().click();
  const labels = await page
    .locator("#document-list .entry-label")
    .evaluateAll((nodes) => nodes.map((node) => node.textContent));
  assert.ok(labels.length > 0 && labels.every((label) => label === "0"), labels.join());
}

async function pointingAtATermShowsItsTopics({ page, data }) {
  const [term, , topics] = data.terms.find(([, , rows]) => rows.length > 1 && rows[1][1] > 0.2);
  await page.locator("#search-input").fill(term);
  await page.keyboard.press("Enter");
  const discs = await page
    .locator("#map .discs circle")
    .evaluateAll((nodes) => nodes.map((node) => Number(node.getAttribute("r")) ** 2));
  assert.equal(discs.length, topics.length);
  assert.ok(
    Math.abs(discs[1] / discs[0] - topics[1][1] / topics[0][1]) < 1e-3,
    "areas of the discs are as p(topic|term)",
  );
}

// One topic with nearly everything: its circle is whole, and so are the small ones beside it.
async function circlesStayOnTheMap({ page, data }) {
  const room = await page.locator("#map svg").evaluate((node) => [node.clientWidth, node.clientHeight]);
  const circles = await page
    .locator("#map circle[role]")
    .evaluateAll((nodes) => nodes.map((node) => ["cx", "cy", "r"].map((name) => Number(node.getAttribute(name)))));
  assert.equal(circles.length, data.topics.length);
  for (const [x, y, r] of circles)
    assert.ok(x >= r && y >= r && x + r <= room[0] && y + r <= room[1], `${[x, y, r]} in ${room}`);
}

async function theTableSaysThatItScrolls({ page }) {
  const frame = page.locator("#table-frame");
  const note = page.locator("#table .scroll-note");
  assert.equal(await note.isVisible(), true);
  assert.match(await note.textContent(), /옆으로/);
  assert.equal(await frame.evaluate((node) => node.matches(".goes-on")), true);
  await frame.evaluate((node) => node.scrollTo(node.scrollWidth, 0));
  await page.waitForFunction(() => !document.getElementById("table-frame").matches(".goes-on"));
}

async function searchKnowsHangul({ page }) {
  const found = async (typed) => {
    await page.locator("#search-input").fill(typed);
    return page.locator("#search-results .hit-name").allInnerTexts();
  };
  assert.equal((await found("음악".normalize("NFD")))[0], "음악");
  assert.ok((await found("여")).includes("연기"), "the syllable that is being typed");
  assert.ok((await found("ㅇㅇ")).includes("음악"), "initial consonants");
  assert.ok((await found("음악")).includes("영화음악"), "inside a word");
  assert.deepEqual(await found("없는말없는말"), []);
}

async function similarityIsRead({ page, data }) {
  await page.locator("#similarity canvas").focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const [, a, b, value] = /^(\d+) .* · (\d+) .*: 유사도 ([\d.]+)$/.exec(await text(page, "#similarity-reading"));
  assert.equal(value, data.similarity[Number(a)][Number(b)].toFixed(2));
  const first = data.topics.reduce((best, topic, k) => (topic.share > data.topics[best].share ? k : best), 0);
  const nearest = data.similarity[first].map((other, k) => (k === first ? -1 : other));
  assert.deepEqual([Number(a), nearest[Number(b)]], [first, Math.max(...nearest)]);
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#topic-select").inputValue(), a);
}

function contrast(a, b) {
  const light = (colour) => {
    const parts = colour
      .match(/[\da-f]{2}/gi)
      .map((hex) => parseInt(hex, 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

async function coloursHaveContrast({ page }) {
  for (const theme of ["light", "dark"]) {
    await page.locator(`[data-theme-choice="${theme}"]`).click();
    const [own, topics] = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      const value = (name) => style.getPropertyValue(name).trim();
      return [
        Object.fromEntries(
          ["paper", "panel", "ink", "quiet", "on-topic", "edge", "focus", "chosen"].map((name) => [
            name,
            value(`--${name}`),
          ]),
        ),
        Array.from({ length: 40 }, (_, k) => value(`--t${k}`)),
      ];
    });
    for (const ground of ["paper", "panel", "chosen"])
      for (const ink of ["ink", "quiet", "focus"])
        assert.ok(contrast(own[ink], own[ground]) >= 4.5, `${theme}: ${ink} on ${ground}`);
    assert.ok(contrast(own.edge, own.panel) >= 3, `${theme}: edges of fields`);
    for (const [k, colour] of topics.entries()) {
      assert.ok(contrast(colour, own["on-topic"]) >= 4.5, `${theme}: number on topic ${k} ${colour}`);
      assert.ok(contrast(colour, own.panel) >= 3, `${theme}: topic ${k} ${colour} on the panel`);
    }
    assert.equal(new Set(topics.slice(0, 30)).size, 30);
  }
}

async function staysUsable({ page, data }) {
  await page.locator("#topic-select").selectOption(String(data.topics.length - 1)); // of 1,000 topics it has no tokens
  const k = data.topics.findLastIndex((topic) => topic.terms.length > 0);
  await page.locator("#topic-select").selectOption(String(k));
  assertBest(await terms(page), data, k, 0.6);
  await page.locator("#topic-table th button").nth(1).click();
  assert.equal(await page.locator("#topic-table tbody tr").count(), data.topics.length);
  assert.equal(await page.locator("#trends").isVisible(), data.trends.length > 0);
  assert.equal(await page.locator("#similarity").isVisible(), data.similarity.length > 0);
  await page.locator("#zoom-in").click();
  await page.locator("#clear").click();
}

const [narrow, wide] = sizes;
const fixtureTests = {
  "a Korean topic model": (browser) => generalChecks(browser, fixturePage({ kind: "lda", language: "ko" }), "lda"),
  "an English topic model with 30,000 terms": (browser) =>
    generalChecks(browser, fixturePage({ kind: "lda", language: "en", topics: 20, extra_terms: 30000 }), "lda"),
  "Korean LSA": (browser) => generalChecks(browser, fixturePage({ kind: "lsa", language: "ko" }), "lsa"),
  "English LSA with 100 dimensions": (browser) =>
    generalChecks(browser, fixturePage({ kind: "lsa", language: "en", topics: 100 }), "lsa"),
  "hostile documents are text": withPage({}, wide, hostileDocumentsAreText),
  "hostile documents are text in LSA, on a phone": withPage({ kind: "lsa" }, narrow, hostileDocumentsAreText),
  "the order of terms depends on λ": withPage({ hostile: false }, wide, theOrderOfTermsDependsOnLambda),
  "a term leads to its documents": withPage({ hostile: false }, wide, aTermLeadsToItsDocuments),
  "a term beyond the cut is said": withPage({ hostile: false }, wide, aTermBeyondTheCutIsSaid),
  "a group leads to its documents": withPage({ hostile: false }, wide, aGroupLeadsToItsDocuments),
  "pointing at a term shows its topics on the map": withPage({}, wide, pointingAtATermShowsItsTopics),
  "a topic of 68 % stays on the map": withPage({ hostile: false, first_share: 0.68 }, wide, circlesStayOnTheMap),
  "a topic of 68 % stays on a phone's map": withPage({ first_share: 0.68 }, narrow, circlesStayOnTheMap),
  "the table says that it scrolls": withPage({}, narrow, theTableSaysThatItScrolls),
  "search knows Hangul": withPage({}, wide, searchKnowsHangul),
  "the similarity of topics can be read by keyboard": withPage({}, wide, similarityIsRead),
  "colours have the contrast that WCAG AA asks for": withPage({ topics: 40 }, wide, coloursHaveContrast),
  "2 topics, no documents, no trends, no positions": withPage(
    { topics: 2, no_documents: true, trends: false, positions: false, hostile: false },
    narrow,
    staysUsable,
  ),
  "200 topics without intervals": withPage(
    { topics: 200, documents: 1200, intervals: false, hostile: false },
    wide,
    staysUsable,
  ),
  "1,000 topics": withPage({ topics: 1000, documents: 2500, language: "en", hostile: false }, narrow, staysUsable),
  "a topic without documents": withPage({ without_documents: 11, hostile: false }, wide, staysUsable),
};

// The page holds all documents: each of its terms is in as many of them as `malmoi terms` counts.
function termsHaveTheirDocuments(data, table) {
  const [head, ...rows] = readFileSync(table, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));
  const [term, documents] = ["term", "documents"].map((name) => head.indexOf(name));
  const wanted = new Map(rows.map((row) => [row[term], Number(row[documents])]));
  const found = data.terms.map(() => 0);
  for (const item of data.documents) for (const place of termsOf(item)) if (place >= 0) ++found[place];
  for (const [place, [word]] of data.terms.entries()) assert.equal(found[place], wanted.get(word), word);
  const option = (name) => data.head.options.find(([one]) => one === name)?.[1];
  if (option("analyzer") === "word" && option("stem") === "none") return; // without the dictionary
  const surfaces = data.documents.flatMap(marksOf).filter(({ term: place }) => place >= 0);
  assert.ok(surfaces.some(({ word, term: place }) => !word.toLowerCase().startsWith(data.terms[place][0])));
}

const [file, , kind = "lda", , table] = process.argv.slice(2);
const programTests = {
  [file]: (browser) => generalChecks(browser, existingPage(file), kind),
  "terms have their documents": () => table === undefined || termsHaveTheirDocuments(existingPage(file).data, table),
};
const tests = file === undefined ? fixtureTests : programTests;
await runTests(tests);
