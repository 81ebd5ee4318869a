// The HTML report in a real Chromium: what a reader clicks, types and prints, and what an attacker writes.
//
//     node tests/page/browse.mjs target/debug/loadproof [DIRECTORY FOR SCREENSHOTS]
//
// Needs chromium (Debian: apt-get install chromium) and playwright-core (npm install, in this directory).

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const [loadproof, screenshots] = process.argv.slice(2);
assert(loadproof, "usage: node browse.mjs LOADPROOF [DIRECTORY FOR SCREENSHOTS]");
const root = fileURLToPath(new URL("../..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "loadproof-page-"));

// Without a slash, which would make a path of a name.
const ATTACK = `"><img src=x onerror="window.owned=1"><svg onload=window.owned=2>'<script>window.owned=3<!--`;

/** Every string of a recording that holds `needle` gets the attack in its place. */
function attacked(value, needle) {
  if (typeof value === "string") return value.replaceAll(needle, needle + ATTACK);
  if (Array.isArray(value)) return value.map((one) => attacked(one, needle));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [attacked(key, needle), attacked(one, needle)]));
  }
  return value;
}

/** The page of a recording. */
function pageOf(recording, name, changed = (facts) => facts) {
  const facts = join(scratch, `${name}.json`);
  const page = join(scratch, `${name}.html`);
  writeFileSync(facts, JSON.stringify(changed(JSON.parse(readFileSync(recording, "utf8")))));
  try {
    execFileSync(loadproof, ["replay", facts, "--report", `html=${page}`], { stdio: ["ignore", "ignore", "inherit"] });
  } catch (ended) {
    // 1: the recorded run has findings.
    assert.equal(ended.status, 1, `replay of ${name} ends with ${ended.status}`);
  }
  return page;
}

const recorded = (name) => join(root, "fixtures/recorded", `${name}.json`);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files=false"],
});

let count = 0;
/** Opens a page and fails on anything that its console or its network says. */
async function test(what, file, options, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:") && !request.url().startsWith("data:")) complaints.push(`asked for ${request.url()}`);
  });
  page.on("dialog", (dialog) => { complaints.push("a dialog"); dialog.dismiss(); });
  await page.goto(`file://${file}`);
  await body(page);
  assert.equal(await page.evaluate(() => window.owned), undefined, `${what}: the attack ran`);
  assert.deepEqual(complaints, [], `${what}: the browser complains`);
  await context.close();
  count += 1;
  console.log(`ok: ${what}`);
}

