// Looking after the installation: users, teams, applications, matching rules and the audit log.
import type { APIRequestContext, Locator, Page } from "@playwright/test";
import { expect, test, type Server } from "../fixtures";
import { artefact, report } from "../report";

test.use({
  // Without a list everybody on this machine may read everything, and there is nothing to refuse. No page here asks for this one.
  serverEnvironment: { IGNORE_PERMISSIONS: "view_report" },
  // The browser's own lines about answers that the tests provoke.
  expectedNoise: [/status of 40[0349]/],
});

/** Calls the API with every permission. */
async function api(request: APIRequestContext, server: Server, method: string, path: string, data?: unknown) {
  const answer = await request.fetch(server.url + path, { method, data, headers: { Authorization: `Bearer ${server.apiKey}` } });
  expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
  return answer.status() === 204 ? null : answer.json();
}

/** Makes somebody known who never signs in, and gives the id. */
async function person(request: APIRequestContext, server: Server, name: string): Promise<number> {
  const email = `${crypto.randomUUID()}@example.org`;
  server.signInLink({ name, email });
  return (await api(request, server, "GET", `/v1/users?q=${email}`)).users[0].id;
}

/** The line of a list that begins with a name. */
function line(page: Page, name: string): Locator {
  return page.getByRole("row").filter({ has: page.getByRole("cell", { name, exact: true }) });
}

/** What the page said last about what was done. */
function message(page: Page, text: string | RegExp): Locator {
  return page.getByRole("log", { name: "Messages" }).getByText(text);
}

test("a user is found, made an administrator, and back", async ({ page, request, server, goto, signIn, shot }) => {
  await signIn({ name: "Ada Admin" });
  const kim = await person(request, server, "Kim Findable");
  await goto("/users");
  await page.getByRole("searchbox", { name: "Search users" }).fill("findable");
  await expect(page).toHaveURL(/\/users\?q=findable$/);
  await expect(page.getByText("1 user", { exact: true })).toBeVisible();
  const row = line(page, "Kim Findable");
  await expect(row.getByText("Administrator")).toBeHidden();
  await shot("users");

  const manage = row.getByRole("button", { name: "Manage Kim Findable" });
  await manage.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Kim Findable" });
  await expect(dialog.getByRole("link", { name: "What this user did" })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`user=${kim}`));
  await shot("user");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(/\/users\?q=findable$/);
  await expect(manage).toBeFocused();

  await manage.click();
  await dialog.getByRole("button", { name: "make administrator" }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByText("Administrator")).toBeVisible();
  await page.getByRole("log").getByRole("button", { name: "Undo" }).click();
  await expect(row.getByText("Administrator")).toBeHidden();
  expect((await api(request, server, "GET", `/v1/users/${kim}`)).is_admin).toBe(false);
});

test("a user is removed after a question, and the address of one opens the dialog", async ({ page, request, server, goto, signIn }) => {
  await signIn({ name: "Ada Admin" });
  const leo = await person(request, server, "Leo Leaving");
  await goto(`/users?q=leaving&user=${leo}`);
  const dialog = page.getByRole("dialog", { name: "Leo Leaving" });
  const remove = dialog.getByRole("button", { name: "remove user", exact: true });
  await remove.click();
  await expect(dialog.getByText(/Sessions, memberships/)).toBeVisible();
  await dialog.getByRole("button", { name: "no", exact: true }).press("Enter");
  await expect(remove).toBeFocused();
  await remove.click();
  await dialog.getByRole("button", { name: "yes, remove user" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText("No such user")).toBeVisible();
  await expect(message(page, "Leo Leaving is removed.")).toBeVisible();
  expect((await api(request, server, "GET", "/v1/users?q=leaving")).count).toBe(0);
  await page.getByRole("link", { name: "All users" }).click();
  await expect(line(page, "Ada Admin").first()).toBeVisible();
});

test("the last administrator stays one, and is told why", async ({ page, request, server, goto, signIn }) => {
  const { email } = await signIn({ name: "Una Only" });
  const { users } = await api(request, server, "GET", "/v1/users?limit=1000");
  for (const other of users.filter((user: { email: string; is_admin: boolean }) => user.is_admin && user.email !== email)) {
    await api(request, server, "PATCH", `/v1/users/${other.id}`, { is_admin: false });
  }
  await goto(`/users?q=${email}`);
  await page.getByRole("button", { name: "Manage Una Only" }).click();
  const dialog = page.getByRole("dialog", { name: "Una Only" });
  await expect(dialog.getByText("This is you")).toBeVisible();
  await dialog.getByRole("button", { name: "take administration away" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "is the last administrator" })).toBeVisible();
  await dialog.getByRole("button", { name: "remove user", exact: true }).click();
  await dialog.getByRole("button", { name: "yes, remove user" }).click();
  await expect(dialog.getByRole("alert").filter({ hasText: "is the last administrator" })).toBeVisible();
  await dialog.getByRole("button", { name: "close", exact: true }).click();
  await expect(line(page, "Una Only").getByText("Administrator")).toBeVisible();
});

