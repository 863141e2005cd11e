// An artefact with a hundred thousand results, and a search that finds ten thousand.
import type { APIRequestContext } from "@playwright/test";
import type { Server } from "../fixtures";
import { artefact, complete, post, start, type Result } from "../report";
import { SLOWDOWN, Visit, type Load } from "./browser";
import { expect, test } from "./demo-test";
import { note, p75, times, type Figure } from "./figures";
import { scroll } from "./scrolling";

const NAME = "vitals-large";
const ENVIRONMENTS = 50;
/** Results of each environment: 2,000 in all. */
const FAILED = 200;
const SKIPPED = 300;
const PASSED = 1_500;
const BATCH = 1_000;
/** Rows of a group that the page shows at once. */
const SHOWN = 50;
/** Environments that are open while the artefact is scrolled. */
const OPEN = 5;

const nodes = { atMost: 5_000 };
const fps = { atLeast: 50 };

test("large pages", async ({ browser, demo, request, server }) => {
  await fill(request, server);
  const address = `${server.url}/snaps/${await artefact(request, server, NAME)}`;
  const search = `${server.url}/test-results?artefacts=${NAME}&test_result_statuses=FAILED`;
  const open = (address: string, slowdown?: number) => Visit.open(browser, demo.states.reviewer, address, slowdown);
  await noteLoads("artefact", () => open(address));
  await noteLoads("search", () => open(search));

  // On the processor as it is, which the limits are for, and on the slow one, to know what that makes of it.
  for (const slowdown of [1, SLOWDOWN]) {
    await noteOpening(() => open(address, slowdown), slowdown);

    const visit = await open(address, slowdown);
    for (let at = 0; at < OPEN; at++) {
      const environment = visit.page.locator(".environment > details").nth(at);
      await environment.locator("> summary").click();
      await environment.locator(".result-row").first().waitFor();
    }
    await visit.quiet();
    const row = `artefact, ${OPEN} environments open`;
    await note([figure(row, "nodes", await countNodes(visit), nodes)]);
    await noteScrolling(row, visit, slowdown);
    await visit.close();

    const found = await open(search, slowdown);
    await expect(found.page.getByText(`Found ${ENVIRONMENTS * FAILED} results`)).toBeVisible();
    await noteScrolling("search", found, slowdown);
    await found.close();
  }
});

async function noteLoads(row: string, open: () => Promise<Visit>) {
  const loads: Load[] = [];
  let count = 0;
  for (let at = 0; at < times; at++) {
    const visit = await open();
    loads.push(await visit.load());
    count = await countNodes(visit);
    await visit.close();
  }
  await note([
    figure(row, "HTML kB", p75(loads.map(({ bytes }) => bytes.html / 1000))),
    figure(row, "LCP ms", p75(loads.map(({ painted }) => painted)), { atMost: 800 }),
    figure(row, "alive ms", p75(loads.map(({ alive }) => alive))),
    figure(row, "nodes", count, nodes),
  ]);
}

/** Opens the group of 300 skipped results, of which there are none on the page before. */
async function noteOpening(open: () => Promise<Visit>, slowdown: number) {
  const opened: number[] = [];
  for (let at = 0; at < times; at++) {
    const visit = await open();
    await visit.page.locator(".environment > details > summary").first().click();
    const group = visit.page.locator(".environment .group").last();
    await group.waitFor();
    await expect(group.locator("> summary")).toContainText(`${SKIPPED}`);
    await visit.quiet();
    const rows = ".environment .group:last-of-type .result-row";
    opened.push(await visit.clickToPaint(() => group.locator("> summary").click(), rows, SHOWN));
    await visit.close();
  }
  await note([figureAt(slowdown, "artefact", "open 300 ms", p75(opened), { atMost: 100 })]);
}

function countNodes({ page }: Visit): Promise<number> {
  return page.evaluate(() => document.querySelectorAll("*").length);
}

function figure(row: string, column: string, value: number, limit?: Figure["limit"]): Figure {
  return { table: "Large pages", row, column, value, limit };
}

/** A figure of the processor as it is, or, without a limit, of the slow one. */
function figureAt(slowdown: number, row: string, column: string, value: number, limit?: Figure["limit"]): Figure {
  return slowdown === 1 ? figure(row, column, value, limit) : figure(row, `${column}, slow`, value);
}

async function noteScrolling(row: string, visit: Visit, slowdown: number) {
  const scrolling = await scroll(visit.page);
  await note([
    figureAt(slowdown, row, "scrolling fps", scrolling.fps, fps),
    figureAt(slowdown, row, "longest frame ms", scrolling.longest),
  ]);
}

async function fill(request: APIRequestContext, server: Server) {
  const of = (status: Result["status"], count: number, from: number) =>
    Array.from({ length: count }, (_, at) => ({
      name: `suite-${Math.floor((from + at) / 100)}/case-${from + at}`,
      status,
      io_log: `step 1: prepared\nstep 2: ${status.toLowerCase()} in case ${from + at}`,
    }));
  const results = [...of("FAILED", FAILED, 0), ...of("SKIPPED", SKIPPED, FAILED), ...of("PASSED", PASSED, FAILED + SKIPPED)];
  for (let at = 0; at < ENVIRONMENTS; at++) {
    const environment = `machine-${String(at).padStart(2, "0")}`;
    const run = await start(request, server, { name: NAME, environment, ci_link: `https://ci.example.com/${NAME}/${at}` });
    for (let from = 0; from < results.length; from += BATCH) await post(request, server, run, results.slice(from, from + BATCH));
    await complete(request, server, run);
  }
}
