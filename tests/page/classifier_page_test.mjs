// The page about a classifier in headless Chromium. Without arguments: pages made from the fixture, whose numbers are
// computed here once more. With PAGE.html: what holds for every one, on a page made by the program.
//   node classifier_page_test.mjs [PAGE.html]
import assert from "node:assert/strict";
import { existingPage, filledPage, open, runTests } from "./browser.mjs";
import { makeClassifierData } from "./classifier_fixture.mjs";
import { hostileTexts } from "./fixture.mjs";
import { assertQuiet, nothingFromOutsideCanRun, sizes, switchesThemeAndLanguage, text } from "./general_checks.mjs";

const texts = (page, selector) => page.locator(selector).evaluateAll((nodes) => nodes.map((node) => node.textContent));
const percent2 = (value) => `${(100 * value).toFixed(2)}%`;
const shares = ["accuracy", "subset_accuracy", "macro_f1", "calibration_error"];

// ---- what holds for every page ------------------------------------------------------------------------------------

async function opensWithItsHead({ page, data }) {
  assert.equal(await text(page, "#title"), `${data.head.corpus} · ${data.head.model}`);
  const figures = await texts(page, "#figures dd");
  for (const [name, value] of data.figures.filter(([name]) => ["accuracy", "macro_f1"].includes(name)))
    assert.ok(figures.includes(percent2(value)), `${name} ${percent2(value)} in ${figures}`);
  await page.locator("#made summary").click();
  const facts = await text(page, "#facts");
  for (const value of [data.head.version, data.head.fingerprint, data.head.made])
    assert.ok(facts.includes(value), facts);
  assert.equal(await text(page, "#command"), data.head.command);
  await page.locator("#made summary").click();
}

async function showsAllFigures({ page, data }) {
  const rows = await texts(page, "#summary-table tr .number");
  const known = data.figures.filter(([, value]) => value !== null);
  assert.equal(rows.length, known.length);
  for (const [i, [name, value, low]] of known.entries()) {
    if (shares.includes(name)) assert.equal(rows[i], percent2(value));
    const range = await page.locator("#summary-table tr").nth(i).locator(".quiet").textContent();
    assert.equal(range !== "", low !== null && low !== undefined, `${name}: ${range}`);
  }
}

async function sortsClasses({ page, data }) {
  const order = () =>
    page.locator("#class-table tbody tr").evaluateAll((rows) => rows.map((row) => Number(row.dataset.class)));
  assert.deepEqual(
    await order(),
    data.classes.map((_, c) => c),
  );
  const button = page.locator("#class-table th button").nth(1); // documents
  await button.click();
  const byColumn = (sign) =>
    data.classes
      .map((one, c) => [one.support, c])
      .sort((a, b) => sign * (a[0] - b[0]) || a[1] - b[1])
      .map(([, c]) => c);
  assert.deepEqual(await order(), byColumn(-1));
  await button.click();
  assert.deepEqual(await order(), byColumn(1));
  await page.locator("#class-table th button").first().click();
}

async function aCellShowsItsDocuments({ page, data }) {
  if (data.confusion.length === 0) return;
  const cells = data.confusion.flatMap((row, t) => row.map((n, p) => ({ t, p, n })));
  const { t, p, n } = cells.filter(({ t, p }) => t !== p).sort((a, b) => b.n - a.n)[0];
  const cell = page.locator(`[data-cell="${t}-${p}"]`);
  await cell.click();
  assert.match(await page.evaluate(() => location.hash), new RegExp(`cell=${t}-${p}`));
  const expected = data.documents.filter((item) => item.truth[0] === t && item.predicted[0] === p);
  const note = (await text(page, "#documents-note")).replaceAll(",", "");
  assert.deepEqual(
    note
      .match(/\d+/g)
      ?.map(Number)
      .sort((a, b) => a - b),
    [expected.length, n].sort((a, b) => a - b),
  );
  assert.equal(await text(page, "#document-list .entry-id"), expected[0].id);
  assert.equal(await page.locator("#document-list article").count(), Math.min(20, expected.length));
  await page.locator("#filters button").click();
  assert.equal(await page.locator(".cell.chosen").count(), 0);
  const wrong = data.documents.filter((item) => item.truth[0] !== item.predicted[0]);
  assert.equal(await text(page, "#document-list .entry-id"), wrong[0].id);
}