test("a team is made by keyboard, gets and loses a member, and is given permissions", async ({ page, request, server, goto, signIn, shot }) => {
  await signIn({ name: "Ada Admin" });
  await person(request, server, "Tam Teammate");
  await api(request, server, "POST", "/v1/teams", { name: "taken" });
  await goto("/teams");
  await page.getByRole("button", { name: "Create team" }).press("Enter");
  const create = page.getByRole("dialog", { name: "Create team" });
  const name = create.getByLabel("Name");
  await name.press("Enter");
  await expect(create.getByText("Please give the team a name")).toBeVisible();
  await name.fill("taken");
  await name.press("Enter");
  await expect(create.getByText("Team with name 'taken' already exists")).toBeVisible();
  await name.fill("kernel-qa");
  await create.getByRole("checkbox", { name: /^view_test / }).press("Space");
  await shot("team-create");
  await name.press("Enter");
  await expect(create).toBeHidden();
  const row = line(page, "kernel-qa");
  await expect(row.getByRole("cell", { name: "view_test", exact: true })).toBeVisible();

  await row.getByRole("button", { name: "Edit kernel-qa" }).click();
  const dialog = page.getByRole("dialog", { name: "Team kernel-qa" });
  await expect(dialog.getByText("Nobody is in this team.")).toBeVisible();
  const field = dialog.getByRole("combobox", { name: "Add a member" });
  await field.fill("teammate");
  await expect(dialog.getByRole("option", { name: /Tam Teammate/ })).toBeVisible();
  await field.press("Enter");
  await expect(dialog.getByRole("heading", { name: "Members (1)" })).toBeVisible();
  await expect(row.getByRole("cell").nth(1)).toHaveText("1");
  await shot("team");
  await dialog.getByRole("button", { name: "Remove Tam Teammate" }).click();
  await expect(dialog.getByRole("heading", { name: "Members (0)" })).toBeVisible();
  await dialog.getByRole("button", { name: "Add Tam Teammate again" }).click();
  await expect(dialog.getByRole("heading", { name: "Members (1)" })).toBeVisible();

  await dialog.getByRole("checkbox", { name: /^change_test / }).check();
  await dialog.getByRole("checkbox", { name: /^view_rerun / }).check();
  await dialog.getByRole("button", { name: "save permissions" }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByText("3 permissions")).toBeVisible();
  const stored = (await api(request, server, "GET", "/v1/teams")).find((team: { name: string }) => team.name === "kernel-qa");
  expect(stored.permissions).toEqual(["view_test", "change_test", "view_rerun"]);
  expect(stored.members.map((member: { name: string }) => member.name)).toEqual(["Tam Teammate"]);
});

test("nobody is offered what they could not give", async ({ page, request, server, goto, signIn }) => {
  const { email } = await signIn({ name: "Wes Warden", isAdmin: false });
  const { users } = await api(request, server, "GET", `/v1/users?q=${email}`);
  const wardens = await api(request, server, "POST", "/v1/teams", { name: "wardens", permissions: ["view_team", "change_team"] });
  await api(request, server, "POST", `/v1/teams/${wardens.id}/members/${users[0].id}`);
  const strong = await api(request, server, "POST", "/v1/teams", { name: "strong", permissions: ["change_user"] });
  await goto(`/teams?team=${strong.id}`);
  const dialog = page.getByRole("dialog", { name: "Team strong" });
  await expect(dialog.getByText("You can give what you hold yourself.")).toBeVisible();
  await expect(dialog.getByRole("checkbox", { name: /^view_test / })).toBeDisabled();
  await expect(dialog.getByRole("checkbox", { name: /^change_user / })).toBeEnabled();
  await expect(dialog.getByText("To add members you need the permission view_user.")).toBeVisible();
  await dialog.getByRole("checkbox", { name: /^view_team / }).check();
  await dialog.getByRole("checkbox", { name: /^change_user / }).uncheck();
  await dialog.getByRole("button", { name: "save permissions" }).click();
  await expect(dialog).toBeHidden();
  await expect(line(page, "strong").getByRole("cell", { name: "view_team", exact: true })).toBeVisible();
});

