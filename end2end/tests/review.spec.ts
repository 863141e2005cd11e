// Deciding on an artefact: reviews of environments, one or many, the sign-off, and everything else people change on its page.
import type { APIRequestContext, Locator, Page } from "@playwright/test";
import { expect, test as base, type Server } from "../fixtures";
import { withOidcProvider } from "../identity/oidc";
import { artefact, report, start } from "../report";

const OPEN = [
  "view_user", "view_issue", "view_test", "view_rerun", "view_artefact", "view_environment_review", "view_report",
  "view_test_case_reported_issue", "view_environment_reported_issue", "view_notification", "view_audit_log",
  "change_artefact", "change_environment_review", "change_rerun", "change_rerun_bulk", "change_test",
  "change_environment_reported_issue",
];

const test = base.extend<object, { provider: NodeJS.ProcessEnv }>({
  provider: [async ({}, use) => withOidcProvider(use), { scope: "worker", timeout: 30_000 }],
  // Everybody may do everything here: who may not is the subject of other specs.
  serverEnvironment: async ({ provider }, use) => use({ ...provider, IGNORE_PERMISSIONS: OPEN.join(",") }),
});

// A change that was overtaken is answered with 412, which the browser says, too; the page deals with it.
test.use({ expectedNoise: [/status of 412/] });

interface Review {
  id: number;
  environment: { name: string };
  review_decision: string[];
  review_comment: string;
}

function api(request: APIRequestContext, server: Server) {
  const headers = { Authorization: `Bearer ${server.apiKey}` };
  const path = (id: number) => `${server.url}/v1/artefacts/${id}`;
  return {
    artefact: async (id: number) => (await request.get(path(id), { headers })).json(),
    isKept: async (id: number): Promise<boolean> => (await (await request.get(`${path(id)}/keep`, { headers })).json()).kept,
    reviews: async (id: number): Promise<Review[]> => (await request.get(`${path(id)}/environment-reviews`, { headers })).json(),
    decide: async (id: number, name: string, review_decision: string[], review_comment = "") => {
      const reviews: Review[] = await (await request.get(`${path(id)}/environment-reviews`, { headers })).json();
      const review = reviews.find(({ environment }) => environment.name === name)!;
      const answer = await request.patch(`${path(id)}/environment-reviews/${review.id}`, { headers, data: { review_decision, review_comment } });
      expect(answer.status()).toBe(200);
    },
    change: async (id: number, data: unknown) => expect((await request.patch(path(id), { headers, data })).status()).toBe(200),
    reruns: async () => (await request.get(`${server.url}/v1/test-executions/reruns`, { headers })).json(),
  };
}

/** An artefact that was tested in some environments, in each with a failure. */
async function tested(request: APIRequestContext, server: Server, name: string, environments: string[], more: object = {}): Promise<number> {
  for (const environment of environments) {
    const ci_link = `https://ci.example.com/${crypto.randomUUID()}`;
    await report(request, server, { name, environment, ci_link, ...more }, [{ name: "t", status: environment.startsWith("good") ? "PASSED" : "FAILED" }]);
  }
  return artefact(request, server, name);
}

const chip = (page: Page, environment: string): Locator => page.getByRole("button", { name: new RegExp(`^Review of ${environment} `) });
const signOff = (page: Page): Locator => page.getByRole("button", { name: /^Sign-off/ });
const messages = (page: Page): Locator => page.getByRole("log", { name: "Messages" });
const environments = (page: Page): Locator => page.locator(".environment:visible h3");

test("an environment is reviewed, and that is taken back", async ({ page, request, server, goto, shot }) => {
  const id = await tested(request, server, "review-one", ["laptop", "server"]);
  await goto(`/snaps/${id}`);
  await expect(chip(page, "laptop")).toHaveAccessibleName("Review of laptop (amd64): Undecided");
  await chip(page, "laptop").click();
  const panel = page.getByRole("dialog", { name: /Review of laptop/ });
  await expect(panel.getByLabel("Reject", { exact: true })).toBeFocused();
  await panel.getByLabel("Approve (all tests pass)").check();
  await panel.getByLabel("Approve (inconsistent test definition)").check();
  await expect(panel.getByLabel("Reject", { exact: true })).toBeDisabled();
  await expect(panel.getByLabel("Approve (faulty hardware)")).toHaveCount(0);
  await panel.getByLabel("Additional review comments:").fill("It is fine");
  await shot("review-popover");
  await panel.getByRole("button", { name: "Submit Review" }).click();
  await expect(panel).toHaveCount(0);
  await expect(chip(page, "laptop")).toHaveAccessibleName("Review of laptop (amd64): Approved");
  await expect(page.getByText("1 of 2 environments reviewed")).toBeVisible();
  await expect(page.getByText("Approve (inconsistent test definition), Approve (all tests pass) – It is fine")).toBeVisible();

  await messages(page).getByRole("button", { name: "Undo" }).click();
  await expect(chip(page, "laptop")).toHaveAccessibleName("Review of laptop (amd64): Undecided");
  await expect.poll(async () => (await api(request, server).reviews(id)).map((review) => review.review_comment)).toEqual(["", ""]);
});

