// Prints what is wrong with HTML files, as a list in JSON. Arguments: the folder of the packages, then the files.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, ...pages] = process.argv.slice(2);
const require = createRequire(`${folder}/anything.js`);
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const { HtmlValidate, StaticConfigLoader } = await load("html-validate");
const { caniemail } = await load("caniemail");

const clients = ["gmail.*", "apple-mail.*", "outlook.*"];
const rules = {
  "no-inline-style": "off", // mail programs know few other styles
  "no-conditional-comment": "off", // Outlook on Windows gets the width of the page from one
  "long-title": "off", // it is the subject
  "no-deprecated-attr": "off", // contents of Gmail, Outlook and Yahoo lead only to anchors with a name
};
const config = { extends: ["html-validate:recommended", "html-validate:a11y"], rules };
const validator = new HtmlValidate(new StaticConfigLoader(config));
const faults = new Set();
for (const page of pages) {
  const html = readFileSync(page, "utf-8");
  for (const { messages } of (await validator.validateString(html)).results)
    for (const one of messages) faults.add(`html: ${one.ruleId}: ${one.message}, line ${one.line} of ${page}`);
  for (const [client, issues] of caniemail({ clients, html }).issues.errors)
    for (const one of issues) faults.add(`${client}: ${one.title}`);
}
console.log(JSON.stringify([...faults]));