test("an application is made, its key shown once, replaced, limited and deleted", async ({ page, request, server, goto, signIn, shot }) => {
  await signIn({ name: "Ada Admin" });
  await goto("/applications");
  await page.getByRole("button", { name: "Create application" }).click();
  const create = page.getByRole("dialog", { name: "Create application" });
  const name = create.getByLabel("Name");
  await name.fill("e2e");
  await name.press("Enter");
  await expect(create.getByText("Application with name 'e2e' already exists")).toBeVisible();
  await name.fill("runner-1");
  await create.getByRole("checkbox", { name: /^view_artefact / }).check();
  await name.press("Enter");
  await expect(create).toBeHidden();

  const panel = page.getByRole("region", { name: "Key of runner-1" });
  await expect(panel).toBeFocused();
  await expect(panel.getByText("it will not be shown again")).toBeVisible();
  const key = await panel.locator("code").innerText();
  expect(key).toMatch(/^to_[\w-]{43}$/);
  const uses = async (used: string) =>
    (await request.get(`${server.url}/v1/artefacts`, { headers: { Authorization: `Bearer ${used}` } })).status();
  expect(await uses(key)).toBe(200);
  await shot("application-key");
  await panel.getByRole("button", { name: "I have stored it" }).click();
  await expect(panel).toBeHidden();
  await expect(page.getByText(key)).toHaveCount(0);
  const row = line(page, "runner-1");
  await expect(row.getByText(`${key.slice(0, 7)}…`)).toBeVisible();

  await row.getByRole("button", { name: "Edit runner-1" }).click();
  const dialog = page.getByRole("dialog", { name: "Application runner-1" });
  await dialog.getByRole("button", { name: "rotate key", exact: true }).click();
  await dialog.getByRole("button", { name: "yes, rotate key" }).click();
  await expect(dialog).toBeHidden();
  const second = await panel.locator("code").innerText();
  expect(second).not.toBe(key);
  expect(await uses(second)).toBe(200);
  await panel.getByRole("button", { name: "I have stored it" }).click();

  await row.getByRole("button", { name: "Edit runner-1" }).click();
  await dialog.getByLabel("Expires (UTC; empty for never)").fill("2020-01-01T00:00");
  await dialog.getByRole("button", { name: "save" }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByText("Expired")).toBeVisible();
  await expect.poll(() => uses(second)).toBe(403);
  await shot("applications");

  await row.getByRole("button", { name: "Edit runner-1" }).click();
  await expect(dialog.getByLabel("Expires (UTC; empty for never)")).toHaveValue("2020-01-01T00:00");
  await dialog.getByRole("button", { name: "delete application", exact: true }).click();
  await dialog.getByRole("button", { name: "yes, delete application" }).click();
  await expect(row).toHaveCount(0);
  const names = (await api(request, server, "GET", "/v1/applications")).map((application: { name: string }) => application.name);
  expect(names).not.toContain("runner-1");
});