test("the keyboard is enough for a review", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "review-keys", ["laptop", "server"]);
  await goto(`/snaps/${id}`);
  await page.locator("summary", { hasText: "server" }).focus();
  await page.keyboard.press("v");
  const panel = page.getByRole("dialog", { name: /Review of server/ });
  await expect(panel.getByLabel("Reject", { exact: true })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(panel).toHaveCount(0);
  await expect(chip(page, "server")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(panel.getByLabel("Reject", { exact: true })).toBeFocused();
  await page.keyboard.press("Space");
  await panel.getByRole("button", { name: "Submit Review" }).focus();
  await page.keyboard.press("Enter");
  await expect(chip(page, "server")).toHaveAccessibleName(/Rejected/);
  await page.getByRole("checkbox", { name: "Select laptop (amd64)" }).focus();
  await page.keyboard.press("Space");
  await expect(page.getByText("1 of 2 selected")).toBeVisible();
});

test.describe("overtaken", () => {
  test("a review that overtakes another is shown, and can be replaced", async ({ page, request, server, goto }) => {
    const id = await tested(request, server, "review-race", ["laptop"]);
    await goto(`/snaps/${id}`);
    const looked = page.waitForResponse(/environment-reviews\/\d+$/);
    await chip(page, "laptop").click();
    await looked;
    await api(request, server).decide(id, "laptop", ["REJECTED"], "Broken");
    const panel = page.getByRole("dialog", { name: /Review of laptop/ });
    await panel.getByLabel("Approve (all tests pass)").check();
    await panel.getByRole("button", { name: "Submit Review" }).click();
    await expect(messages(page)).toContainText("has reviewed laptop (amd64) in the meantime: Reject – Broken. Your review was not saved.");
    await expect(chip(page, "laptop")).toHaveAccessibleName(/Rejected/);
    await messages(page).getByRole("button", { name: "Save mine instead" }).click();
    await expect(chip(page, "laptop")).toHaveAccessibleName(/Approved/);
  });

  test("a sign-off that was overtaken says by what", async ({ page, request, server, goto }) => {
    const id = await tested(request, server, "sign-off-race", ["good"]);
    await api(request, server).decide(id, "good", ["APPROVED_ALL_TESTS_PASS"]);
    await goto(`/snaps/${id}`);
    await api(request, server).change(id, { comment: "Wait for me" });
    await signOff(page).click();
    await page.getByRole("dialog", { name: "Sign-off" }).getByRole("button", { name: "Approved" }).click();
    await expect(messages(page)).toContainText("e2e was faster: the comment is “Wait for me” now. Nothing was saved.");
    await messages(page).getByRole("button", { name: "Show how it is now" }).click();
    await expect(page.getByRole("region", { name: "comment" })).toContainText("Wait for me");
    await signOff(page).click();
    await page.getByRole("dialog", { name: "Sign-off" }).getByRole("button", { name: "Approved" }).click();
    await expect(signOff(page)).toHaveAccessibleName("Sign-off: Approved");
  });
});

