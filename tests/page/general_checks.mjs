// What holds for every report page, whoever made it.
import assert from "node:assert/strict";
import { open } from "./browser.mjs";

export const sizes = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
];
export const text = (page, selector) => page.locator(selector).first().innerText();
export const terms = (page, count = 5) =>
  page.locator("#bars .bar-term").evaluateAll((nodes, n) => nodes.slice(0, n).map((node) => node.textContent), count);
const hash = (page) => page.evaluate(() => new URLSearchParams(location.hash.slice(1)).toString());

export async function assertQuiet({ page, seen }) {
  assert.deepEqual(seen, []);
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= room, `the page is ${wide} wide in a window of ${room}`);
}

// The marks of a document, read independently of the page: [{word, term}].
export function marksOf(item) {
  const marks = [];
  for (let i = 0, end = 0; i < item.spans.length; i += 4) {
    const [gap, length, , term] = item.spans.slice(i, i + 4);
    marks.push({ word: item.text.slice(end + gap, end + gap + length), term });
    end += gap + length;
  }
  return marks;
}

// The terms of a document by place, also those without a mark.
export function termsOf(item) {
  const found = new Set(marksOf(item).map(({ term }) => term));
  item.more.reduce((last, gap) => found.add(last + gap) && last + gap, 0);
  return found;
}

// Sievert and Shirley 2014, written down independently of the page.
export function ratedTerms(data, k, lambda) {
  const rated = data.topics[k].terms.map(([place, p]) => {
    const [term, tokens] = data.terms[place];
    const lift = p / (tokens / data.total_tokens);
    return { term, score: lambda * Math.log(p) + (1 - lambda) * Math.log(lift) };
  });
  return rated.sort((a, b) => b.score - a.score);
}

// The first terms shown are the best ones. Terms whose scores differ by rounding only may stand in either order.
export function assertBest(shown, data, k, lambda) {
  const rated = ratedTerms(data, k, lambda);
  const scores = new Map(rated.map(({ term, score }) => [term, score]));
  assert.equal(new Set(shown).size, shown.length);
  assert.ok(shown.length > 0);
  for (const [i, term] of shown.entries()) {
    assert.ok(
      Math.abs(scores.get(term) - rated[i].score) < 1e-9,
      `λ = ${lambda}: ${shown}, wanted ${rated.map((row) => row.term).slice(0, shown.length)}`,
    );
  }
}

export async function setSlider(page, value) {
  await page.locator("#lambda").evaluate((slider, to) => {
    slider.value = to;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  }, String(value));
}

// ---- what holds for every report ----------------------------------------------------------------------------------

async function opensWithItsHead({ page, data }) {
  assert.equal(await text(page, "#title"), `${data.head.corpus} · ${data.head.model}`);
  assert.equal(await page.locator("#topic-table tbody tr").count(), data.topics.length);
  await page.locator("#made summary").click();
  const facts = await text(page, "#facts");
  for (const value of [data.head.version, data.head.fingerprint, data.head.made, data.head.data ?? ""])
    assert.ok(facts.includes(value), `${value} in ${facts}`);
  assert.equal(await text(page, "#command"), data.head.command);
  await page.locator("#made summary").click();
}

async function clickOnATopicShowsItEverywhere({ page, data }) {
  const k = Math.min(1, data.topics.length - 1);
  await page.locator(`#map [data-topic="${k}"]`).dispatchEvent("click");
  assert.equal(await page.locator("#topic-select").inputValue(), String(k));
  assert.match(await text(page, "#terms-title"), new RegExp(`\\b${k}\\b|${k}의`));
  assert.equal(await page.locator("#topic-table tr.chosen").getAttribute("data-topic"), String(k));
  assert.match(await hash(page), new RegExp(`topic=${k}`));
  const documents = data.topics[k].documents;
  if (documents.length > 0)
    assert.equal(await text(page, "#document-list .entry-id"), data.documents[documents[0][0]].id);
}

