// The list of issues and the page of one: adding, filtering, rules, auto-rerun, and the results it is attached to.
import type { APIRequestContext } from "@playwright/test";
import { expect, test, type Server } from "../fixtures";
import { report, results } from "../report";

/** Sends a change as the application that may do everything. */
async function send(request: APIRequestContext, server: Server, method: "PUT" | "POST" | "PATCH", path: string, data: unknown) {
  const answer = await request.fetch(`${server.url}${path}`, { method, data, headers: { Authorization: `Bearer ${server.apiKey}` } });
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
  return answer.json();
}

async function addIssue(request: APIRequestContext, server: Server, url: string, title: string, status = "open"): Promise<number> {
  return (await send(request, server, "PUT", "/v1/issues", { url, title, status })).id;
}

test("issues are listed by project, filtered and searched", async ({ page, request, server, goto, shot }) => {
  await addIssue(request, server, "https://github.com/acme/radio/issues/1", "No sound after resume");
  await addIssue(request, server, "https://github.com/acme/radio/issues/2", "Old noise", "closed");
  await addIssue(request, server, "https://warthogs.atlassian.net/browse/TUNER-7", "Tuner drifts");

  await goto("/issues");
  await expect(page.getByRole("link", { name: "No sound after resume" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Old noise" })).toBeHidden();
  await expect(page.getByRole("heading", { name: "GITHUB acme/radio" })).toBeVisible();
  await shot("issues");

  await expect(page.getByRole("link", { name: "Do without Status: open, unknown" })).toBeVisible();
  await page.getByText("Filters", { exact: true }).click();
  await page.getByRole("checkbox", { name: "closed" }).check();
  await expect(page).toHaveURL(/status=closed/);
  await expect(page.getByRole("link", { name: "Old noise" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("link", { name: "Old noise" })).toBeHidden();

  await page.getByRole("checkbox", { name: "jira" }).check();
  await expect(page.getByRole("link", { name: "No sound after resume" })).toBeHidden();
  await expect(page.getByRole("link", { name: "Tuner drifts" })).toBeVisible();
  await page.getByRole("link", { name: "Do without Source: jira" }).click();
  await page.getByRole("searchbox").fill("resume");
  await expect(page).toHaveURL(/q=resume/);
  await expect(page.getByRole("link", { name: "Tuner drifts" })).toBeHidden();
  await page.getByRole("searchbox").fill("nothing like it");
  await expect(page.getByText("No issues found.")).toBeVisible();
});

test("an issue is added by its address, by keyboard alone", async ({ page, goto, signIn }) => {
  await signIn();
  await goto("/issues");
  await page.getByRole("button", { name: "add issue" }).focus();
  await page.keyboard.press("Enter");
  const field = page.getByLabel("External issue URL (GitHub, Jira, Launchpad)");
  await field.fill("https://example.com/1");
  await page.keyboard.press("Enter");
  await expect(page.getByText("This is none of an issue", { exact: false })).toBeVisible();
  await field.fill("https://bugs.launchpad.net/radio/+bug/99");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("log").getByText("is known here", { exact: false })).toBeVisible();
  await expect(page.getByRole("link", { name: "[No title]" }).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "add issue" })).toBeFocused();
});

test("rules are looked at, switched off and on again, and deleted", async ({ page, request, server, goto, signIn, shot }) => {
  const issue = await addIssue(request, server, "https://github.com/acme/rules/issues/1", "Flaky radio");
  const execution = await report(request, server, { name: "with-rule" }, [{ name: "issue-page/radio", status: "FAILED", io_log: "panic" }]);
  const { "issue-page/radio": result } = await results(request, server, execution);
  await send(request, server, "POST", `/v1/issues/${issue}/attach`, { test_results: [result] });
  const rule = await send(request, server, "POST", `/v1/issues/${issue}/attachment-rules`, {
    enabled: true,
    families: ["snap"],
    test_case_names: ["issue-page/radio"],
    artefact_tracks: ["latest"],
  });

  await signIn();
  await goto(`/issues/${issue}?attachmentRule=${rule.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Flaky radio");
  const fold = page.getByRole("group").filter({ hasText: `Attachment Rule #${rule.id}` });
  await expect(fold.getByText("issue-page/radio")).toBeVisible();
  await expect(fold.getByText("Tracks")).toBeVisible();
  await expect(page.getByRole("cell", { name: "issue-page/radio", exact: true })).toBeVisible();
  await shot("issue");

  await page.getByRole("button", { name: `disable rule #${rule.id}` }).click();
  await expect(fold.getByText("Disabled")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(fold.getByText("Enabled")).toBeVisible();

  await page.getByRole("switch", { name: "Auto-rerun on new matches", exact: false }).check();
  await expect
    .poll(async () => (await (await request.get(`${server.url}/v1/issues/${issue}`)).json()).auto_rerun_enabled)
    .toBe(true);

  await page.getByRole("button", { name: `delete rule #${rule.id}` }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("No rule attaches this issue.", { exact: false })).toBeVisible();
});

test.describe("missing", () => {
  test.use({ expectedNoise: [/404 \(Not Found\)/] });

  test("an issue that there is not is a page with the right status", async ({ page, goto }) => {
    const response = await goto("/issues/999999");
    expect(response?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  });
});
