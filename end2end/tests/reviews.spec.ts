// What waits for a reviewer, and the columns and filters of a family.
import { expect, test } from "../fixtures";
import { artefact, report } from "../report";

const passed = [{ name: "t", status: "PASSED" as const }];

test("signed-in reviewers begin with what waits for them", async ({ page, request, server, goto, signIn, shot }) => {
  const { email } = await signIn({ name: "Vic Reviewer" });
  await goto("/");
  await expect(page).toHaveURL(/\/reviews$/);
  await expect(page.getByText("Nothing waits for you")).toBeVisible();

  await report(request, server, { name: "waiting" }, passed);
  const id = await artefact(request, server, "waiting");
  const headers = { Authorization: `Bearer ${server.apiKey}` };
  const users = await (await request.get(`${server.url}/v1/users?q=${email}`, { headers })).json();
  await request.patch(`${server.url}/v1/artefacts/${id}`, { headers, data: { reviewer_ids: [users.users[0].id] } });
  await goto("/reviews");
  await expect(page.getByRole("row").filter({ hasText: "waiting" })).toContainText("the artefact");
  await shot("my-reviews");
  await page.getByRole("link", { name: "waiting" }).click();
  await expect(page).toHaveURL(new RegExp(`/snaps/${id}$`));
});

test("strangers are asked to log in", async ({ page, goto }) => {
  await goto("/reviews");
  await expect(page.getByText("Log in to see what waits for you")).toBeVisible();
});

test("a family stands in columns by stage, filtered or as a list", async ({ page, request, server, goto, shot }) => {
  const deb = { family: "deb", revision: undefined, track: undefined, store: undefined, series: "noble", repo: "main" };
  await report(request, server, { ...deb, name: "columns-proposed", execution_stage: "proposed" }, passed);
  await report(request, server, { ...deb, name: "columns-ppa", execution_stage: "", source: "ppa:acme", repo: "" }, passed);
  await goto("/debs");
  await expect(page.getByRole("region", { name: "Proposed" }).getByRole("link", { name: "columns-proposed" })).toBeVisible();
  await expect(page.getByRole("region", { name: "PPAs" }).getByRole("link", { name: "columns-ppa" })).toBeVisible();
  await shot("family-columns");

  await page.getByText("Filters", { exact: true }).click();
  await page.getByRole("checkbox", { name: "proposed" }).check();
  await expect(page).toHaveURL(/Pocket=proposed/);
  await expect(page.getByRole("link", { name: "columns-ppa" })).toBeHidden();
  await page.getByRole("link", { name: "Do without Pocket: proposed" }).click();
  await expect(page.getByRole("link", { name: "columns-ppa" })).toBeVisible();

  await page.getByRole("link", { name: "List" }).click();
  await expect(page).toHaveURL(/view=list/);
  await expect(page.getByRole("columnheader", { name: "Pocket" })).toBeVisible();
  await goto("/debs");
  await expect(page.getByRole("columnheader", { name: "Pocket" })).toBeVisible();
});