test("a matching rule is made, refused twice, changed, filtered and deleted", async ({ page, request, server, goto, signIn, shot }) => {
  await signIn({ name: "Ada Admin" });
  const desktop = await api(request, server, "POST", "/v1/teams", { name: "desktop" });
  await goto("/matching-rules?family=image");
  await expect(page.getByText(/No such rule|No matching rules yet/).filter({ visible: true })).toBeVisible();
  await goto("/matching-rules");
  await page.getByRole("button", { name: "Create matching rule" }).click();
  const create = page.getByRole("dialog", { name: "Create matching rule" });
  await create.getByLabel("Family").selectOption("deb");
  await expect(create.getByLabel("Track")).toBeHidden();
  await create.getByLabel("Series").fill("noble");
  await create.getByRole("button", { name: "create", exact: true }).click();
  await expect(create.getByText("Please choose at least one team")).toBeVisible();
  const team = create.getByRole("combobox", { name: "Add a team" });
  await team.fill("desk");
  await team.press("Enter");
  await expect(create.getByRole("button", { name: "Do without desktop" })).toBeVisible();
  await create.getByRole("checkbox", { name: /^change_rerun / }).check();
  await shot("matching-rule");
  await create.getByLabel("Series").press("Enter");
  await expect(create).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: "noble" });
  await expect(row.getByRole("link", { name: "desktop" })).toHaveAttribute("href", `/teams?team=${desktop.id}`);
  await expect(row.getByText("change_rerun")).toBeVisible();

  await api(request, server, "POST", "/v1/artefact-matching-rules", { family: "deb", series: "jammy", team_ids: [desktop.id] });
  await row.getByRole("button", { name: "Edit the rule for deb Series noble" }).click();
  const dialog = page.getByRole("dialog", { name: "Matching rule" });
  await dialog.getByLabel("Series").fill("jammy");
  await dialog.getByRole("button", { name: "save" }).click();
  await expect(dialog.getByRole("group", { name: "Artefacts" }).getByText("with these values already exists")).toBeVisible();
  await dialog.getByLabel("Series").fill("noble");
  await dialog.getByLabel("Stage", { exact: true }).fill("proposed");
  await dialog.getByRole("button", { name: "save" }).click();
  await expect(dialog).toBeHidden();
  await expect(row.getByText("proposed")).toBeVisible();

  await page.getByRole("checkbox", { name: "snap" }).check();
  await expect(page).toHaveURL(/family=snap/);
  await expect(row).toHaveCount(0);
  await page.getByRole("link", { name: "Clear all", exact: true }).click();
  await expect(row).toHaveCount(1);
  await goto(`/matching-rules?team=${desktop.id}`);
  await expect(page.getByText("2 matching rules", { exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: "Do without Team: desktop" })).toBeVisible();
  await shot("matching-rules");

  await row.getByRole("button", { name: /^Edit the rule for deb/ }).click();
  await dialog.getByRole("button", { name: "delete rule", exact: true }).click();
  await dialog.getByRole("button", { name: "yes, delete rule" }).click();
  await expect(row).toHaveCount(0);
  await expect(page.getByText("1 matching rule", { exact: true })).toBeVisible();
});