test("the sign-off says what is missing, and is taken back", async ({ page, request, server, goto, shot }) => {
  const id = await tested(request, server, "sign-off", ["laptop", "server"]);
  await api(request, server).decide(id, "laptop", ["APPROVED_ALL_TESTS_PASS"]);
  await goto(`/snaps/${id}`);
  await signOff(page).click();
  const menu = page.getByRole("dialog", { name: "Sign-off" });
  await expect(menu.getByRole("button", { name: "Approved" })).toHaveAttribute("aria-disabled", "true");
  await expect(menu.getByText("1 environment is not approved.")).toBeVisible();
  await expect(menu.getByText("No environment is rejected.")).toBeVisible();
  await shot("sign-off");
  await menu.getByRole("link", { name: "server (amd64)" }).click();
  await expect(page.locator(".environment", { hasText: "server" }).locator("> details")).toHaveAttribute("open", "");

  await chip(page, "server").click();
  await page.getByLabel("Approve (customer provided prerequisite failing)").check();
  await page.getByRole("button", { name: "Submit Review" }).click();
  await expect(page.getByText("2 of 2 environments reviewed")).toBeVisible();
  await expect.poll(async () => (await api(request, server).artefact(id)).completed_environment_reviews_count).toBe(2);
  await signOff(page).click();
  await menu.getByRole("button", { name: "Approved" }).click();
  await expect(signOff(page)).toHaveAccessibleName("Sign-off: Approved");
  await messages(page).locator(".feedback-message", { hasText: "sign-off 1.0: Approved" }).getByRole("button", { name: "Undo" }).click();
  await expect(signOff(page)).toHaveAccessibleName("Sign-off: Undecided");
});

test("a rejection says why", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "rejection", ["laptop"]);
  await api(request, server).decide(id, "laptop", ["REJECTED"]);
  await goto(`/snaps/${id}`);
  await signOff(page).click();
  await page.getByRole("dialog", { name: "Sign-off" }).getByRole("button", { name: "Rejected" }).click();
  const dialog = page.getByRole("dialog", { name: "Reject this artefact?" });
  await expect(dialog.getByText("laptop (amd64)")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Reject" })).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Why it must not ship").fill("It breaks laptops");
  await dialog.getByRole("button", { name: "Reject" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(signOff(page)).toHaveAccessibleName("Sign-off: Rejected");
  await expect(page.getByRole("region", { name: "comment" })).toContainText("It breaks laptops");
});

test("several environments are reviewed at once; comments stay unless one is written", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "bulk", ["a", "b", "good"]);
  await api(request, server).decide(id, "a", [], "Look at the log");
  await goto(`/snaps/${id}`);
  await expect(page.getByRole("button", { name: "Review 0 environments" })).toHaveAttribute("aria-disabled", "true");
  await page.getByRole("button", { name: "Select All", exact: true }).click();
  await expect(page.getByText("3 of 3 selected")).toBeVisible();
  await page.getByRole("group", { name: "Plans whose last run" }).getByLabel("Failed").check();
  await expect(page.getByText("2 of 3 selected. 1 more is hidden by the filters, and will not be reviewed.")).toBeVisible();
  await page.getByRole("button", { name: "Review 2 environments" }).click();
  const dialog = page.getByRole("dialog", { name: "Bulk Environment Review" });
  await expect(dialog.getByRole("listitem")).toHaveText(["a (amd64)", "b (amd64)"]);
  await dialog.getByLabel("Reject", { exact: true }).check();
  await expect(dialog.getByText("Comments that are there stay as they are.")).toBeVisible();
  await dialog.getByRole("button", { name: "Submit Reviews" }).click();
  await expect(dialog).toHaveCount(0);
  const said = async () => (await api(request, server).reviews(id)).map(({ environment, review_decision, review_comment }) => [environment.name, review_decision.length, review_comment]);
  expect((await said()).sort()).toEqual([["a", 1, "Look at the log"], ["b", 1, ""], ["good", 0, ""]]);
  await messages(page).getByRole("button", { name: "Undo" }).click();
  await expect.poll(async () => (await said()).map(([, count]) => count)).toEqual([0, 0, 0]);
  await page.getByRole("button", { name: "Deselect All" }).click();
  await expect(page.getByText("0 of 3 selected")).toBeVisible();
});

