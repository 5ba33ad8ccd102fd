// Looks at pages in a real browser, prints what is wrong with them as a list in JSON.
// Arguments: the folder of the packages, the browser. Standard input: { pages: {name: url}, widths, themes, scripts, pictures, tasks }.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, executablePath] = process.argv.slice(2);
const require = createRequire(`${folder}/anything.js`);
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { default: puppeteer } = await load("puppeteer-core");
const { HtmlValidate, StaticConfigLoader } = await load("html-validate");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf-8");
const { pages, widths, themes, scripts, pictures, tasks } = JSON.parse(readFileSync(0, "utf-8"));

const rules = {
  "valid-id": "off", // the anchor of a card is the number of its paper
  "no-trailing-whitespace": "off", // texts of papers
  "form-dup-name": "off", // several categories are chosen at once
  "long-title": "off", // it begins with the title of a paper
};
const config = { extends: ["html-validate:recommended", "html-validate:a11y"], rules };
const validator = new HtmlValidate(new StaticConfigLoader(config));
const faults = new Set();
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
const browser = await puppeteer.launch({ executablePath, args, headless: true });

async function opened(where) {
  const page = await browser.newPage();
  for (const event of ["console", "pageerror", "requestfailed"])
    page.on(event, (one) => {
      const said = event === "requestfailed" ? one.url() : (one.text?.() ?? one.message);
      // A page that says why it has nothing answers 400 or 404, of which the console tells.
      if (!/^Failed to load resource: the server responded with a status of 40[04]/.test(said)) faults.add(`${where()}: ${event}: ${said}`);
    });
  return page;
}

async function look(name, url) {
  for (const script of scripts) await lookWith(script, script ? name : `${name} without scripts`, url);
}

async function lookWith(script, name, url) {
  let at = name;
  const page = await opened(() => at);
  await page.setJavaScriptEnabled(script);
  const text = await (await page.goto(url)).text();
  for (const { messages } of script ? (await validator.validateString(text)).results : [])
    for (const one of messages) faults.add(`${name}: html: ${one.ruleId}: ${one.message}, line ${one.line}`);
  await page.setJavaScriptEnabled(true); // axe needs it; a script of the page that was not run stays so
  await page.evaluate(axe); // not as a script of the page, which its policy forbids
  for (const theme of themes) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    for (const width of widths) {
      at = `${name} ${width} ${theme}`;
      await page.setViewport({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) faults.add(`${at}: scrolls sideways by ${wide}px`);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
      for (const one of found.violations)
        faults.add(`${at}: axe: ${one.id}: ${one.help}: ${one.nodes[0].target} ${one.nodes[0].failureSummary}`);
      if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}-${theme}.png`, fullPage: false });
    }
  }
  await page.close();
}

// By keyboard alone; without scripts unless the task needs them.
async function perform({ name, url, script, steps }) {
  const page = await opened(() => name);
  await page.setJavaScriptEnabled(Boolean(script));
  await page.goto(url);
  const focused = (selector) => page.evaluate((one) => document.activeElement?.matches(one) ?? false, selector);
  for (const [what, value] of steps) {
    if (what === "tab") {
      let pressed = 0;
      while (!(await focused(value)) && pressed++ < 200) await page.keyboard.press("Tab");
      if (!(await focused(value))) faults.add(`${name}: ${value} is not reached by Tab`);
    } else if (what === "type") await page.keyboard.type(value);
    else if (what === "press") await page.keyboard.press(value);
    else if (what === "go") await Promise.all([page.waitForNavigation({ timeout: 5000 }), page.keyboard.press("Enter")]);
    else if (what === "see" && !(await page.$(value))) faults.add(`${name}: ${value} is not there at ${page.url()}`);
    else if (what === "at" && !page.url().includes(value)) faults.add(`${name}: at ${page.url()}, not ${value}`);
  }
  await page.close();
}

try {
  for (const [name, url] of Object.entries(pages)) await look(name, url);
  for (const task of tasks ?? []) await perform(task);
} finally {
  await browser.close();
}
console.log(JSON.stringify([...faults]));