async function shot(page, name, more = {}) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`), ...more });
}

try {
  const missing = pageOf(recorded("missing-library"), "missing-library");
  const symbol = pageOf(recorded("cxx11-abi"), "cxx11-abi");
  const compile = pageOf(recorded("compile-error"), "compile-error");
  const healthy = pageOf(recorded("hello"), "hello");
  const hostile = pageOf(recorded("missing-library"), "hostile", (facts) => attacked(facts, "libtallybook"));

  await test("the first screen says what broke and what to do", missing, {}, async (page) => {
    const visible = async (selector) => {
      const box = await page.locator(selector).first().boundingBox();
      assert(box && box.y + box.height <= 900, `${selector} is not on the first screen`);
    };
    await visible("h1 .word");
    await visible(".cause h2");
    await visible(".cause .remedy");
    await shot(page, "missing-library");
    await shot(page, "missing-library-whole", { fullPage: true });
  });

  await test("a symbol's cause", symbol, {}, async (page) => {
    assert.match(await page.locator("h1").innerText(), /FAILED/);
    await shot(page, "symbol", { fullPage: true });
  });

  await test("a compile error with its source lines", compile, {}, async (page) => {
    await shot(page, "compile-error", { fullPage: true });
  });

  await test("a healthy run", healthy, {}, async (page) => {
    assert.match(await page.locator("h1").innerText(), /PASSED/);
    await page.locator("#graph .module > summary").first().click();
    await shot(page, "healthy", { fullPage: true });
  });

  await test("the broken edge is shown, opened, under the image that asked", missing, {}, async (page) => {
    const broken = page.locator(".tree .broken").first();
    await broken.waitFor();
    assert(await broken.locator("dl").isVisible(), "the broken line is not open");
    const colour = await broken.locator("details").evaluate((element) => getComputedStyle(element).borderTopColor);
    assert.equal(colour, "rgb(179, 38, 30)", "the broken line is not red");
  });

  await test("a search finds libraries and symbols, by keyboard alone", healthy, {}, async (page) => {
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.id), "search");
    await page.keyboard.type("libtorch");
    const hits = page.locator("#hits a");
    assert(await hits.count() > 0, "no library is found");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const row = await page.evaluate(() => document.activeElement.closest("li")?.className ?? "");
    assert.match(row, /hit/, "Enter does not lead to the line");
    await page.locator("#search").fill("PyBytes_AsString");
    assert.match(await hits.first().innerText(), /PyBytes_AsString.*needed by/, "no symbol is found");
    await shot(page, "search");
    await page.keyboard.press("Enter");
    await page.locator("#search").fill("no such thing");
    assert.equal(await page.locator("#found").innerText(), "Nothing is called that.");
    await page.locator("#search").press("Escape");
    assert(!await page.locator("#hits").isVisible());
  });

  await test("the arrows walk through a graph", healthy, {}, async (page) => {
    await page.locator("#graph .module > summary").first().click();
    const lines = page.locator(".tree > li > details > summary:visible");
    await lines.first().focus();
    await page.keyboard.press("ArrowRight");
    assert(await page.locator(".tree > li > details").first().evaluate((details) => details.open));
    await page.keyboard.press("ArrowDown");
    assert(await lines.nth(1).evaluate((line) => line === document.activeElement));
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowLeft");
    assert(!await page.locator(".tree > li > details").first().evaluate((details) => details.open));
  });

  await test("libraries of the system come and go", healthy, {}, async (page) => {
    await page.locator("#graph .module > summary").first().click();
    const system = page.locator(".tree .system").first();
    assert(!await system.isVisible());
    await page.locator("#systems").check();
    assert(await system.isVisible());
  });

  await test("the recording comes out of the page as it went in", missing, {}, async (page) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#recording a.button").click()]);
    const file = join(scratch, "downloaded.json.gz");
    await download.saveAs(file);
    const facts = JSON.parse(gunzipSync(readFileSync(file)));
    assert.deepEqual(facts, JSON.parse(readFileSync(join(scratch, "missing-library.json"))));
    const again = join(scratch, "again.html");
    try { execFileSync(loadproof, ["replay", file, "--report", `html=${again}`], { stdio: "ignore" }); } catch {}
    assert.match(readFileSync(again, "utf8"), /FAILED/);
  });

  await test("what an attacker names is text", hostile, {}, async (page) => {
    const text = await page.locator("body").innerText();
    assert(text.includes("onerror"), "the attack does not come through at all");
    assert.equal(await page.locator("img, main script, iframe, object").count(), 0);
    await page.locator("#search").fill("onerror");
    await page.locator("#search").press("Enter");
    await shot(page, "hostile");
  });

  await test("a phone: nothing is wider than the screen", missing, { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true }, async (page) => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 375, `the page is ${wide} wide`);
    await shot(page, "phone");
    await shot(page, "phone-whole", { fullPage: true });
  });

  await test("dark, by the system and by the button", missing, { colorScheme: "dark" }, async (page) => {
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(await back(), "rgb(15, 19, 24)");
    await shot(page, "dark", { fullPage: true });
    await page.locator("#theme").click();
    assert.equal(await back(), "rgb(255, 255, 255)");
    await page.locator("#theme").click();
    assert.equal(await back(), "rgb(15, 19, 24)");
  });

  await test("a print: evidence unfolded, tools gone", symbol, {}, async (page) => {
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert(await page.locator(".evidence pre").first().isVisible());
    assert(!await page.locator("nav").isVisible());
    await shot(page, "print", { fullPage: true });
    if (screenshots) await page.pdf({ path: join(screenshots, "print.pdf"), format: "A4" });
  });

  await test("without scripts: every cause and graph can still be read", missing, { javaScriptEnabled: true }, async (page) => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = await context.newPage();
    await plain.goto(`file://${missing}`);
    assert(await plain.locator(".cause h2").isVisible());
    assert(await plain.locator(".tree .broken").first().isVisible());
    await context.close();
  });
  console.log(`${count} tests passed`);
} finally {
  await browser.close();
  rmSync(scratch, { recursive: true, force: true });
}
