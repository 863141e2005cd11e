// Triage: issues are attached to what failed, one by one, by rule, by keyboard and in bulk; and what surrounds results of a run.
import type { APIRequestContext, Locator, Page } from "@playwright/test";
import { expect, test, type Server } from "../fixtures";
import { artefact, post, report, results, start, type Result } from "../report";

// Everybody may do everything that triage needs, so that specs need not sign in.
const everything = [
  "view_user", "view_artefact", "view_environment_review", "view_test", "change_test", "view_issue", "change_issue",
  "change_issue_attachment", "change_issue_attachment_bulk", "change_attachment_rule", "view_rerun", "change_rerun",
  "view_test_case_reported_issue", "change_test_case_reported_issue", "view_environment_reported_issue",
];

test.use({ serverEnvironment: { IGNORE_PERMISSIONS: everything.join(",") } });

const failed = (name: string, more: Partial<Result> = {}): Result => ({ name, status: "FAILED", ...more });

/** Calls the API with every permission. */
async function api(request: APIRequestContext, server: Server, method: string, path: string, data?: unknown) {
  const answer = await request.fetch(server.url + path, { method, data, headers: { Authorization: `Bearer ${server.apiKey}` } });
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
  return answer.json();
}

/** Makes an issue known and gives its id. */
async function issue(request: APIRequestContext, server: Server, number: number, title: string): Promise<number> {
  const url = `https://github.com/acme/radio/issues/${number}`;
  return (await api(request, server, "PUT", "/v1/issues", { url, title, status: "open" })).id;
}

/** Opens a result of an open run and gives its row. */
async function open(page: Page, id: number): Promise<Locator> {
  const row = page.locator(`.result-row[data-result="${id}"]`);
  await row.locator(".result > summary").click();
  await expect(row.getByRole("region", { name: "Test Issues", exact: true })).toBeVisible();
  return row;
}

