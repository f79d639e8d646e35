// Pictures of report.html: wide, narrow, dark, a table with a row in full, and what a printer gets.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { NARROW, WIDE, open, start } from "./browser.mjs";

const [report, out] = process.argv.slice(2);
const browser = await start();
const pictures = [
  ["wide", "", { size: WIDE }, false],
  ["wide-whole", "", { size: WIDE }, true],
  ["dark", "", { size: WIDE, scheme: "dark" }, true],
  ["narrow", "", { size: NARROW }, true],
  ["narrow-dark-table", "#findings?severity=error", { size: NARROW, scheme: "dark" }, false],
  ["table", "#findings?severity=error&open=11", { size: WIDE }, false],
  ["table-dark", "#owners?fate=nobody%20chosen&open=20", { size: WIDE, scheme: "dark" }, false],
  ["readiness", "#readiness?today=no", { size: WIDE }, false],
  ["narrow-row", "#findings?open=11", { size: NARROW }, false],
];
for (const [name, fragment, how, fullPage] of pictures) {
  const { page } = await open(browser, report, { fragment, ...how });
  await page.screenshot({ path: join(out, `${name}.png`), fullPage });
  await page.close();
}
for (const [name, fragment] of [["print", ""], ["print-table", "#findings?severity=error"]]) {
  const { page } = await open(browser, report, { fragment, scheme: "dark" });
  await page.pdf({ path: join(out, `${name}.pdf`), preferCSSPageSize: true, format: "a4", printBackground: true });
  await page.close();
  execFileSync("pdftoppm", ["-r", "70", "-png", join(out, `${name}.pdf`), join(out, name)]);
}
await browser.close();