test("filters live in the address, and what is open stays open", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "filters", ["good-one", "bad-one", "bad-two"]);
  await api(request, server).decide(id, "bad-two", ["REJECTED"]);
  await goto(`/snaps/${id}?unrelated=1`);
  await page.locator("summary", { hasText: "bad-one" }).click();
  await page.getByRole("group", { name: "Review status" }).getByLabel("Undecided").check();
  await expect(environments(page)).toHaveText(["bad-one", "good-one"]);
  await expect(page).toHaveURL(/unrelated=1/);
  await expect(page.getByText("2 of 3 environments", { exact: true })).toBeVisible();
  await page.getByRole("group", { name: "Test Execution Triaged" }).getByLabel("Not Triaged").check();
  await expect(environments(page)).toHaveText(["bad-one"]);
  await expect(page.locator(".environment", { hasText: "bad-one" }).locator("> details")).toHaveAttribute("open", "");
  await page.goBack();
  await expect(environments(page)).toHaveText(["bad-one", "good-one"]);
  await page.getByRole("group", { name: "Test Execution Status" }).getByLabel("In Progress").check();
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(environments(page)).toHaveCount(3);
  await expect(page).toHaveURL(/unrelated=1/);

  await page.keyboard.press("/");
  await expect(page.getByRole("combobox", { name: /^Environment$/ })).toBeFocused();
  await page.keyboard.type("good");
  await page.keyboard.press("Enter");
  await expect(environments(page)).toHaveText(["good-one"]);
  await expect(page).toHaveURL(/Environment=good-one/);
  await page.getByRole("link", { name: "Do without Environment: good-one" }).click();
  await expect(environments(page)).toHaveCount(3);
  await goto(`/snaps/${id}?q=TWO&Test%20plan=smoke&Environment%20reviewer=Unassigned&Plans%20whose%20last%20run=Failed`);
  await expect(environments(page)).toHaveText(["bad-two"]);
});

test("the panel is put away, and is a drawer on a phone, where actions wait, too", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "panel", ["laptop"]);
  await goto(`/snaps/${id}`);
  const panel = page.getByRole("complementary", { name: "Details" });
  const button = page.getByRole("button", { name: "Details and filters" });
  await expect(panel).toBeVisible();
  await button.click();
  await expect(panel).toBeHidden();
  await expect(button).toHaveAttribute("aria-expanded", "false");

  await page.setViewportSize({ width: 360, height: 740 });
  await goto(`/snaps/${id}?Environment=laptop`);
  await expect(panel).toBeHidden();
  const opener = page.getByRole("button", { name: "Details and filters (some are active)" });
  await opener.click();
  await expect(panel).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(panel).toBeHidden();
  // The button has the focus until the panel takes it.
  await opener.click();
  await expect(panel).toBeVisible();
  await opener.press("Escape");
  await expect(panel).toBeHidden();

  const selectAll = page.getByRole("button", { name: "Select All", exact: true });
  await expect(selectAll).toBeHidden();
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await selectAll.click();
  await expect(page.getByText("1 of 1 selected")).toBeVisible();
});

test("the comment is changed where it stands", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "comment", ["laptop"]);
  await goto(`/snaps/${id}`);
  const region = page.getByRole("region", { name: "comment" });
  await region.getByRole("button", { name: "Edit the comment" }).click();
  await expect(region.getByRole("textbox")).toBeFocused();
  await page.keyboard.type("Not this");
  await region.getByRole("button", { name: "cancel" }).click();
  await expect(region).toContainText("No comment yet");
  await region.getByRole("button", { name: "Edit the comment" }).click();
  await page.keyboard.type("Looks good");
  // What others do elsewhere does not stand in the way.
  await api(request, server).change(id, { jira_issue: "TO-1" });
  await region.getByRole("button", { name: "done" }).click();
  await expect(region).toContainText("Looks good");
  await expect.poll(async () => (await api(request, server).artefact(id)).comment).toBe("Looks good");
});

test("an overtaken comment is not lost", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "comment-race", ["laptop"]);
  await goto(`/snaps/${id}`);
  const region = page.getByRole("region", { name: "comment" });
  await region.getByRole("button", { name: "Edit the comment" }).click();
  await page.keyboard.type("Mine");
  await api(request, server).change(id, { comment: "Theirs" });
  await region.getByRole("button", { name: "done" }).click();
  await expect(region.getByRole("alert")).toContainText("the comment is “Theirs” now");
  await expect(region.getByRole("textbox")).toHaveValue("Mine");
});