test("an issue is attached and detached, and both can be seen at once", async ({ page, request, server, goto }) => {
  const run = await report(request, server, { name: "attach-one" }, [failed("t-attach-one")]);
  const { "t-attach-one": id } = await results(request, server, run);
  await goto(`/snaps/${await artefact(request, server, "attach-one")}`);
  const row = await open(page, id);
  await expect(row.getByText("Untriaged")).toBeVisible();

  await row.getByRole("button", { name: "Attach an issue to t-attach-one" }).click();
  const dialog = page.getByRole("dialog", { name: "Attach Issue" });
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(dialog.getByText("Please enter a URL")).toBeVisible();
  const field = dialog.getByLabel("Test Observer issue URL or external URL");
  await field.fill("https://example.org/1");
  await field.blur();
  await expect(dialog.getByText("This is none of an issue")).toBeVisible();
  await field.fill("https://github.com/acme/radio/issues/1");
  // Enter sends the form.
  await field.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(row.getByRole("link", { name: /^#1/ })).toHaveAttribute("href", "https://github.com/acme/radio/issues/1");
  await expect(row.getByText("Test Issues (1)", { exact: true })).toBeVisible();
  await expect(row.getByText("Untriaged")).toBeHidden();

  await row.getByRole("button", { name: "Detach #1 from t-attach-one" }).click();
  await page.getByRole("dialog", { name: "Detach Issue" }).getByRole("button", { name: "detach", exact: true }).click();
  await expect(row.getByText("Test Issues (0)", { exact: true })).toBeVisible();
  // What one does oneself is no news. Whoever listens as the page does has heard of it by then.
  const heard = page.evaluate(() => new Promise<void>((resolve) => {
    const events = new EventSource(`/v1/events?artefact_id=${location.pathname.split("/").pop()}`);
    events.addEventListener("test_result", () => resolve());
  }));
  await page.getByRole("log").getByRole("button", { name: "Undo" }).click();
  await expect(row.getByText("Test Issues (1)", { exact: true })).toBeVisible();
  await heard;
  await expect(page.getByText("since this page was loaded")).toBeHidden();
});

test("others are heard of, also at the moment of a change of one's own", async ({ page, request, server, goto, signIn }) => {
  const run = await report(request, server, { name: "crowd" }, [failed("t-crowd")]);
  const { "t-crowd": id } = await results(request, server, run);
  const shared = await artefact(request, server, "crowd");
  await signIn();
  const connected = page.waitForResponse(/\/v1\/events\?artefact_id/);
  await goto(`/snaps/${shared}`);
  await connected;
  const row = await open(page, id);
  await row.getByRole("button", { name: "Attach an issue to t-crowd" }).click();
  const field = page.getByRole("dialog", { name: "Attach Issue" }).getByLabel("Test Observer issue URL or external URL");
  await field.fill("https://github.com/acme/radio/issues/2");
  await field.press("Enter");
  await expect(row.getByText("Test Issues (1)", { exact: true })).toBeVisible();
  await api(request, server, "PATCH", `/v1/artefacts/${shared}`, { comment: "Seen by somebody" });
  await expect(page.getByText("1 change since this page was loaded")).toBeVisible();
});

test("issues are suggested from the same test, and found by their title", async ({ page, request, server, goto }) => {
  const known = await issue(request, server, 21, "Sound is gone after suspend");
  await issue(request, server, 22, "Screen flickers at dawn");
  const first = await report(request, server, { name: "suggest", environment: "first" }, [failed("t-suggest")]);
  const explained = await results(request, server, first);
  await api(request, server, "POST", `/v1/issues/${known}/attach`, { test_results: [explained["t-suggest"]] });
  const second = await report(request, server, { name: "suggest", environment: "second" }, [failed("t-suggest")]);
  const { "t-suggest": id } = await results(request, server, second);

  await goto(`/snaps/${await artefact(request, server, "suggest")}?testExecutionId=${second}`);
  const row = await open(page, id);
  await row.getByRole("button", { name: "Attach an issue to t-suggest" }).click();
  const dialog = page.getByRole("dialog", { name: "Attach Issue" });
  const field = dialog.getByLabel("Test Observer issue URL or external URL");
  await dialog.getByRole("button", { name: "Use https://github.com/acme/radio/issues/21" }).click();
  await expect(field).toHaveValue(`${server.url}/issues/${known}`);

  await field.fill("flickers dawn");
  await dialog.getByRole("button", { name: /Screen flickers at dawn/ }).click();
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByRole("link", { name: "Screen flickers at dawn" })).toBeVisible();
});

test("a rule is made, applied to what there is, taken back, and disabled", async ({ page, request, server, goto, shot }) => {
  const older = await report(request, server, { name: "rule", environment: "older" }, [failed("t-rule")]);
  const newer = await report(request, server, { name: "rule", environment: "newer" }, [failed("t-rule"), failed("t-other")]);
  const before = (await results(request, server, older))["t-rule"];
  const { "t-rule": id } = await results(request, server, newer);
  await goto(`/snaps/${await artefact(request, server, "rule")}?testExecutionId=${newer}`);
  const row = await open(page, id);
  await row.getByRole("button", { name: "Attach an issue to t-rule" }).click();
  const dialog = page.getByRole("dialog", { name: "Attach Issue" });
  await dialog.getByLabel("Test Observer issue URL or external URL").fill("https://github.com/acme/radio/issues/31");
  await dialog.getByLabel("Create attachment rule").check();
  await expect(dialog.getByLabel("t-rule")).toBeChecked();
  await expect(dialog.getByLabel("snap", { exact: true })).toBeChecked();
  await expect(dialog.getByLabel("newer", { exact: true })).not.toBeChecked();
  await expect(dialog.getByRole("link", { name: "Matches 2 test results" })).toBeVisible();
  await dialog.getByLabel("newer", { exact: true }).check();
  await expect(dialog.getByRole("link", { name: "Matches 1 test result", exact: true })).toBeVisible();
  await dialog.getByLabel("newer", { exact: true }).uncheck();
  await shot("attach-rule");

  // A rule of nothing is refused.
  await dialog.getByLabel("t-rule").uncheck();
  await dialog.getByLabel("snap", { exact: true }).uncheck();
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(dialog.getByText("Select at least one filter.")).toBeVisible();

  await dialog.getByLabel("t-rule").check();
  await dialog.getByLabel("FAILED").check();
  await dialog.getByLabel("Attach to existing test results, too").check();
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(dialog.getByText("Confirm Attachment Rule")).toBeVisible();
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByRole("link", { name: "Attached by an enabled attachment rule" })).toBeVisible();
  const issuesOf = async (execution: number, name: string) => {
    const all = await api(request, server, "GET", `/v1/test-executions/${execution}/test-results`);
    return all.find((result: { name: string }) => result.name === name).issues.length;
  };
  expect([await issuesOf(older, "t-rule"), await issuesOf(newer, "t-other")]).toEqual([1, 0]);
  await page.getByRole("log").getByRole("button", { name: "Undo" }).click();
  await expect.poll(() => issuesOf(older, "t-rule")).toBe(0);
  expect(before).toBeLessThan(id);

  await row.getByRole("button", { name: "Detach #31 from t-rule" }).click();
  const detach = page.getByRole("dialog", { name: "Detach Issue" });
  await expect(detach.getByText("t-rule").first()).toBeVisible();
  await detach.getByLabel("Disable attachment rule").check();
  await detach.getByRole("button", { name: "detach", exact: true }).click();
  await expect(row.getByText("Test Issues (0)", { exact: true })).toBeVisible();
  const found = (await api(request, server, "GET", "/v1/issues?q=radio/issues/31")).issues[0];
  const [rule] = (await api(request, server, "GET", `/v1/issues/${found.id}`)).attachment_rules;
  expect(rule.enabled).toBe(false);
});

test("failures are gone through by keyboard", async ({ page, request, server, goto }) => {
  const runs = [];
  for (const environment of ["a-machine", "b-machine"]) {
    runs.push(await report(request, server, { name: "keys", environment }, [failed("t-keys-1"), failed("t-keys-2"), { name: "t-keys-3", status: "PASSED" }]));
  }
  const [first, second] = [await results(request, server, runs[0]), await results(request, server, runs[1])];
  await goto(`/snaps/${await artefact(request, server, "keys")}`);
  const bar = page.getByRole("region", { name: "Triage" });
  await expect(bar).toContainText("0 of 4 failures triaged");

  const summary = (id: number) => page.locator(`#result-${id} > summary`);
  for (const id of [first["t-keys-1"], first["t-keys-2"], second["t-keys-1"]]) {
    await page.keyboard.press("j");
    await expect(summary(id)).toBeFocused();
    await expect(summary(id)).toBeInViewport();
  }
  await expect(bar).toContainText("Failure 3 of 4");
  await page.keyboard.press("k");
  await expect(summary(first["t-keys-2"])).toBeFocused();

  await page.keyboard.press("a");
  const dialog = page.getByRole("dialog", { name: "Attach Issue" });
  await dialog.getByLabel("Test Observer issue URL or external URL").fill("https://github.com/acme/radio/issues/41");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(summary(first["t-keys-2"])).toBeFocused();
  await expect(bar).toContainText("1 of 4 failures triaged");

  await page.keyboard.press("n");
  await expect(summary(second["t-keys-1"])).toBeFocused();
  const row = page.locator(`#result-${second["t-keys-1"]}`);
  await expect(row).toHaveAttribute("open", "");
  await page.keyboard.press("o");
  await expect(row).not.toHaveAttribute("open", "");

  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await expect(summary(second["t-keys-2"])).toBeFocused();
  await page.keyboard.press("x");
  await expect(bar).toContainText("2 selected");
  await bar.getByRole("button", { name: "Attach an issue" }).click();
  await dialog.getByLabel("Test Observer issue URL or external URL").fill("https://github.com/acme/radio/issues/42");
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(bar).toContainText("3 of 4 failures triaged");

  await page.locator(`#result-${first["t-keys-2"]} > summary`).focus();
  await page.keyboard.press("d");
  await page.getByRole("dialog", { name: "Detach Issue" }).getByRole("button", { name: "detach", exact: true }).click();
  await expect(bar).toContainText("2 of 4 failures triaged");
});

test("what is known of a test is reported, changed and deleted", async ({ page, request, server, goto }) => {
  const run = await report(request, server, { name: "reported" }, [failed("t-reported")]);
  const { "t-reported": id } = await results(request, server, run);
  await goto(`/snaps/${await artefact(request, server, "reported")}`);
  const row = await open(page, id);
  await row.getByRole("button", { name: "Report an issue of t-reported" }).click();
  const dialog = page.getByRole("dialog", { name: "Report Issue" });
  await expect(dialog).toContainText("all results of the test case t-reported");
  await dialog.getByRole("button", { name: "submit" }).click();
  await expect(dialog.getByText("Must provide a bug/jira link to the issue")).toBeVisible();
  await dialog.getByLabel("Url").fill("https://github.com/acme/radio/issues/51");
  await dialog.getByLabel("Description").fill("Needs a microphone");
  await dialog.getByRole("button", { name: "submit" }).click();
  await expect(row.getByText("(1 reported issue)")).toBeVisible();

  await row.getByRole("button", { name: "Edit the report “Needs a microphone”" }).click();
  await dialog.getByLabel("Description").fill("Needs two microphones");
  await dialog.getByRole("button", { name: "submit" }).click();
  await expect(row.getByText("Needs two microphones")).toBeVisible();

  await row.getByRole("button", { name: /Edit the report/ }).click();
  await dialog.getByRole("button", { name: "delete" }).click();
  await expect(dialog.getByText("Are you sure you want to delete this issue?")).toBeVisible();
  await dialog.getByRole("button", { name: "Yes" }).click();
  await expect(row.getByText("Reported Test Issues (0)")).toBeVisible();
});

test("links of a run are added and removed", async ({ page, request, server, goto }) => {
  const run = await report(request, server, { name: "links" }, [failed("t-links")]);
  await goto(`/snaps/${await artefact(request, server, "links")}`);
  const section = page.locator(`#run-${run}`);
  await section.getByRole("button", { name: "Edit the links of run 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Links of Run 1" });
  await dialog.getByLabel("Label").fill("Doc");
  await dialog.getByLabel("URL").fill("example.com");
  await dialog.getByLabel("URL").press("Enter");
  await expect(dialog.getByText("The URL must begin with https:// or http://")).toBeVisible();
  await dialog.getByLabel("URL").fill("https://example.com/doc");
  await dialog.getByLabel("URL").press("Enter");
  await expect(dialog.getByRole("link", { name: /Doc/ })).toHaveAttribute("href", "https://example.com/doc");
  await dialog.getByRole("button", { name: "Remove the link Doc" }).click();
  await expect(dialog.getByText("No relevant links added")).toBeVisible();
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  await expect(section.getByRole("link", { name: /Doc/ })).toHaveCount(0);
});

test("a result is added by hand and shows at once", async ({ page, request, server, goto }) => {
  await start(request, server, { name: "manual", test_plan: "Manual Testing", initial_status: "NOT_STARTED" });
  await goto(`/snaps/${await artefact(request, server, "manual")}`);
  await page.getByRole("button", { name: "Add Test Result" }).click();
  const dialog = page.getByRole("dialog", { name: "Add Test Result" });
  await dialog.getByRole("button", { name: "Submit Test Result" }).click();
  await expect(dialog.getByText("Test name is required")).toBeVisible();
  await dialog.getByLabel("Test Name").fill("camera/detect");
  await dialog.getByLabel("Status").selectOption("FAILED");
  await dialog.getByLabel("Comment").fill("nothing to see");
  await dialog.getByRole("button", { name: "Submit Test Result" }).click();
  await expect(dialog).toBeHidden();
  await page.getByText("camera/detect", { exact: true }).click();
  await expect(page.getByText("nothing to see")).toBeVisible();
});

test("the events of a run that goes on are shown, and so are its results", async ({ page, request, server, goto }) => {
  const run = await start(request, server, { name: "events", execution_metadata: undefined });
  await api(request, server, "PUT", `/v1/test-executions/${run}/status_update`, {
    events: [{ event_name: "job_start", timestamp: "2031-05-04T03:02:01Z", detail: "machine 7" }],
  });
  await post(request, server, run, [failed("t-events")]);
  await goto(`/snaps/${await artefact(request, server, "events")}`);
  await expect(page.getByRole("cell", { name: "job_start" })).toBeVisible();
  await expect(page.getByText("machine 7")).toBeVisible();
  await expect(page.getByText("t-events", { exact: true })).toBeVisible();
});

test("results that arrive are announced and nothing moves", async ({ page, request, server, goto }) => {
  const run = await start(request, server, { name: "arriving" });
  await post(request, server, run, [failed("t-first")]);
  await goto(`/snaps/${await artefact(request, server, "arriving")}`);
  await expect(page.getByText("t-first", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Triage" })).toContainText("0 of 1");
  await post(request, server, run, [failed("t-second"), failed("t-third")]);
  const news = page.locator(`#run-${run}`).getByText("2 new results");
  await expect(news).toBeVisible();
  await expect(page.getByText("t-second", { exact: true })).toHaveCount(0);
  await page.locator(`#run-${run}`).getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByText("t-second", { exact: true })).toBeVisible();
});

test("two thousand results stay light", async ({ page, request, server, goto }) => {
  const name = (at: number) => `t-light-${String(at).padStart(4, "0")}`;
  const many: Result[] = Array.from({ length: 2000 }, (_, at) => ({ name: name(at), status: at < 300 ? "FAILED" : "PASSED", io_log: `log ${at}` }));
  const run = await start(request, server, { name: "light" });
  for (let at = 0; at < many.length; at += 500) await post(request, server, run, many.slice(at, at + 500));
  const ids = await results(request, server, run);
  const id = await artefact(request, server, "light");
  await goto(`/snaps/${id}`);
  const passed = page.locator(".group", { has: page.locator("summary", { hasText: "Passed" }) }).locator("> summary");
  await expect(passed).toContainText("1700");
  const took = await page.evaluate(() => {
    const group = document.querySelectorAll<HTMLElement>(".group > summary")[1];
    const from = performance.now();
    group.click();
    return new Promise<number>((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - from))));
  });
  await expect(page.getByText("t-light-0300", { exact: true })).toBeVisible();
  expect(took, "milliseconds to open a group").toBeLessThan(500);
  expect(await page.evaluate(() => document.querySelectorAll("*").length), "elements").toBeLessThan(5000);

  const group = page.locator(".group").nth(1);
  await group.getByRole("button", { name: "Next" }).click();
  await expect(group).toContainText("51–100 of 1700");
  await expect(page.getByText("t-light-0350", { exact: true })).toBeVisible();
  await group.getByRole("searchbox", { name: "Find a test in this group" }).fill("0999");
  await expect(group.locator(".result-row")).toHaveCount(1);

  // A link leads to the page that has the result.
  await goto(`/snaps/${id}?testExecutionId=${run}&testResultId=${ids[name(1234)]}`);
  await expect(page.locator(`#result-${ids[name(1234)]}`)).toBeInViewport();
  await expect(page.getByRole("region", { name: "Log text" })).toContainText("log 1234");
});

