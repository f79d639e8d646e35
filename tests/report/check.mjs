// What report.html does in a browser, each claim tried: see `run` beside this file.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { NARROW, WIDE, open, start } from "./browser.mjs";

const FIRST_SCREEN_MS = 1000;
const ANSWER_MS = 1000;

const folder = process.argv[2];
const report = (project) => join(folder, project, "plan", "report.html");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let passed = 0;
let failed = 0;
const claim = (words, holds, found = "") => {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.error(`WRONG  ${words}${found === "" ? "" : `; found: ${found}`}`);
  }
};
const same = (words, found, expected) => claim(`${words}: expected ${JSON.stringify(expected)}`, JSON.stringify(found) === JSON.stringify(expected), JSON.stringify(found));

// --- what `show` says ---------------------------------------------------------------------------------------

const csv = (path) => {
  const rows = [[""]];
  let quoted = false;
  const text = readFileSync(path, "utf8");
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    const row = rows.at(-1);
    if (letter === '"' && quoted && text[at + 1] === '"') row[row.length - 1] += text[(at += 1)];
    else if (letter === '"') quoted = !quoted;
    else if (letter === "," && !quoted) row.push("");
    else if (letter === "\n" && !quoted) rows.push([""]);
    else row[row.length - 1] += letter;
  }
  const [head, ...lines] = rows.filter((row) => row.length > 1);
  // A guarded cell begins with one sign more than it holds.
  return lines.map((line) => Object.fromEntries(line.map((cell, at) => [head[at], cell.replace(/^'/, "")])));
};
const findingsOf = (rows) => new Set(rows.map((row) => `${row.code} ${row.subject}`)).size;
const words = (number, one) => `${number.toLocaleString("en-GB")} ${one}${number === 1 ? "" : "s"}`;
const status = (rows) => `${words(findingsOf(rows), "finding")} at ${words(rows.length, "place")}`;
// The page searches what it shows; of a column it shows the header, and `show` its number.
const holds = (row, text) => Object.entries(row).some(([key, cell]) => key !== "column" && cell.toLowerCase().includes(text));

// --- what the page says -------------------------------------------------------------------------------------

const text = (page, selector) => page.$eval(selector, (one) => one.textContent);
const settled = async (page, expected) => {
  const begun = performance.now();
  const isSo = (wanted) => document.querySelector("#rows-status").textContent === wanted;
  await page.waitForFunction(isSo, { timeout: 5000 }, expected).catch(() => {});
  return performance.now() - begun;
};
const to = async (page, fragment) => {
  await page.evaluate((hash) => { location.hash = hash; }, fragment);
  await page.waitForFunction((hash) => location.hash === hash, {}, fragment);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
};
const column = (page, title) =>
  page.evaluate((wanted) => {
    const heads = Array.from(document.querySelectorAll("#rows-table thead th"), (one) => one.textContent);
    const at = heads.indexOf(wanted);
    return Array.from(document.querySelectorAll("#rows-table tbody tr"), (line) => line.cells[at].textContent);
  }, title);
const clean = async (name, page, breaches) => {
  const violations = await page.evaluate(() => window.violations);
  same(`${name}: no error, no request, no question`, breaches, []);
  same(`${name}: the policy is kept`, violations, []);
};

const browser = await start();

const firstScreen = async () => {
  const times = [];
  for (let run = 0; run < 3; run += 1) {
    const { page, breaches } = await open(browser, report("large"));
    times.push(await page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity;
      const [whole] = performance.getEntriesByType("navigation");
      return { painted, ready: whole.domContentLoadedEventEnd, loaded: whole.loadEventEnd };
    }));
    same("the first screen opens quietly", breaches, []);
    await page.close();
  }
  times.sort((one, other) => one.ready - other.ready);
  const { painted, ready, loaded } = times[1];
  const ms = (time) => `${Math.round(time)} ms`;
  console.log(`first screen of the large plan: painted after ${ms(painted)}, ready after ${ms(ready)}, all there after ${ms(loaded)}`);
  claim(`the first screen is there within ${FIRST_SCREEN_MS} ms`, Math.max(painted, ready) < FIRST_SCREEN_MS, `${ms(painted)}, ${ms(ready)}`);
};

const large = async () => {
  const all = csv(join(folder, "large.csv"));
  claim("the large plan is large and fits", all.length > 99_000 && all.length <= 100_000, all.length);
  const { page, breaches } = await open(browser, report("large"));
  const times = {};
  const begun = performance.now();
  await page.click('nav a[href="#findings"]');
  await settled(page, status(all));
  times.open = performance.now() - begun;
  same("all findings", await text(page, "#rows-status"), status(all));

  const typed = all.find((row) => row.code === "OWN005").subject.slice(0, 4);
  const found = all.filter((row) => holds(row, typed.toLowerCase()));
  claim("something is searched for that some rows have", found.length > 0 && found.length < all.length, found.length);
  await page.type("#rows-search", typed);
  times.search = await settled(page, status(found));
  same(`search for ${typed}`, await text(page, "#rows-status"), status(found));
  for (const awkward of ["<img src=x onerror", "</script>", "=1+1", "&", "<!--"]) {
    const rows = all.filter((row) => awkward.toLowerCase().split(" ").every((word) => holds(row, word)));
    await to(page, `#findings?${new URLSearchParams({ search: awkward })}`);
    same(`search for ${awkward}`, await text(page, "#rows-status"), status(rows));
  }

  await to(page, "#findings");
  const code = all[0].code;
  await page.select("#filter-code", code);
  const ofCode = all.filter((row) => row.code === code);
  times.filter = await settled(page, status(ofCode));
  same(`filter by ${code}`, await text(page, "#rows-status"), status(ofCode));
  await page.select("#filter-severity", "note");
  const none = ofCode.filter((row) => row.severity === "note");
  await settled(page, status(none));
  same("two filters", await text(page, "#rows-status"), status(none));
  await page.click("#rows-chips button");
  await page.click("#rows-chips button");
  await settled(page, status(all));
  same("filters taken off", await text(page, "#rows-status"), status(all));

  await sorting(page, all, times);
  await bound(page);
  const print = await pages(page, "#findings", "large");
  claim("paper holds the first rows and says so", print.at(-1).includes(`Printed are the first 1,000 of ${words(all.length, "row")}`), print.at(-1).slice(-300));
  claim("no more than them is printed", print.length < 200, print.length);
  for (const [what, time] of Object.entries(times)) {
    console.log(`100,000 rows, ${what}: ${Math.round(time)} ms`);
    claim(`${what} answers within ${ANSWER_MS} ms`, time < ANSWER_MS, Math.round(time));
  }
  await clean("large", page, breaches);
  await page.close();
};

const sorting = async (page, all, times) => {
  const numbers = all.map((row) => row.row).filter((row) => row !== "" && row !== "0").map(Number);
  const button = (title) => page.evaluateHandle((wanted) => Array.from(document.querySelectorAll("#rows-table thead button")).find((one) => one.textContent === wanted), title);
  const shown = (value) => value.toLocaleString("en-GB");
  numbers.sort((one, other) => one - other);
  await to(page, "#findings");
  const begun = performance.now();
  await (await button("Row")).click();
  await page.waitForSelector('th[aria-sort="ascending"]');
  times.sort = performance.now() - begun;
  same("sorted by row", (await column(page, "Row")).slice(0, 50), numbers.slice(0, 50).map(shown));
  await (await button("Row")).click();
  await page.waitForSelector('th[aria-sort="descending"]');
  same("sorted by row, last first", (await column(page, "Row")).slice(0, 50), numbers.slice(-50).reverse().map(shown));
  const again = performance.now();
  await (await button("About")).click();
  await page.waitForSelector('th[aria-sort="ascending"]');
  times["sort by text"] = performance.now() - again;
  const order = new Intl.Collator("en", { numeric: true });
  const subjects = all.map((row) => row.subject).sort(order.compare);
  same("sorted by text", (await column(page, "About")).slice(0, 50), subjects.slice(0, 50));
  await page.click("#page-last");
  const last = (all.length - 1) % 100 + 1;
  same("the last page", (await column(page, "About")), subjects.slice(-last));
};

const bound = async (page) => {
  await to(page, "#owners");
  const notice = await text(page, "#rows-bound");
  const said = /first 20,000 of [\d,]+ rows.*cutover show DIR owners --format csv/s;
  claim("what has no room is said, with the command that has it", said.test(notice), notice);
  same("rows that have room", await text(page, "#rows-status"), "20,000 rows");
};

const figures = async (name) => {
  const { page, breaches } = await open(browser, report(name));
  const links = await page.$$eval("a.figure[data-rows]", (all) => all.map((one) => [one.getAttribute("href"), Number(one.dataset.rows), one.textContent]));
  claim(`${name}: there are figures`, links.length > 20, links.length);
  let last = "";
  for (const [link, rows, shown] of links) {
    same(`${name}: ${link} is shown as it counts`, Number(shown.replaceAll(",", "")), rows);
    await to(page, "#overview");
    const figure = await page.evaluateHandle((href) => Array.from(document.querySelectorAll("a.figure")).find((one) => one.getAttribute("href") === href), link);
    await figure.click();
    last = await text(page, "#rows-status");
    same(`${name}: rows behind ${link}`, Number(last.split(" ")[0].replaceAll(",", "")), rows);
  }
  for (const link of await page.$$eval("a.figure:not([data-rows])", (all) => all.map((one) => one.getAttribute("href")))) {
    await to(page, link);
    const isShown = await page.$eval("#rows", (one) => !one.hidden);
    const rows = isShown ? await page.$$eval("#rows-table tbody tr[data-row]", (all) => all.length) : 1;
    claim(`${name}: something is behind ${link}`, rows > 0);
  }
  await clean(`figures of ${name}`, page, breaches);
  await page.close();
};

const links = async () => {
  const all = csv(join(folder, "contoso.csv"));
  const rows = all.filter((row) => row.code === "OWN002" && row.file === "exports/accounts.csv");
  const fragment = "#findings?code=OWN002&file=exports%2Faccounts.csv&sort=-row";
  const { page, breaches } = await open(browser, report("contoso"), { fragment });
  same("a link to a filter", await text(page, "#rows-status"), status(rows));
  same("a link to an order", await column(page, "Row"), rows.map((row) => Number(row.row)).sort((a, b) => b - a).map(String));
  await to(page, "#findings?open=11");
  same("a link to a row", await text(page, "#details-title"), "Findings, row 11");
  const shown = await page.$eval("#details-cells", (one) => one.textContent);
  for (const cell of [all[10].message, all[10].cure, all[10].file, all[10].row]) claim(`a row in full has ${cell}`, shown.includes(cell), shown);
  const rule = await text(page, "#details-rule");
  claim("and its rule", rule.includes("What is checked") && rule.includes("Example") && rule.includes("Source"), rule);
  await to(page, "#findings?code=NONE&odd=%E0%A4%A&sort=nothing&page=99&open=x");
  claim("a link to nothing says so", (await text(page, "#rows-table tbody")).includes("No row fits"));
  await page.goBack();
  same("back is back", await text(page, "#details-title"), "Findings, row 11");
  await clean("links", page, breaches);
  await page.close();
};

const keys = async () => {
  const { page, breaches } = await open(browser, report("contoso"), { fragment: "#findings" });
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id);
  await page.focus("#rows-table tbody a");
  await page.keyboard.press("ArrowDown");
  same("arrows go from row to row", await focused(), "Row 2 in full");
  await page.keyboard.press("Enter");
  same("Enter opens a row", await text(page, "#details-title"), "Findings, row 2");
  same("and goes there", await focused(), "details-title");
  await page.keyboard.press("Escape");
  same("Escape closes it and goes back", await focused(), "Row 2 in full");
  await page.keyboard.press("/");
  same("a stroke searches", await focused(), "rows-search");
  await page.evaluate(() => document.querySelector(".skip").focus());
  await page.keyboard.press("Enter");
  same("what is skipped leads to the rows", await focused(), "rows-title");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  same("what has the focus is seen", outline, "solid");
  await clean("keys", page, breaches);
  await page.close();
};

const accessible = async () => {
  for (const [project, fragment] of [["contoso", ""], ["contoso", "#findings?severity=error&open=11"], ["contoso", "#readiness?today=no"], ["clean", ""], ["large", "#owners"]]) {
    for (const scheme of ["light", "dark"]) {
      for (const size of [WIDE, NARROW]) {
        const { page, breaches } = await open(browser, report(project), { fragment, size, scheme });
        await page.evaluate(axe);
        const found = await page.evaluate(async () => {
          const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
          const grave = violations.filter((one) => ["serious", "critical"].includes(one.impact));
          return grave.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
        });
        const name = `${project} ${fragment} ${scheme} ${size.width}`;
        same(`${name}: accessible`, found, []);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        claim(`${name}: the page itself does not scroll sideways`, overflow <= 0, overflow);
        same(`${name}: quiet`, breaches, []);
        await page.close();
      }
    }
  }
};

// The text of each page of paper.
const pages = async (page, fragment, name) => {
  await to(page, fragment);
  const path = join(folder, `${name}.pdf`);
  writeFileSync(path, await page.pdf({ preferCSSPageSize: true, format: "a4", printBackground: true }));
  return execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8", maxBuffer: 1 << 26 }).split("\f").slice(0, -1);
};

const paper = async () => {
  for (const fragment of ["#overview", "#findings?severity=error"]) {
    const { page, breaches } = await open(browser, report("contoso"), { fragment });
    const seal = await text(page, ".seal");
    const print = await pages(page, fragment, "contoso");
    claim(`${fragment}: paper has pages`, print.length > 1, print.length);
    claim(`${fragment}: the seal stands on every page`, print.every((one) => one.includes(`Seal ${seal}`)), print.findIndex((one) => !one.includes(`Seal ${seal}`)));
    claim(`${fragment}: no controls on paper`, !/any word in any column|Previous/.test(print.join("")));
    same(`${fragment}: quiet`, breaches, []);
    await page.close();
  }
};

// That the policy lets nothing else run or fetch; without it the rest of these checks would mean less.
const policy = async () => {
  const { page, breaches } = await open(browser, report("contoso"));
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    const image = document.createElement("img");
    image.src = "http://127.0.0.1:9/seen";
    document.body.append(script, image);
  });
  await page.waitForFunction(() => window.violations.length >= 2, { timeout: 3000 }).catch(() => {});
  const violations = await page.evaluate(() => window.violations.map((one) => one.split(" ")[0]).sort());
  same("the policy stops a script and a picture", violations, ["img-src", "script-src-elem"]);
  same("the script did not run", await page.evaluate(() => window.ran), undefined);
  same("and nothing was asked for", breaches.filter((one) => one.startsWith("asks")), []);
  await page.close();
};

for (const check of [firstScreen, large, () => figures("contoso"), () => figures("clean"), links, keys, accessible, paper, policy]) {
  try {
    await check();
  } catch (error) {
    claim(`${check.name || "figures"} goes through`, false, error.stack);
  }
}
await browser.close();
console.log(`report: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