async function termsFollowTheSlider({ page, data }) {
  const k = Math.min(1, data.topics.length - 1);
  for (const lambda of [1, 0, 0.4]) {
    await setSlider(page, lambda);
    assertBest(await terms(page), data, k, lambda);
  }
}

async function showsBothPoles({ page, data }) {
  const rows = data.topics[Math.min(1, data.topics.length - 1)].terms;
  const sorted = [...rows].sort((a, b) => b[1] - a[1]);
  assert.equal(await page.locator("#bars .bar-list").count(), 2);
  assert.equal((await terms(page))[0], data.terms[sorted[0][0]][0]);
  assert.equal(
    await page.locator("#bars .bar-list").nth(1).locator(".bar-term").first().textContent(),
    data.terms[sorted.at(-1)[0]][0],
  );
  assert.equal(await page.locator("#relevance").isVisible(), false);
}

async function searchAnswersWithin100Milliseconds({ page, data }) {
  const wanted = data.terms[Math.floor(data.terms.length / 2)][0];
  const times = await page.evaluate((whole) => {
    const input = document.getElementById("search-input");
    input.focus();
    const once = (typed) => {
      const start = performance.now();
      input.value = typed;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      document.getElementById("search-results").getBoundingClientRect();
      return performance.now() - start;
    };
    return [whole[0], whole.slice(0, 2), whole].map((typed) => Math.min(once(typed), once(typed), once(typed)));
  }, wanted);
  assert.ok(Math.max(...times) < 100, `${times.map((time) => time.toFixed(1))} ms for ${data.terms.length} terms`);
  assert.equal(await text(page, "#search-results li .hit-name"), wanted);
  await page.keyboard.press("Enter");
  assert.equal(await text(page, "#term-card strong"), wanted);
  const topics = data.terms.find(([term]) => term === wanted)[2].map(([k]) => String(k));
  assert.deepEqual(
    await page.locator("#term-card .chip").evaluateAll((chips) => chips.map((chip) => chip.dataset.topic)),
    topics,
  );
  return times;
}

// words: what stands at `selector` in each language
export async function switchesThemeAndLanguage({ page }, selector, words) {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.locator('[data-theme-choice="light"]').click();
  const light = await paper();
  await page.locator('[data-theme-choice="dark"]').click();
  assert.notEqual(await paper(), light);
  for (const language of ["en", "ko", "en"]) {
    await page.locator(`[data-language="${language}"]`).click();
    assert.equal(await page.evaluate(() => document.documentElement.lang), language);
    assert.equal(await page.locator(selector).first().textContent(), words[language]);
    const unknown = await page
      .locator("[data-word]")
      .evaluateAll((nodes) =>
        nodes.filter((node) => node.textContent === node.dataset.word).map((node) => node.dataset.word),
      );
    assert.deepEqual(unknown, []);
  }
}

async function keyboardReachesEverything({ page, data }) {
  await page.locator("#clear").click();
  await page.locator('#map [tabindex="0"]').focus();
  await page.keyboard.press("ArrowRight");
  const first = await page.locator("#topic-select").inputValue();
  assert.notEqual(first, "");
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]) await page.keyboard.press(key);
  assert.equal(await page.locator('#map [aria-checked="true"]').count(), 1);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-checked")), "true");
  await page.locator("#bars button").first().focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#term-card").isVisible(), true);
  await page.locator("#topic-table th button").nth(2).focus();
  await page.keyboard.press("Enter");
  const largest = data.topics.map((topic, k) => [topic.share, -k]).sort((a, b) => b[0] - a[0] || b[1] - a[1])[0][1];
  assert.equal(Number(await page.locator("#topic-table tbody tr").first().getAttribute("data-topic")), -largest);
  await page.locator('#map [tabindex="0"]').focus();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#topic-select").inputValue(), "");
}

export async function chooseTerm(page, term) {
  await page.locator("#search-input").fill(term);
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#term-card strong").textContent(), term);
}

