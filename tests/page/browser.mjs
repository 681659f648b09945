// What the tests of the pages and their screenshots share: the browser, and pages made from fixtures.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fillPage, makeData } from "./fixture.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const share = process.env.MALMOI_SHARE_DIR ?? join(root, "build/share");
const d3 = join(share, "d3/d3.min.js");
const chromium = "/usr/bin/chromium";
const skipped = 77; // CTest's SKIP_RETURN_CODE

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(skipped);
}

export async function launch() {
  if (!existsSync(chromium)) skip(`${chromium} is not there (apt-get install chromium)`);
  const package_file = join(share, "playwright/package.json");
  let playwright;
  try {
    playwright = createRequire(package_file)("playwright-core");
  } catch {
    skip(`playwright-core is not there (npm install --prefix ${dirname(package_file)} playwright-core)`);
  }
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return playwright.chromium.launch({ executablePath: chromium, args: flags });
}

const folder = mkdtempSync(join(tmpdir(), "malmoi-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const templates = new Map(); // kind of page -> HTML
let pages = 0;

// The template of a kind of page, topic or classifier, as the program embeds it, filled with data: {data, url}.
export function filledPage(kind, data) {
  if (!existsSync(d3)) skip(`${d3} is not there (run tests/run.sh)`);
  if (!templates.has(kind)) {
    const html = join(folder, `${kind}.html`);
    const embed = join(root, "apps/page/embed.cmake");
    execFileSync("cmake", [`-DPAGE=${kind}`, `-DD3=${d3}`, `-DHTML=${html}`, "-P", embed]);
    templates.set(kind, readFileSync(html, "utf8"));
  }
  const file = join(folder, `page-${pages++}.html`);
  writeFileSync(file, fillPage(templates.get(kind), data));
  return { data: JSON.parse(JSON.stringify(data)), url: pathToFileURL(file).href };
}

export const fixturePage = (options = {}) => filledPage("topic", makeData(options));

// A page made by the program: its data are read from the file, not by the page's own code.
export function existingPage(file) {
  const [, json] =
    /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(readFileSync(file, "utf8")) ?? [];
  if (json === undefined) throw new Error(`${file}: no data found`);
  return { data: JSON.parse(json), url: pathToFileURL(file).href };
}

// Opens a page and notes everything that should not happen while it is open: see problems().
export async function open(browser, url, { width = 1440, height = 900, dark = false, hash = "" } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const seen = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) seen.push(`request: ${request.url()}`);
  });
  await page.goto(url + hash);
  await page.waitForFunction(() => document.querySelector("#foot p") !== null);
  return { page, seen, close: () => context.close() };
}

// Runs tests, [name]: function of the browser, and ends the process: with 1 where one has failed.
export async function runTests(tests) {
  const browser = await launch();
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(browser);
      console.log(`ok ${name}`);
    } catch (error) {
      ++failed;
      console.log(`FAILED ${name}\n${error.stack}`);
    }
  }
  await browser.close();
  process.exit(failed === 0 ? 0 : 1);
}
