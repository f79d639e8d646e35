// A headless Chromium that has a page open and writes down whatever the page should not do.
import puppeteer from "puppeteer-core";
import { pathToFileURL } from "node:url";

export const WIDE = { width: 1360, height: 860 };
export const NARROW = { width: 390, height: 844 };

export const start = () =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    // The folders of a build machine's root user are no sandbox's; the page is our own.
    args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--font-render-hinting=none", "--lang=en-GB"],
  });

// Opens a file; `breaches` grows with each error, warning, violation of the policy, and request for anything else.
export const open = async (browser, path, { fragment = "", size = WIDE, scheme = "light" } = {}) => {
  const page = await browser.newPage();
  const address = pathToFileURL(path).href;
  const breaches = [];
  await page.setViewport(size);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (request.url().split("#")[0] === address && request.isNavigationRequest()) request.continue();
    else {
      breaches.push(`asks for ${request.url()}`);
      request.abort();
    }
  });
  page.on("console", (message) => breaches.push(`says ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => breaches.push(`fails: ${error.message}`));
  page.on("dialog", (dialog) => {
    breaches.push(`asks: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(address + fragment, { waitUntil: "load" });
  return { page, breaches, address };
};
