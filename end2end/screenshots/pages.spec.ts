// Takes the pictures; what is wrong with a page is for those who look at them to say.
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { demoPages, people, type Visitor } from "../demo";
import { expect, test } from "../fixtures";

const folder = resolve(__dirname, "../../docs/screenshots");
/** As many bytes may all pictures have: everybody who clones the repository gets them. */
const budget = 4_000_000;

test("every page has its picture", async ({ page, request, server, goto, signIn }, info) => {
  mkdirSync(folder, { recursive: true });
  let visitor: Visitor = "stranger";
  for (const shown of await demoPages(request, server)) {
    if (shown.visitor !== visitor && shown.visitor !== "stranger") await signIn({ isAdmin: false, ...people[shown.visitor] });
    visitor = shown.visitor;
    await goto(shown.path);
    // What comes after the page: results, counts, fonts.
    await page.waitForLoadState("networkidle", { timeout: 3_000 }).catch(() => {});
    const path = join(folder, `${shown.name}-${info.project.name}.webp`);
    await page.screenshot({ path, type: "webp", quality: 80, animations: "disabled" });
  }
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(bytes, "all pictures together").toBeLessThan(budget);
});