// Every bar leads to the documents behind it, and no word widens when it is pointed at: lines would break elsewhere.
async function termsLeadToDocuments({ page, data }) {
  const step = Math.max(1, Math.floor(data.terms.length / 25));
  for (let term = 0; term < data.terms.length; term += step) {
    const wanted = data.documents.filter((item) => termsOf(item).has(term)).length;
    await chooseTerm(page, data.terms[term][0]);
    const note = await text(page, "#documents-note");
    if (wanted > 0) assert.match(note, new RegExp(`^${wanted.toLocaleString("en")}[^\\d]`), data.terms[term][0]);
    else assert.doesNotMatch(note, /^\d/, data.terms[term][0]);
  }
  await page.locator("#clear").click();
}

async function wordsStayWhereTheyAre({ page, data }) {
  if (data.documents.length === 0) return;
  await page.locator("#topic-select").selectOption(data.kind === "lsa" ? "0" : ""); // LSA always has a dimension
  if ((await page.locator("#document-list .text").count()) === 0)
    await page.locator("#document-list .entry-head").nth(1).click(); // the first may be a hostile one, of few words
  await page.mouse.move(0, 0);
  const tokens = page.locator("#document-list .token");
  const places = () => tokens.evaluateAll((nodes) => nodes.map((node) => [node.offsetTop, node.offsetLeft, node.offsetWidth]));
  const before = await places();
  assert.ok(before.length > 0);
  for (let i = 0; i < Math.min(before.length, 24); i += 4) {
    await tokens.nth(i).hover();
    assert.equal(await tokens.nth(i).evaluate((node) => node.matches(".strong:hover")), true);
    assert.deepEqual(await places(), before);
  }
  await page.mouse.move(0, 0);
}

async function aLinkShowsTheSame({ browser, data, url }) {
  const k = data.topics.length - 1;
  const opened = await open(browser, url, { hash: `#topic=${k}&lambda=0.2&lang=en&theme=dark` });
  assert.equal(await opened.page.locator("#topic-select").inputValue(), String(k));
  assert.equal(await opened.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  if (data.kind !== "lsa") assertBest(await terms(opened.page), data, k, 0.2);
  await assertQuiet(opened);
  await opened.close();
  const odd = await open(browser, url, { hash: "#topic=99999&lambda=-7&by=x&lang=xx&theme=%3Cb%3E&term=__proto__" });
  await assertQuiet(odd);
  await odd.close();
}

export async function nothingFromOutsideCanRun({ browser, url }) {
  const { page, seen, close } = await open(browser, url);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = 1";
    document.body.append(script);
    const image = new Image();
    image.src = "https://example.com/picture.png";
    document.body.append(image);
    const button = document.createElement("button");
    button.setAttribute("onclick", "window.injected = 2");
    document.body.append(button);
    button.click();
  });
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(() => window.injected), undefined);
  assert.ok(
    seen.some((line) => line.includes("Content Security Policy")),
    seen.join("\n"),
  );
  await close();
}

async function printsAllTopics({ page, data }) {
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("#print-topics .print-list h3").count(), data.topics.length);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("#print-topics h3").count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
}

export async function generalChecks(browser, { data, url }, kind) {
  assert.equal(data.kind, kind);
  for (const size of sizes) {
    const opened = await open(browser, url, size);
    const on = { ...opened, browser, data, url };
    await opensWithItsHead(on);
    await clickOnATopicShowsItEverywhere(on);
    await (kind === "lsa" ? showsBothPoles : termsFollowTheSlider)(on);
    await assertQuiet(on);
    const times = await searchAnswersWithin100Milliseconds(on);
    console.log(`   search at ${size.width} px: ${times.map((time) => time.toFixed(1)).join(", ")} ms`);
    await switchesThemeAndLanguage(on, '.jumps a[href="#documents"]', { en: "Documents", ko: "문서" });
    await keyboardReachesEverything(on);
    await termsLeadToDocuments(on);
    await wordsStayWhereTheyAre(on);
    await printsAllTopics(on);
    await assertQuiet(on);
    await opened.close();
  }
  await aLinkShowsTheSame({ browser, data, url });
  await nothingFromOutsideCanRun({ browser, url });
}
