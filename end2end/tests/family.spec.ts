// The list of a family: searching, sorting, empty states.
import { expect, test } from "../fixtures";
import { report } from "../report";

const passed = [{ name: "t", status: "PASSED" as const }];

test("searching and sorting live in the address", async ({ page, request, server, goto }) => {
  for (const version of ["1.9", "1.10"]) {
    await report(request, server, { name: "family-a", version, family: "charm", execution_stage: "edge", store: undefined }, passed);
  }
  await report(request, server, { name: "family-b", family: "charm", execution_stage: "stable", store: undefined }, passed);

  await goto("/charms?q=family&view=list");
  const names = page.locator("td.cell-name");
  const versions = page.locator("td.cell-version");
  await expect(names).toHaveText(["family-a", "family-a", "family-b"]);

  await page.getByRole("link", { name: "Version" }).click();
  await expect(page).toHaveURL(/sortBy=version/);
  await expect(versions).toHaveText(["1.0", "1.9", "1.10"]);
  await page.getByRole("link", { name: "Version" }).click();
  await expect(versions).toHaveText(["1.10", "1.9", "1.0"]);
  await expect(page.getByRole("columnheader", { name: "Version" })).toHaveAttribute("aria-sort", "descending");
  await expect(page).toHaveURL(/q=family/);

  await page.keyboard.press("/");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("family-b");
  await expect(names).toHaveText(["family-b"]);
  await expect(page).toHaveURL(/q=family-b/);
  await expect(page).toHaveURL(/sortBy=version/);
  await page.reload();
  await expect(names).toHaveText(["family-b"]);
});

test("a search without a match says so and can be cleared", async ({ page, request, server, goto, shot }) => {
  await report(request, server, { name: "family-found" }, passed);
  await goto("/snaps?q=nothing-of-the-kind");
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await shot("family-no-match");
  await page.getByRole("link", { name: "Clear the search" }).click();
  await expect(page.getByRole("link", { name: "family-found" })).toBeVisible();
  await expect(page.getByRole("searchbox")).toHaveValue("");
});

test("an empty family says how to fill it", async ({ page, goto, shot }) => {
  await goto("/solutions");
  await expect(page.getByText("No solutions yet")).toBeVisible();
  await shot("family-empty");
  await page.getByRole("link", { name: "Send the first result" }).click();
  await expect(page).toHaveURL(/\/getting-started$/);
});

test("the bar marks the family one is in, on its artefacts too", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "family-current" }, passed);
  await goto("/snaps");
  await page.getByRole("link", { name: "family-current" }).click();
  const tab = page.getByRole("navigation", { name: "Families" }).getByRole("link", { name: "Snap Testing" });
  await expect(tab).toHaveAttribute("aria-current", "page");
});