async function cellsAreReachedByKeyboard({ page, data }) {
  if (data.confusion.length === 0) return;
  assert.equal(await page.locator('.cell[tabindex="0"]').count(), 1);
  await page.locator('.cell[tabindex="0"]').focus();
  for (const key of ["ArrowUp", "ArrowUp", "ArrowLeft"].concat(Array(50).fill("ArrowUp"), Array(50).fill("ArrowLeft")))
    await page.keyboard.press(key);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  const chosen = await page.locator(".cell.chosen").getAttribute("data-cell");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.cell), chosen);
  if (data.confusion.length <= 40) assert.equal(chosen, "0-1");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".cell.chosen").count(), 0);
}

async function hidesWhatIsNotThere({ page, data }) {
  assert.equal(await page.locator("#curves").isVisible(), data.epochs.length > 0);
  assert.equal(await page.locator("#confusion").isVisible(), data.confusion.length > 0);
  assert.equal(
    await page.locator("#reliability").isVisible(),
    data.bins.some(([documents]) => documents > 0),
  );
}

// Also of one epoch: the numbers at the axis enclose what is drawn. The names at the ends of lines are not clipped.
async function axesAreReadAndNamesAreWhole(page, data) {
  const values = data.epochs.map((row) => row.validation_accuracy).filter(Number.isFinite);
  if (values.length === 0) return;
  const ticks = await page
    .locator("#accuracy-plot .axis.left text")
    .evaluateAll((nodes) => nodes.map((node) => Number(node.textContent)));
  assert.ok(ticks.length > 1 && ticks.every((tick) => tick <= 1.2), ticks.join());
  assert.ok(Math.min(...ticks) <= Math.min(...values) && Math.max(...ticks) >= Math.max(...values), ticks.join());
  const [ends, room] = await page
    .locator("#curves .series text")
    .evaluateAll((nodes) => [
      nodes.map((node) => node.getBoundingClientRect().right),
      nodes[0].closest("svg").getBoundingClientRect().right,
    ]);
  assert.ok(Math.max(...ends) <= room, `${ends} in ${room}`);
}

async function drawsCurvesAndBins({ page, data }) {
  const circles = ["training_loss", "validation_loss"].flatMap((key) =>
    data.epochs.filter((row) => Number.isFinite(row[key])),
  );
  assert.equal(await page.locator("#loss-plot circle").count(), circles.length);
  await axesAreReadAndNamesAreWhole(page, data);
  const filled = data.bins.filter(([documents]) => documents > 0).length;
  for (const name of ["accuracy", "gap", "counts"])
    assert.equal(await page.locator(`#reliability-plot rect.${name}`).count(), filled);
}

async function printsInLightColours({ page }) {
  await page.locator('[data-theme-choice="dark"]').click();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  assert.equal(await page.evaluate(() => document.getElementById("made").open), true);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
}

async function oddAddressesAreIgnored({ browser, url }) {
  for (const hash of ["#cell=99999-0&theme=%3Cb%3E&lang=xx&cells=__proto__", "#cell=-1--1", "#cell=constructor"]) {
    const odd = await open(browser, url, { hash });
    assert.equal(await odd.page.locator(".cell.chosen").count(), 0);
    await assertQuiet(odd);
    await odd.close();
  }
}

async function allChecks(browser, { data, url }) {
  assert.equal(data.kind, "classifier");
  for (const size of sizes) {
    for (const dark of [false, true]) {
      const opened = await open(browser, url, { ...size, dark });
      const on = { ...opened, browser, data, url };
      assert.equal(await opened.page.evaluate(() => document.documentElement.dataset.theme), dark ? "dark" : "light");
      for (const check of [opensWithItsHead, showsAllFigures, hidesWhatIsNotThere, drawsCurvesAndBins, sortsClasses])
        await check(on);
      for (const check of [aCellShowsItsDocuments, cellsAreReachedByKeyboard]) await check(on);
      await switchesThemeAndLanguage(on, "#summary-title", { en: "Figures", ko: "평가 지표" });
      await printsInLightColours(on);
      await assertQuiet(opened);
      await opened.close();
    }
  }
  await oddAddressesAreIgnored({ browser, url });
  await nothingFromOutsideCanRun({ browser, url });
}

// ---- what the fixture knows ---------------------------------------------------------------------------------------

