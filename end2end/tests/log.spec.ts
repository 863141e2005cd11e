// Logs: numbers, colours, search, links to lines, and logs that are very long.
import { expect, test } from "../fixtures";
import { artefact, report, results } from "../report";

test("words are found, step by step, and counted", async ({ page, request, server, goto }) => {
  const io_log = Array.from({ length: 3000 }, (_, at) => (at % 1000 === 499 ? `needle at ${at + 1}` : `line ${at + 1}`)).join("\n");
  await report(request, server, { name: "log-search" }, [{ name: "t-search", status: "FAILED", io_log }]);
  await goto(`/snaps/${await artefact(request, server, "log-search")}`);
  await page.getByText("t-search", { exact: true }).click();
  const log = page.getByRole("region", { name: "Log text" });
  const field = page.getByRole("searchbox", { name: "Search in this log" });
  await field.fill("NEEDLE");
  await expect(page.getByText("1 of 3", { exact: true })).toBeVisible();
  await expect(log.getByText("at 500")).toBeInViewport();
  await field.press("Enter");
  await expect(page.getByText("2 of 3", { exact: true })).toBeVisible();
  await expect(log.getByText("at 1500")).toBeInViewport();
  await field.press("Shift+Enter");
  await field.press("Shift+Enter");
  await expect(page.getByText("3 of 3", { exact: true })).toBeVisible();
  await expect(log.getByText("at 2500")).toBeInViewport();
  await page.getByRole("button", { name: "Next match" }).click();
  await expect(page.getByText("1 of 3", { exact: true })).toBeVisible();
  await field.fill("nowhere");
  await expect(page.getByText("Not found")).toBeVisible();
  await field.press("Escape");
  await expect(field).toHaveValue("");
});

test("colours of terminals show, and do not get into the way of words", async ({ page, request, server, goto, shot }) => {
  const io_log = "\u001b[1;31mERR\u001b[0mOR: no signal\nfine\n\u001b[32mgreen\nstill green\u001b[0m";
  await report(request, server, { name: "log-colours" }, [{ name: "t-colours", status: "FAILED", io_log }]);
  await goto(`/snaps/${await artefact(request, server, "log-colours")}`);
  await page.getByText("t-colours", { exact: true }).click();
  const lines = page.locator(".log-line");
  await expect(lines).toHaveCount(4);
  await expect(lines.nth(0).locator(".log-text")).toHaveText("ERROR: no signal");
  await expect(lines.nth(0).locator(".ansi-1.ansi-bold")).toHaveText("ERR");
  await expect(lines.nth(0)).toHaveClass(/log-error/);
  await expect(lines.nth(1)).not.toHaveClass(/log-error/);
  await expect(lines.nth(3).locator(".ansi-2")).toHaveText("still green");
  await page.getByRole("searchbox", { name: "Search in this log" }).fill("error");
  await expect(lines.nth(0).locator("mark")).toHaveText(["ERR", "OR"]);
  await shot("log-colours");
});

test("a log is fetched when its result opens, and may be empty", async ({ page, request, server, goto }) => {
  for (const environment of ["first", "second"]) {
    await report(request, server, { name: "log-later", environment, ci_link: `https://ci.example.com/log-later/${environment}` }, [
      { name: "t-talks", status: "FAILED", io_log: "one\ntwo" },
      { name: "t-silent", status: "FAILED" },
    ]);
  }
  await goto(`/snaps/${await artefact(request, server, "log-later")}`);
  const environment = page.locator(".environment", { hasText: "first" });
  await environment.locator("summary").first().click();
  await environment.getByText("t-talks", { exact: true }).click();
  await expect(environment.getByRole("region", { name: "Log text" })).toContainText("two");
  await expect(environment.getByText("2 lines, 7 bytes")).toBeVisible();
  await environment.getByText("t-silent", { exact: true }).click();
  await expect(environment.getByText("The test printed nothing.")).toBeVisible();
});

test("a link leads to a line", async ({ page, context, request, server, goto }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const io_log = Array.from({ length: 2000 }, (_, at) => `line ${at + 1}`).join("\n");
  const run = await report(request, server, { name: "log-link" }, [{ name: "t-link", status: "FAILED", io_log }]);
  const { "t-link": id } = await results(request, server, run);
  const path = `/snaps/${await artefact(request, server, "log-link")}?testExecutionId=${run}&testResultId=${id}`;
  await goto(`${path}#result-${id}-line-1500`);
  const marked = page.locator(".log-marked");
  await expect(marked).toContainText("line 1500");
  await expect(marked).toBeInViewport();

  await page.getByRole("link", { name: "Link to line 1501" }).click();
  await expect(page.getByText("Copied the link to line 1501.")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${server.url}${path}#result-${id}-line-1501`);
  await expect(marked).toContainText("line 1501");
});

test("wrapping is remembered, and the rest is a step away", async ({ page, request, server, goto }) => {
  const io_log = Array.from({ length: 1000 }, (_, at) => `line ${at + 1} ${"wide ".repeat(60)}`).join("\n");
  await report(request, server, { name: "log-wrap" }, [{ name: "t-wrap", status: "FAILED", io_log }]);
  const path = `/snaps/${await artefact(request, server, "log-wrap")}`;
  await goto(path);
  await page.getByText("t-wrap", { exact: true }).click();
  await page.getByRole("button", { name: "Wrap lines" }).click();
  const frame = page.locator(".log-wrapped");
  await expect(frame).toContainText("line 1 wide");
  expect(await frame.evaluate((element) => element.scrollWidth - element.clientWidth)).toBeLessThanOrEqual(0);
  await expect(page.getByRole("button", { name: "Earlier lines" })).toBeHidden();
  await page.getByRole("button", { name: "Later lines" }).click();
  await expect(frame).toContainText("line 401 wide");
  await page.getByRole("button", { name: "Earlier lines" }).click();
  await expect(frame).toContainText("line 1 wide");

  await goto(path);
  await page.getByText("t-wrap", { exact: true }).click();
  await expect(page.locator(".log-wrapped")).toBeVisible();
});

test("of a hundred thousand lines a few exist at once", async ({ page, request, server, goto }) => {
  const io_log = Array.from({ length: 120_000 }, (_, at) => `line ${at + 1}`).join("\n");
  await report(request, server, { name: "log-long" }, [{ name: "t-long", status: "FAILED", io_log }]);
  await goto(`/snaps/${await artefact(request, server, "log-long")}`);
  await page.getByText("t-long", { exact: true }).click();
  await expect(page.getByText("These are the first 100000 of 120000 lines.")).toBeVisible();
  const frame = page.getByRole("region", { name: "Log text" });
  await frame.scrollIntoViewIfNeeded();
  await frame.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(frame.getByText("line 100000", { exact: true })).toBeInViewport();
  expect(await page.locator(".log-line").count()).toBeLessThan(120);

  const link = page.getByRole("link", { name: "Plain text" });
  const whole = await request.get(server.url + (await link.getAttribute("href")));
  expect(whole.headers()["content-type"]).toBe("text/plain; charset=utf-8");
  expect(await whole.text()).toBe(io_log);
  await expect(page.getByRole("link", { name: "Download" })).toHaveAttribute("download", /\.log$/);
});
