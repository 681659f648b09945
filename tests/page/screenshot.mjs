// node screenshot.mjs PAGE.html OUT.png [WIDTH [HEIGHT [HASH]]]: a picture of a report.
// HASH is what stands behind # in its address, as in "#topic=3&theme=dark".
import { existingPage, launch, open } from "./browser.mjs";

const [file, out, width = "1440", height = "900", hash = ""] = process.argv.slice(2);
const browser = await launch();
const { page } = await open(browser, existingPage(file).url, { width: Number(width), height: Number(height), hash });
await page.waitForTimeout(300); // the map is drawn when its width is known
await page.screenshot({ path: out });
await browser.close();