async function hostileDocumentsAreText({ page, data }) {
  await page.locator('[data-cell="1-0"]').click();
  for (const [i, hostile] of hostileTexts.entries()) {
    const entry = page.locator("#document-list article").nth(i);
    await entry.locator(".entry-head").click();
    assert.equal(await entry.locator(".text").evaluate((node) => node.textContent), hostile);
  }
  assert.equal(await page.locator("#confusion-table tbody th").nth(1).textContent(), data.labels[1]);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.locator("main :is(img, iframe, script, object, a[href^='javascript'])").count(), 0);
}

async function cellsSayCountsOrShares({ page, data }) {
  const cell = page.locator('[data-cell="0-0"]');
  const row = data.confusion[0].reduce((a, b) => a + b, 0);
  assert.ok((await cell.textContent()).startsWith(data.confusion[0][0].toLocaleString("en")));
  await page.locator('[data-cells="shares"]').click();
  assert.ok((await cell.textContent()).startsWith(`${((100 * data.confusion[0][0]) / row).toFixed(1)}%`));
  assert.match(await page.evaluate(() => location.hash), /cells=shares/);
}

// WCAG AA asks for 4.5 between the text of a cell and its ground.
async function cellsCanBeRead({ page }) {
  for (const theme of ["light", "dark"]) {
    await page.locator(`[data-theme-choice="${theme}"]`).click();
    const worst = await page.locator(".cell").evaluateAll((nodes) => {
      const light = (colour) => {
        const [r, g, b] = colour
          .match(/\d+/g)
          .map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return Math.min(
        ...nodes.map((node) => {
          const style = getComputedStyle(node);
          const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        }),
      );
    });
    assert.ok(worst >= 4, `${theme}: ${worst}`);
  }
}

async function hugeMatricesShowTheWorstClasses({ page, data }) {
  assert.equal(await page.locator("#confusion-table tbody tr").count(), 40);
  assert.match(await text(page, "#confusion-note"), /40.*60/);
  assert.equal(await page.locator("#class-table tbody tr").count(), data.classes.length);
}

async function severalLabelsAreListed({ page, data }) {
  const first = data.documents.find((item) => item.truth.join() !== item.predicted.join());
  const expected = first.truth.map((c) => data.labels[c]).join(", ");
  assert.equal(await text(page, "#document-list .entry-is"), `True: ${expected}`);
  assert.ok((await texts(page, "#class-table th")).some((head) => head === "Threshold"));
  assert.equal(await page.locator("#document-list .entry-share").first().isVisible(), false);
}

const withPage = (options, size, check) => async (browser) => {
  const { data, url } = filledPage("classifier", makeClassifierData(options));
  const opened = await open(browser, url, size);
  await check({ ...opened, browser, data, url });
  await assertQuiet(opened);
  await opened.close();
};
const everything = (options) => (browser) => allChecks(browser, filledPage("classifier", makeClassifierData(options)));
const [narrow, wide] = sizes;
const fixtureTests = {
  "three Korean classes": everything({}),
  "two English classes without intervals and training": everything({
    language: "en",
    classes: 2,
    intervals: false,
    epochs: 0,
    hostile: false,
  }),
  "twenty English classes": everything({ language: "en", classes: 20, documents: 7000 }),
  "several labels a document": everything({ language: "en", classes: 6, multi_label: true, hostile: false }),
  "one epoch": everything({ epochs: 1 }),
  "hostile documents and labels are text": withPage({}, wide, hostileDocumentsAreText),
  "hostile documents and labels are text on a phone": withPage({}, narrow, hostileDocumentsAreText),
  "cells say counts or shares": withPage({ hostile: false }, wide, cellsSayCountsOrShares),
  "cells can be read": withPage({ classes: 8, documents: 3000 }, wide, cellsCanBeRead),
  "of sixty classes the worst forty are in the matrix": withPage(
    { classes: 60, documents: 9000 },
    wide,
    hugeMatricesShowTheWorstClasses,
  ),
  "several labels are listed": withPage(
    { language: "en", classes: 6, multi_label: true, hostile: false },
    wide,
    severalLabelsAreListed,
  ),
};

const [file] = process.argv.slice(2);
const tests = file === undefined ? fixtureTests : { [file]: (browser) => allChecks(browser, existingPage(file)) };
await runTests(tests);