test("the audit log tells who changed what, and leads on from there", async ({ page, request, server, goto, signIn, shot }) => {
  await signIn({ name: "Ada Admin" });
  await report(request, server, { name: "audited" }, [{ name: "t", status: "PASSED" }]);
  const id = await artefact(request, server, "audited");
  await api(request, server, "PATCH", `/v1/artefacts/${id}`, { comment: "looks good" });
  const team = await api(request, server, "POST", "/v1/teams", { name: "audited", permissions: ["view_test", "view_user"] });
  await api(request, server, "PATCH", `/v1/teams/${team.id}`, { permissions: ["view_test", "view_issue"] });

  await goto(`/audit-log?subject_kind=team&subject_id=${team.id}`);
  const rows = page.getByRole("row").filter({ has: page.getByRole("cell") });
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("changed");
  await expect(rows.first().locator("del")).toHaveText("view_user");
  await expect(rows.first().locator("ins")).toHaveText("view_issue");
  await expect(rows.last()).toContainText("created");
  await shot("audit-log");
  await page.getByText("Filters", { exact: true }).click();
  await page.getByLabel("Action").selectOption("create");
  await expect(page).toHaveURL(/action=create/);
  await expect(rows).toHaveCount(1);
  await page.getByRole("link", { name: "Do without Action: created" }).click();
  await expect(rows).toHaveCount(2);
  await page.goBack();
  await expect(rows).toHaveCount(1);
  await rows.first().getByRole("link", { name: `Team ${team.id}`, exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Team audited" })).toBeVisible();

  await goto("/audit-log");
  await page.getByText("Filters", { exact: true }).click();
  await page.getByLabel("Subject", { exact: true }).selectOption("artefact");
  await page.getByLabel("Subject, by number").fill(String(id));
  await page.getByLabel("Subject, by number").press("Tab");
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("looks good");
  await rows.first().getByRole("link", { name: `Artefact ${id}`, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("audited");
});

test("entries of a person, of a time, and none at all", async ({ page, goto, signIn }) => {
  const { name } = await signIn({ name: "Sol Searched" });
  await goto("/audit-log");
  await page.getByText("Filters", { exact: true }).click();
  const person = page.getByRole("combobox", { name: "Person" });
  await person.fill("searched");
  await expect(page.getByRole("option", { name: /Sol Searched/ })).toBeVisible();
  await person.press("Enter");
  await expect(page).toHaveURL(/actor_kind=user&actor_id=\d+/);
  await expect(page.getByRole("row").filter({ hasText: name }).first()).toContainText("signed in");
  await page.getByLabel("Until (UTC)").fill("2020-01-01T00:00");
  await expect(page.getByText("No such entry")).toBeVisible();
  await page.getByLabel("Until (UTC)").fill("");
  await page.getByLabel("From (UTC)").fill("2020-01-01T00:00");
  await expect(page.getByRole("row").filter({ hasText: name }).first()).toBeVisible();
  await page.getByRole("link", { name: "Clear all", exact: true }).click();
  await expect(page).toHaveURL(/\/audit-log$/);
});

test("the audit log goes on page by page", async ({ page, request, server, goto, signIn }) => {
  await signIn({ name: "Ada Admin" });
  const { id } = await api(request, server, "POST", "/v1/teams", { name: "busy" });
  for (let at = 0; at < 26; at++) {
    await api(request, server, "PATCH", `/v1/teams/${id}`, { permissions: ["view_test"] });
    await api(request, server, "PATCH", `/v1/teams/${id}`, { permissions: [] });
  }
  await goto(`/audit-log?subject_kind=team&subject_id=${id}`);
  const rows = page.getByRole("row").filter({ has: page.getByRole("cell") });
  await expect(rows).toHaveCount(50);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(rows).toHaveCount(3);
  await expect(rows.last()).toContainText("created");
  await page.getByRole("link", { name: "Newest" }).click();
  await expect(rows).toHaveCount(50);
});

test("who may not look is told, and led to signing in", async ({ page, goto, signIn }) => {
  for (const path of ["/users", "/teams", "/applications", "/matching-rules", "/audit-log"]) {
    const answer = await goto(path);
    expect(answer?.status(), path).toBe(403);
    const notice = page.getByRole("alert").filter({ hasText: "You may not see this" });
    await expect(notice.getByRole("link", { name: "Log in" }), path).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 }), path).toHaveCount(1);
    await expect(page.getByRole("searchbox"), path).toBeHidden();
  }
  await signIn({ name: "Olu Ordinary", isAdmin: false });
  await goto("/teams");
  const notice = page.getByRole("alert").filter({ hasText: "You may not see this" });
  await expect(notice).toBeVisible();
  await expect(notice.getByRole("link", { name: "Log in" })).toBeHidden();
});

test("a team that is not there is said to be none", async ({ page, goto, signIn }) => {
  await signIn({ name: "Ada Admin" });
  await goto("/teams?team=2147483646");
  await expect(page.getByRole("dialog", { name: "There is nothing here" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/\/teams$/);
});

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("lists can be read and filtered", async ({ page, request, server, goto, signIn }) => {
    await signIn({ name: "Nia Noscript" });
    await person(request, server, "Zoe Zither");
    const team = await api(request, server, "POST", "/v1/teams", { name: "readable", permissions: ["view_test"] });
    await api(request, server, "POST", "/v1/artefact-matching-rules", { family: "charm", track: "latest", team_ids: [team.id] });
    await goto("/users");
    await page.getByRole("searchbox").fill("zither");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(line(page, "Zoe Zither")).toHaveCount(1);
    await expect(page.getByText("1 user", { exact: true })).toBeVisible();
    await goto("/teams");
    await expect(line(page, "readable")).toContainText("view_test");
    await goto("/applications");
    await expect(line(page, "e2e")).toContainText("to_");
    await goto("/matching-rules");
    await page.getByRole("checkbox", { name: "charm" }).check();
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page.getByRole("row").filter({ hasText: "readable" })).toContainText("latest");
    await goto("/audit-log");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByLabel("Subject", { exact: true }).selectOption("team");
    await page.getByLabel("Subject, by number").fill(String(team.id));
    await page.getByRole("button", { name: "Apply" }).click();
    await expect(page.getByRole("row").filter({ has: page.getByRole("cell") })).toHaveCount(1);
  });
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test("lists are cards, dialogs fit", async ({ page, request, server, goto, signIn, shot }) => {
    await signIn({ name: "Pat Phone" });
    const team = await api(request, server, "POST", "/v1/teams", { name: "a-team-with-a-rather-long-name-that-does-not-fit", permissions: ["view_test", "change_test", "view_issue"] });
    await api(request, server, "POST", "/v1/artefact-matching-rules", { family: "snap", name: "phone", track: "latest", team_ids: [team.id] });
    const paths = { users: "/users", teams: `/teams?team=${team.id}`, applications: "/applications", "matching-rules": "/matching-rules", "audit-log": "/audit-log" };
    for (const [name, path] of Object.entries(paths)) {
      await goto(path);
      if (path.includes("team=")) await expect(page.getByRole("dialog").getByRole("heading", { name: "Members (0)" })).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
      await shot(`${name}-phone`);
    }
  });
});
