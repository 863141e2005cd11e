// How long presses and keys take until the next paint, on the pages of the demo.
import type { Page } from "@playwright/test";
import { Visit } from "./browser";
import { test } from "./demo-test";
import { note, p75, times, type Figure } from "./figures";

interface Interaction {
  name: string;
  /** The page of the demo. */
  on: string;
  /** What has to be done before; not measured. */
  before?: (page: Page) => Promise<void>;
  act: (page: Page) => Promise<void>;
}

// A machine of the demo with a plan of which something failed: that is open as soon as its plan is.
const environment = (page: Page) => page.locator(".environment > details").filter({ hasText: "board-finch-2b" }).first();
const plan = (page: Page) => environment(page).locator("details.plan").filter({ hasText: "device-regression" });
const result = (page: Page) => plan(page).locator(".result-row").first();

async function openEnvironment(page: Page) {
  await environment(page).locator("> summary").click();
}

async function openPlan(page: Page) {
  await openEnvironment(page);
  await plan(page).locator("> summary").click();
  await result(page).waitFor();
}

async function openResult(page: Page) {
  await result(page).locator("summary").first().click();
}

async function openFilters(page: Page) {
  await page.locator("summary, button").filter({ hasText: "Filters" }).first().click();
}

const interactions: Interaction[] = [
  { name: "type in the filter of a list", on: "family-list", act: (page) => typeInto(page, "meadow") },
  { name: "type in the filter of the columns", on: "family-columns", act: (page) => typeInto(page, "meadow") },
  { name: "tick a filter of a list", on: "family-list", before: openFilters, act: (page) => page.locator(".filter input[type=checkbox]").first().check() },
  { name: "open an environment", on: "artefact", act: openEnvironment },
  { name: "open a plan", on: "artefact", before: openEnvironment, act: (page) => plan(page).locator("> summary").click() },
  { name: "open a log", on: "artefact", before: openPlan, act: openResult },
  {
    name: "open the dialog for issues",
    on: "artefact",
    before: async (page) => {
      await openPlan(page);
      await openResult(page);
    },
    act: (page) => page.getByRole("button", { name: /^Attach an issue to / }).first().click(),
  },
  { name: "open a review", on: "artefact", act: (page) => page.getByRole("button", { name: /^Review of / }).first().click() },
  { name: "go to the next failure by key", on: "artefact", act: (page) => page.keyboard.press("j") },
  { name: "type in the search for results", on: "search", act: (page) => typeInto(page, "wifi") },
  { name: "open the menu", on: "issues", act: (page) => page.locator(".bar-menu-user summary, .bar-menu-user button").first().click() },
  { name: "change the theme", on: "reviews", act: (page) => page.getByRole("button", { name: /^Theme/ }).click() },
];

async function typeInto(page: Page, words: string) {
  const field = page.getByRole("searchbox").first();
  await field.focus();
  await field.pressSequentially(words, { delay: 60 });
}

const all: number[] = [];

for (const { name, on, before, act } of interactions) {
  test(name, async ({ browser, demo, server }) => {
    const { path, visitor } = demo.pages.find((page) => page.name === on)!;
    const values: number[] = [];
    for (let at = 0; at < times; at++) {
      const visit = await Visit.open(browser, demo.states[visitor], `${server.url}${path}`);
      await before?.(visit.page);
      await visit.quiet();
      values.push(await visit.slowest(act));
      await visit.close();
    }
    all.push(...values);
    await note(row(name, values));
  });
}

test("all of them", async () => {
  await note(row("all of them", all));
});

function row(name: string, values: number[]): Figure[] {
  const figure = (column: string, value: number): Figure => ({ table: "Interaction to next paint", row: name, column, value });
  return [{ ...figure("p75 ms", p75(values)), limit: { atMost: 100 } }, figure("longest ms", Math.max(...values))];
}
