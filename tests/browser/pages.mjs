// The page in a browser: every page of the demo world at two widths, light and dark, with and without scripts, by keyboard alone,
// judged by axe, and a person who logs in and marks. Chromium is the system's.
//
// usage: node pages.mjs COURANT [FOLDER FOR SCREENSHOTS]
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [courant, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const mostCovered = `/?q=${encodeURIComponent("order:sources")}`;
const sizes = [{ width: 360, height: 740 }, { width: 1280, height: 800 }];
let failed = 0;

function check(name, right, got) {
  console.log(`${right ? "ok  " : "FAIL"} ${name}${right ? "" : `: ${got}`}`);
  failed += right ? 0 : 1;
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

// The demo serves when its one pass is over.
async function served(base) {
  for (let n = 0; n < 300; n++) {
    const answer = await fetch(`${base}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`nothing is served at ${base}`);
}

async function looks(browser, base, name, path) {
  for (const viewport of sizes) {
    for (const colorScheme of ["light", "dark"]) {
      const what = `${name}, ${viewport.width} px, ${colorScheme}`;
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      const said = [];
      const foreign = [];
      page.on("console", (message) => message.type() === "error" && said.push(message.text()));
      page.on("pageerror", (error) => said.push(String(error)));
      page.on("request", (request) => request.url().startsWith(base) || foreign.push(request.url()));
      await page.goto(base + path);
      const [wide, inner] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      check(`${what}: nothing sticks out`, wide <= inner, `${wide} px`);
      check(`${what}: no error`, said.length === 0, said.join("; "));
      // Pictures of articles are the publishers'; the page's own parts are ours.
      const own = foreign.filter((url) => !/\.(png|jpe?g|gif|webp|svg)(\?|$)/.test(url));
      check(`${what}: nobody else is asked`, own.length === 0, own.join(" "));
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => axe.run());
      const told = violations.map((one) => `${one.id} (${one.nodes[0].target})`).join(", ");
      check(`${what}: axe finds nothing`, violations.length === 0, told);
      if (shots) await page.screenshot({ path: `${shots}/${name}-${viewport.width}-${colorScheme}.png` });
      await context.close();
    }
  }
}

async function withoutScripts(browser, base, story) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: sizes[1] });
  const page = await context.newPage();
  await page.goto(base);
  check("without scripts: headlines", (await page.locator("a.headline").count()) >= 14, await page.locator("a.headline").count());
  await page.locator("input[type=search]").fill("a");
  await page.locator("input[type=search]").press("Enter");
  check("without scripts: a search is an address", page.url().includes("q=a"), page.url());
  await page.goto(base + story);
  check("without scripts: a story has its text", (await page.locator("article p").count()) > 0, "no paragraph");
  await context.close();
}

async function byKeyboard(browser, base) {
  const context = await browser.newContext({ viewport: sizes[1] });
  const page = await context.newPage();
  // By day, some of the room is the headings'.
  await page.goto(base + mostCovered);
  const seen = await page.locator("a.headline").evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().bottom <= innerHeight).length);
  check("fourteen stories on a screen of 1280 × 800", seen >= 14, seen);
  await page.goto(base);
  const focused = () => page.evaluate(() => [...document.querySelectorAll("a.headline")].indexOf(document.activeElement));
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  check("j goes down", (await focused()) === 1, await focused());
  await page.keyboard.press("k");
  check("k goes up", (await focused()) === 0, await focused());
  await page.keyboard.press("o");
  await page.waitForURL(/\/story\//);
  check("o opens the story", true);
  await page.goBack();
  await page.keyboard.press("/");
  const searches = await page.evaluate(() => document.activeElement.type);
  check("/ goes to the search", searches === "search", searches);
  await page.keyboard.type("a");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=a/);
  check("Enter searches", true);
  await page.goto(base);
  const unseen = [];
  for (let n = 0; n < 25; n++) {
    await page.keyboard.press("Tab");
    const [what, shown] = await page.evaluate(() => {
      const one = document.activeElement;
      const style = getComputedStyle(one);
      return [one.outerHTML.slice(0, 80), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0];
    });
    if (!shown) unseen.push(what);
  }
  check("Tab shows where it is", unseen.length === 0, unseen.join("\n"));
  await context.close();
}

// A person with an app's password, on a service with a feed in a file: with and without scripts.
async function marks(browser) {
  const folder = mkdtempSync(join(tmpdir(), "courant-"));
  const base = `http://127.0.0.1:${await freePort()}`;
  const items = [1, 2].map((n) => `<item><guid>${n}</guid><title>Ferry ${n}</title><link>https://paper.example/${n}</link></item>`);
  writeFileSync(join(folder, "feed.xml"), `<rss version="2.0"><channel><title>Paper</title>${items.join("")}</channel></rss>`);
  writeFileSync(join(folder, "feeds.toml"), `[[feed]]\nurl = "file://${folder}/feed.xml"\n`);
  const settings = `state_dir = "state"\n[article]\nmode = "never"\n[serve]\nlisten = "${base.slice(7)}"\n[backup]\nevery = "0s"\n`;
  writeFileSync(join(folder, "courant.toml"), settings);
  const words = ["--config", join(folder, "courant.toml")];
  const run = (...more) => execFileSync(courant, [...words, ...more], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const service = spawn(courant, [...words, "run"], { stdio: "ignore" });
  try {
    await served(base);
    run("once", "--all");
    const password = run("sync", "add", "person").match(/^password +(\S+)/m)[1];
    const story = (await (await fetch(base)).text()).match(/\/story\/[^"?#]+/)[0];
    for (const javaScriptEnabled of [true, false]) {
      const what = javaScriptEnabled ? "marks" : "marks, without scripts";
      const context = await browser.newContext({ javaScriptEnabled, viewport: sizes[0] });
      const page = await context.newPage();
      await page.goto(base + story);
      check(`${what}: nobody is asked who is not logged in`, (await page.locator("form[method=post]").count()) === 0, "a form");
      await page.goto(`${base}/login`);
      const logIn = async (word) => {
        await page.locator("input[name=name]").fill("person");
        await page.locator("input[name=password]").fill(word);
        await page.locator("input[name=password]").press("Enter");
        await page.waitForLoadState();
      };
      await logIn("wrong");
      check(`${what}: a wrong password is no way in`, (await context.cookies()).length === 0, page.url());
      if (javaScriptEnabled) {
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        check("login: axe finds nothing", violations.length === 0, violations.map((one) => one.id).join(", "));
      }
      await logIn(password);
      const [cookie] = await context.cookies();
      check(`${what}: the cookie is for this site and no script`, cookie?.httpOnly && cookie.sameSite === "Strict", JSON.stringify(cookie));
      await page.goto(base + story);
      for (const [value, query] of [["read", "is:read"], ["starred", "is:starred"], ["unstarred", "-is:starred"], ["unread", "is:unread"]]) {
        await page.locator(`button[value=${value}]`).click();
        await page.waitForLoadState();
        const found = run("search", "--format", "json", `ferry ${query}`);
        check(`${what}: ${value}, and seen so elsewhere`, found.includes(story.slice(7)), found);
      }
      // A form of another site has no proof.
      const forged = await page.request.post(`${base}${story}/mark`, { form: { as: "read", proof: "" } });
      check(`${what}: a form that is not ours changes nothing`, forged.status() === 403, forged.status());
      await context.close();
    }
  } finally {
    service.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const demo = spawn(courant, ["demo", "--listen", `127.0.0.1:${port}`], { stdio: "ignore" });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await served(base);
  const river = await (await fetch(base)).text();
  const story = river.match(/\/story\/[^"?#]+/)[0];
  const pages = { river: "/", "most-covered": mostCovered, search: "/?q=a", nothing: "/?q=nosuchwordanywhere", story, sources: "/sources", status: "/status" };
  for (const [name, path] of Object.entries(pages)) await looks(browser, base, name, path);
  await withoutScripts(browser, base, story);
  await byKeyboard(browser, base);
  await marks(browser);
} finally {
  await browser.close();
  demo.kill();
}
console.log(`${failed} failed`);
process.exit(failed ? 1 : 0);