test("history goes back further and tells flaky tests", async ({ page, request, server, goto }) => {
  const statuses = ["PASSED", "FAILED", "PASSED", "FAILED", "FAILED"] as const;
  let run = 0;
  for (const [at, status] of statuses.entries()) {
    run = await report(request, server, { name: "flaky", version: `${at + 1}.0` }, [{ name: "t-flaky", status }]);
  }
  const { "t-flaky": id } = await results(request, server, run);
  await goto(`/snaps/${await artefact(request, server, "flaky", "5.0")}`);
  const row = await open(page, id);
  await expect(row.getByText("Flaky 75 %")).toBeVisible();
  await expect(row.getByText("Failing since version 4.0, 2 runs in a row.")).toBeVisible();
  await row.getByRole("region", { name: "History" }).getByRole("button", { name: "More" }).click();
  await expect(row.getByText("3 of the last 5 failed in this environment")).toBeVisible();
});

test("one issue explains a test in every environment", async ({ page, request, server, goto, shot }) => {
  const runs = [];
  for (const environment of ["m-one", "m-two", "m-three"]) {
    runs.push(await report(request, server, { name: "matrix", environment }, [failed("t-matrix"), failed(`t-only-${environment}`)]));
  }
  // The failures come with the page, for the table and for the bar above it.
  const asked: string[] = [];
  page.on("request", (sent) => void (sent.url().includes("/v1/test-results?") && asked.push(sent.url())));
  await goto(`/snaps/${await artefact(request, server, "matrix")}?view=tests`);
  await expect(page.getByRole("region", { name: "Triage" })).toContainText("0 of 6 failures triaged");
  expect(asked).toEqual([]);
  const table = page.getByRole("table");
  await expect(table.getByRole("columnheader")).toHaveCount(4);
  await expect(table.getByRole("row", { name: /t-matrix/ })).toContainText("untriaged");
  await table.getByRole("checkbox", { name: "Select t-matrix in all environments" }).check();
  await expect(page.getByText("3 results selected")).toBeVisible();
  await page.locator(".matrix-tools").getByRole("button", { name: "Attach an issue" }).click();
  const dialog = page.getByRole("dialog", { name: "Attach Issue" });
  await dialog.getByLabel("Test Observer issue URL or external URL").fill("https://github.com/acme/radio/issues/61");
  await dialog.getByRole("button", { name: "attach", exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(table.getByRole("row", { name: /t-matrix/ })).not.toContainText("untriaged");
  await shot("matrix");
  for (const run of runs) {
    const all = await api(request, server, "GET", `/v1/test-executions/${run}/test-results`);
    expect(all.map((result: { issues: unknown[] }) => result.issues.length)).toEqual([1, 0]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test("a version is compared with the one before", async ({ page, request, server, goto }) => {
  const results = (new_: "PASSED" | "FAILED", old: "PASSED" | "FAILED"): Result[] => [
    { name: "t-new", status: new_ },
    { name: "t-fixed", status: old },
    failed("t-still"),
  ];
  await report(request, server, { name: "compare", version: "1.0" }, results("PASSED", "FAILED"));
  await report(request, server, { name: "compare", version: "2.0" }, results("FAILED", "PASSED"));
  await goto(`/snaps/${await artefact(request, server, "compare", "2.0")}?view=compare`);
  await expect(page.getByText("1 new failure, 1 fixed")).toBeVisible();
  for (const name of ["t-new", "t-fixed"]) {
    const test = page.getByRole("listitem").filter({ hasText: name });
    await expect(test.getByRole("link", { name: "laptop (amd64), smoke" })).toBeVisible();
  }
});
