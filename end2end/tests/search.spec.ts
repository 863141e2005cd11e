// The search for results: filters in the address, words, details, and what can be done to everything found.
import { expect, test } from "../fixtures";
import { report } from "../report";

const failing = (name: string) => [
  { name: `${name}/fails`, status: "FAILED" as const, io_log: `kernel panic in ${name}`, comment: "seen before" },
  { name: `${name}/passes`, status: "PASSED" as const },
];

test("nothing is searched for until something is asked", async ({ page, goto, shot }) => {
  await goto("/test-results");
  await expect(page.getByText("Search for test results")).toBeVisible();
  await shot("search-empty");
});

test("filters live in the address and can be done without one by one", async ({ page, request, server, goto, shot }) => {
  await report(request, server, { name: "search-filters" }, failing("search-filters"));
  await goto("/test-results?artefacts=search-filters");
  await expect(page.getByText("Found 2 results")).toBeVisible();
  await page.getByText("Filters", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Failed" }).check();
  await expect(page).toHaveURL(/test_result_statuses=FAILED/);
  await expect(page).toHaveURL(/artefacts=search-filters/);
  await expect(page.getByText("Found 1 result")).toBeVisible();
  await expect(page.getByRole("link", { name: "search-filters/fails", exact: true })).toBeVisible();
  await shot("search");
  await page.getByRole("link", { name: "Do without Status: Failed" }).click();
  await expect(page.getByText("Found 2 results")).toBeVisible();
  await page.getByLabel("Archived only", { exact: true }).check();
  await expect(page.getByText("Nothing found")).toBeVisible();
  await page.getByLabel("Archived only", { exact: true }).uncheck();
  await expect(page.getByText("Found 2 results")).toBeVisible();
});

test("artefacts are found by typing, with the keyboard", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "search-typed" }, failing("search-typed"));
  await goto("/test-results");
  const field = page.getByRole("combobox", { name: "Artefact" });
  await field.focus();
  await page.keyboard.type("search-ty");
  await expect(page.getByRole("option", { name: "search-typed" })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/artefacts=search-typed/);
  await expect(page.getByText("Found 2 results")).toBeVisible();
});

test("words are found in logs, and the line is shown", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "search-words" }, failing("search-words"));
  await goto("/test-results?artefacts=search-words");
  await page.getByRole("searchbox").fill("kernel panic");
  await expect(page).toHaveURL(/q=kernel/);
  await expect(page.getByText("Found 1 result")).toBeVisible();
  await expect(page.getByText("kernel panic in search-words")).toBeVisible();
});

test("details show everything, with the log", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "search-details" }, failing("search-details"));
  await goto("/test-results?artefacts=search-details");
  await page.getByRole("button", { name: "Details of search-details/fails" }).click();
  const dialog = page.getByRole("dialog", { name: "Test Result Details" });
  await expect(dialog.getByText("kernel panic in search-details")).toBeVisible();
  await expect(dialog.getByText("seen before")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("button", { name: "Details of search-details/fails" })).toBeFocused();
});

test("an issue is attached to everything found, and detached", async ({ page, request, server, goto, signIn }) => {
  await report(request, server, { name: "search-bulk" }, failing("search-bulk"));
  await signIn();
  await goto("/test-results?artefacts=search-bulk");
  await page.getByRole("button", { name: "Attach Issue" }).click();
  const dialog = page.getByRole("dialog", { name: "Attach the issue to the 2 selected test results" });
  await dialog.getByRole("textbox").fill("https://github.com/acme/bulk/issues/5");
  await dialog.getByRole("button", { name: "attach" }).click();
  await expect(page.getByRole("log").getByText("attached to 2 test results", { exact: false })).toBeVisible();
  await expect(page.getByRole("cell", { name: "1 issue" })).toHaveCount(2);
  await page.getByRole("button", { name: "Detach Issue" }).click();
  const detach = page.getByRole("dialog", { name: "Detach the issue from the 2 selected test results" });
  await detach.getByRole("textbox").fill("https://github.com/acme/bulk/issues/5");
  await detach.getByRole("button", { name: "detach" }).click();
  await expect(page.getByRole("cell", { name: "1 issue" })).toHaveCount(0);
});

test("a rule is made of the filters", async ({ page, request, server, goto, signIn }) => {
  await report(request, server, { name: "search-rule" }, failing("search-rule"));
  await signIn();
  await goto("/test-results?artefacts=search-rule");
  await page.getByRole("button", { name: "Create Attachment Rule" }).click();
  const dialog = page.getByRole("dialog", { name: "Create Attachment Rule" });
  await expect(dialog.getByText("search-rule")).toBeVisible();
  await dialog.getByRole("textbox").fill("https://github.com/acme/bulk/issues/6");
  await dialog.getByRole("button", { name: "create" }).click();
  await expect(page.getByRole("log").getByText("The rule attaches issue", { exact: false })).toBeVisible();
});

test("reruns are asked for, stand in the queue, and are taken back there", async ({ page, request, server, goto, signIn, shot }) => {
  await report(request, server, { name: "search-rerun" }, failing("search-rerun"));
  await signIn();
  await goto("/test-results?artefacts=search-rerun");
  await page.getByRole("button", { name: "Create Rerun Requests" }).click();
  const dialog = page.getByRole("dialog", { name: "Create Rerun Requests" });
  await expect(dialog.getByText("Matches 2 test results")).toBeVisible();
  await dialog.getByLabel("Priority").fill("1000001");
  await expect(dialog.getByText("Priority must be between -1000000 and 1000000")).toBeVisible();
  await dialog.getByLabel("Priority").fill("5");
  await dialog.getByRole("button", { name: "create" }).click();
  await expect(page.getByRole("log").getByText("Reruns are requested", { exact: false })).toBeVisible();

  await goto("/reruns");
  const row = page.getByRole("row").filter({ hasText: "search-rerun" });
  await expect(row.getByRole("cell", { name: "5", exact: true })).toBeVisible();
  await shot("reruns");
  await row.getByRole("button", { name: "delete rerun: search-rerun in laptop" }).click();
  await expect(row.getByRole("button", { name: "ask again: search-rerun in laptop" })).toBeVisible();
  const queue = await (await request.get(`${server.url}/v1/test-executions/reruns`)).json();
  expect(queue.filter((rerun: { artefact: { name: string } }) => rerun.artefact.name === "search-rerun")).toEqual([]);
});

test("strangers are told why they cannot", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "search-stranger" }, failing("search-stranger"));
  await goto("/test-results?artefacts=search-stranger");
  const button = page.getByRole("button", { name: "Attach Issue" });
  await expect(button).toHaveAttribute("aria-disabled", "true");
  await expect(button).toHaveAttribute("title", "Sign in to do this.");
  // Playwright takes what says so for unable to be pressed; people press it all the same.
  await button.click({ force: true });
  await expect(page).toHaveURL(/\/login\?returnTo=/);
});
