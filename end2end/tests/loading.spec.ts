// How the code of pages gets to the browser.
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { artefact, report } from "../report";

test.use({ serverEnvironment: { IGNORE_PERMISSIONS: "view_artefact,view_test,view_issue,view_environment_review,view_rerun,view_test_case_reported_issue,view_environment_reported_issue" } });

/** The names of the code that the page fetches, without their hashes. */
function fetchedCode(page: Page): string[] {
  const names: string[] = [];
  page.on("request", (request) => {
    const name = /\/pkg\/(.+?)(?:_\d+)?\.[^.]+\.wasm$/.exec(request.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

test("the code of a page comes in one file, and what another page needs beside it follows", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "loading", environment: "laptop" }, [{ name: "t", status: "FAILED" }]);
  const code = fetchedCode(page);
  await goto("/snaps");
  expect([...new Set(code)].sort()).toEqual(["pack_listing_page", "test-observer"]);
  await page.evaluate(() => document.body.setAttribute("data-stayed", ""));
  const links = page.getByRole("navigation", { name: "Search and issues" });
  for (const [link, title, split] of [["Search", "Search Test Results", "test_results_page"], ["Issues", "Linked External Issues", "issue_page"]]) {
    await links.getByRole("link", { name: link, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
    expect(code.filter((name) => name.endsWith(split))).toHaveLength(1);
  }
  const count = code.length;
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Search Test Results");
  await expect(page.locator("body")).toHaveAttribute("data-stayed", "");
  expect(code.slice(count), "what is there already").toEqual([]);
});

test("an artefact's results that the server has sent come alive with the page", async ({ page, request, server, goto }) => {
  const run = await report(request, server, { name: "loading-open", environment: "laptop" }, [{ name: "t", status: "FAILED" }]);
  const code = fetchedCode(page);
  await goto(`/snaps/${await artefact(request, server, "loading-open")}?testExecutionId=${run}`);
  expect([...new Set(code)].sort()).toEqual(["pack_artefact_page", "pack_artefact_part", "test-observer"]);
  await page.locator(".result-row .result > summary").first().click();
  await expect(page.getByRole("region", { name: "Test Issues", exact: true })).toBeVisible();
});

test.describe("without packs", () => {
  // The browser says that what the server has announced is not there.
  test.use({ expectedNoise: [/Failed to load resource|was preloaded/] });

  test("pages come alive all the same", async ({ page, goto }) => {
    await page.route(/\/pkg\/pack_/, (route) => route.abort());
    const code = fetchedCode(page);
    await goto("/issues");
    expect(code).toContain("split_issue_page");
  });
});