test("reviewers and facts are edited", async ({ page, request, server, goto, shot }) => {
  await page.goto("/v1/auth/oidc/login?return_to=%2F");
  await page.getByLabel("Name").fill("ana");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${server.url}/**`);
  const id = await tested(request, server, "edit", ["laptop"]);
  await goto(`/snaps/${id}`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Edit the artefact" });
  await dialog.getByRole("combobox", { name: "Reviewers" }).fill("Lopez");
  await dialog.getByRole("option", { name: "Ana Lopez (ana@example.org)" }).click();
  await dialog.getByLabel("Stage").selectOption("candidate");
  await dialog.getByLabel("Jira issue").fill("TO-7");
  await dialog.getByLabel("Archived: out of sight in lists").check();
  await dialog.getByLabel("Kept: nothing of it goes because it is old").check();
  await shot("edit-artefact");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("Reviewer: Ana Lopez")).toBeVisible();
  await expect(page.getByText("Archived", { exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "TO-7" })).toHaveAttribute("href", "https://warthogs.atlassian.net/browse/TO-7");
  await expect(page.locator(".stages [aria-current]")).toHaveText("candidate");
  expect(await api(request, server).artefact(id)).toMatchObject({ stage: "candidate", archived: true, jira_issue: "TO-7", reviewers: [{ name: "Ana Lopez" }] });
  expect(await api(request, server).isKept(id)).toBe(true);

  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await expect(dialog.getByLabel(/^Kept/)).toBeChecked();
  await dialog.getByLabel(/^Kept/).uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  expect(await api(request, server).isKept(id)).toBe(false);
});

test("reruns are requested, changed and taken back", async ({ page, request, server, goto, shot }) => {
  const id = await tested(request, server, "reruns", ["bad-a", "bad-b", "good"]);
  await goto(`/snaps/${id}?Plans%20whose%20last%20run=Failed`);
  await page.getByRole("button", { name: "Rerun 2 Filtered Test Plans" }).click();
  const several = page.getByRole("dialog", { name: "Are you sure you want to rerun the following 2 environments?" });
  await expect(several.getByRole("row")).toHaveCount(3);
  await several.getByLabel("Priority").fill("");
  await expect(several.getByText("Priority is required")).toBeVisible();
  await several.getByLabel("Priority").fill("5");
  await shot("reruns");
  await several.getByRole("button", { name: "yes" }).click();
  await expect(several).toHaveCount(0);
  const bad = page.locator(".environment", { hasText: "bad-a" });
  await expect(bad.getByText("Rerun requested (5)")).toBeVisible();
  const mine = async () => (await api(request, server).reruns()).filter((rerun: { artefact: { id: number } }) => rerun.artefact.id === id);
  expect((await mine()).map((rerun: { priority: number }) => rerun.priority)).toEqual([5, 5]);

  await page.locator("summary", { hasText: "bad-a" }).click();
  await bad.getByRole("button", { name: "modify rerun: smoke in bad-a (amd64)" }).click();
  const one = page.getByRole("dialog", { name: "Modify rerun request" });
  await expect(one.getByLabel("Priority")).toHaveValue("5");
  await one.getByRole("button", { name: "delete rerun" }).click();
  await expect(bad.getByRole("button", { name: "rerun: smoke in bad-a (amd64)", exact: true })).toBeVisible();
  expect(await mine()).toHaveLength(1);
  await messages(page).locator(".feedback-message", { hasText: "not requested any more" }).getByRole("button", { name: "Undo" }).click();
  await expect(bad.getByRole("button", { name: "modify rerun: smoke in bad-a (amd64)" })).toBeVisible();
});

test("manual testing starts on the architecture one chooses, and shows at once", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "manual", environment: "laptop" }, [{ name: "t", status: "PASSED" }]);
  await report(request, server, { name: "manual", environment: "board", arch: "arm64", revision: 2 }, [{ name: "t", status: "PASSED" }]);
  const id = await artefact(request, server, "manual");
  await goto(`/snaps/${id}`);
  await page.getByRole("button", { name: "Add Manual Testing" }).click();
  const dialog = page.getByRole("dialog", { name: "Add Manual Testing" });
  const startButton = dialog.getByRole("button", { name: "Start Manual Testing" });
  await expect(startButton).toHaveAttribute("aria-disabled", "true");
  await dialog.getByLabel("Environment").fill("my desk");
  await expect(dialog.getByText("No environment found. The name you typed will be used.")).toBeVisible();
  await dialog.getByLabel("Architecture").selectOption({ label: "arm64 (revision 2)" });
  await dialog.getByRole("button", { name: "Add Link" }).click();
  await dialog.getByLabel("Label").fill("Doc");
  await expect(dialog.getByText("A link needs a URL")).toBeVisible();
  await dialog.getByLabel("URL").fill("https://example.com/doc");
  await startButton.click();
  await expect(dialog).toHaveCount(0);
  const desk = page.locator(".environment", { hasText: "my desk" });
  await expect(desk.locator(".architecture")).toHaveText("arm64");
  await desk.locator("summary").first().click();
  await expect(desk.getByRole("heading", { name: "Manual Testing" })).toBeVisible();
  await expect(desk.getByRole("link", { name: "Doc" })).toHaveAttribute("href", "https://example.com/doc");
});

test("issues of an environment are reported, edited and deleted", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "environment-issues", ["flaky-host"]);
  await goto(`/snaps/${id}`);
  await expect(page.getByRole("heading", { name: "Reported Environment Issues (0)" })).toBeVisible();
  await page.getByRole("button", { name: "add: report an issue of flaky-host" }).click();
  const dialog = page.getByRole("dialog", { name: "Report Issue" });
  await dialog.getByLabel("Description *").fill("The disk is full");
  await dialog.getByLabel("Needs confirmation").uncheck();
  await expect(dialog.getByText("A confirmed issue needs a URL.")).toBeVisible();
  await dialog.getByLabel("Url").fill("https://github.com/lab/hosts/issues/7");
  await dialog.getByRole("button", { name: "submit" }).click();
  await expect(page.getByRole("heading", { name: "Reported Environment Issues (1)" })).toBeVisible();
  await expect(page.getByText("confirmed", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "edit: The disk is full" }).click();
  const edit = page.getByRole("dialog", { name: "Edit Issue" });
  await edit.getByLabel("Needs confirmation").check();
  await edit.getByRole("button", { name: "submit" }).click();
  await expect(page.getByText("unconfirmed", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "edit: The disk is full" }).click();
  await edit.getByRole("button", { name: "delete" }).click();
  await expect(edit.getByText("Are you sure you want to delete this issue?")).toBeVisible();
  await edit.getByRole("button", { name: "Yes" }).click();
  await expect(page.getByRole("heading", { name: "Reported Environment Issues (0)" })).toBeVisible();
});

test("fewer environments than before are named", async ({ page, request, server, goto }) => {
  await tested(request, server, "fewer", ["laptop", "gone"]);
  await report(request, server, { name: "fewer", version: "2.0", environment: "laptop", ci_link: "https://ci.example.com/fewer-2" }, [{ name: "t", status: "PASSED" }]);
  await goto(`/snaps/${await artefact(request, server, "fewer", "2.0")}`);
  const notice = page.locator(".fewer");
  await expect(notice).toContainText("This version was tested in 1 environment, 1.0 in 2. Missing here:");
  await expect(notice.getByRole("listitem")).toHaveText(["gone (amd64)"]);
  await notice.getByRole("button", { name: "Dismiss warning" }).click();
  await expect(notice).toBeHidden();
});

test("what others do is marked, and shown when asked for", async ({ page, request, server, goto }) => {
  const id = await tested(request, server, "news", ["laptop", "good"]);
  const connected = page.waitForResponse(/\/v1\/events/);
  await goto(`/snaps/${id}`);
  await connected;
  await page.locator("summary", { hasText: "laptop" }).click();
  await api(request, server).decide(id, "laptop", ["REJECTED"], "Seen by somebody");
  await start(request, server, { name: "news", environment: "another", ci_link: "https://ci.example.com/news" });
  const bar = page.getByRole("status").filter({ hasText: "since this page was loaded" });
  await expect(bar).toBeVisible();
  await expect(chip(page, "laptop")).toHaveAccessibleName(/Undecided/);
  await bar.getByRole("button", { name: "Show" }).click();
  await expect(chip(page, "laptop")).toHaveAccessibleName(/Rejected/);
  await expect(page.getByRole("heading", { name: "another" })).toBeVisible();
  await expect(page.locator(".environment", { hasText: "laptop" }).locator("> details")).toHaveAttribute("open", "");
});

test("on paper it is a sign-off sheet", async ({ page, request, server, goto, shot }) => {
  const id = await tested(request, server, "paper", ["laptop", "server"]);
  await api(request, server).decide(id, "laptop", ["REJECTED"], "It breaks laptops");
  await goto(`/snaps/${id}`);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("paper 1.0");
  await expect(page.getByText("Reject – It breaks laptops")).toBeVisible();
  await expect(page.getByRole("navigation")).toBeHidden();
  await expect(page.getByRole("button", { name: "Add Manual Testing" })).toBeHidden();
  await shot("sign-off-sheet");
});
