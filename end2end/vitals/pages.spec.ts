// Each page as somebody sees it who comes for the first time, and how quickly it answers.
import type { Page } from "@playwright/test";
import { demoPages } from "../demo";
import { test } from "../fixtures";
import { Visit, type Load } from "./browser";
import { note, p75, type Figure } from "./figures";
import { states } from "./state";

/** As often is each page loaded, and everything done on it. */
const times = Number(process.env.VITALS_LOADS ?? 5);

test("the first load of every page", async ({ browser, request, server }) => {
  const state = await states(browser, server);
  for (const { name, path, visitor } of await demoPages(request, server)) {
    const loads: Load[] = [];
    for (let at = 0; at < times; at++) {
      const visit = await Visit.open(browser, state[visitor], `${server.url}${path}`);
      loads.push(await visit.load());
      await visit.close();
    }
    await note(figuresOf(name, loads));
  }
});

function figuresOf(row: string, loads: Load[]): Figure[] {
  const figure = (column: string, values: number[], atMost?: number): Figure => {
    const limit = atMost === undefined ? undefined : { atMost };
    return { table: "First load", row, column, value: p75(values), limit };
  };
  const kB = (kind: keyof Load["bytes"]) => loads.map(({ bytes }) => bytes[kind] / 1000);
  const all = loads.map(({ bytes }) => Object.values(bytes).reduce((sum, part) => sum + part, 0) / 1000);
  return [
    figure("WASM kB", kB("wasm"), 350),
    figure("JS kB", kB("js")),
    figure("CSS kB", kB("css")),
    figure("HTML kB", kB("html")),
    figure("other kB", kB("other")),
    figure("all kB", all, 450),
    figure("LCP ms", loads.map(({ painted }) => painted), 800),
    figure("alive ms", loads.map(({ alive }) => alive)),
  ];
}

interface Interaction {
  name: string;
  /** The page of the demo. */
  on: string;
  /** What has to be done before; not measured. */
  before?: (page: Page) => Promise<void>;
  act: (page: Page) => Promise<void>;
}

const environment = (page: Page) => page.locator(".environment > details").first();
const plan = (page: Page) => environment(page).locator("details.plan").first();
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

const interactions: Interaction[] = [
  { name: "type in the filter of a list", on: "family-list", act: (page) => typeInto(page, "meadow") },
  { name: "type in the filter of the columns", on: "family-columns", act: (page) => typeInto(page, "meadow") },
  { name: "tick a filter of a list", on: "family-list", act: (page) => page.locator(".filter input[type=checkbox]").first().check() },
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

test("presses and keys until the next paint", async ({ browser, request, server }) => {
  const state = await states(browser, server);
  const pages = new Map((await demoPages(request, server)).map((page) => [page.name, page]));
  const all: number[] = [];
  const row = (name: string, values: number[]): Figure[] => [
    { table: "Interaction to next paint", row: name, column: "p75 ms", value: p75(values), limit: { atMost: 100 } },
    { table: "Interaction to next paint", row: name, column: "longest ms", value: Math.max(...values) },
  ];
  for (const { name, on, before, act } of interactions) {
    const { path, visitor } = pages.get(on)!;
    const values: number[] = [];
    for (let at = 0; at < times; at++) {
      const visit = await Visit.open(browser, state[visitor], `${server.url}${path}`);
      await before?.(visit.page);
      await visit.quiet();
      values.push(await visit.slowest(act));
      await visit.close();
    }
    all.push(...values);
    await note(row(name, values));
  }
  await note(row("all of them", all));
});
