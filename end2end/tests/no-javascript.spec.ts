// Everything can be read with scripts switched off.
import { expect, test } from "../fixtures";
import { artefact, report } from "../report";

test.use({ javaScriptEnabled: false });

test("a failure is found and read without scripts", async ({ page, request, server, goto, shot }) => {
  const older = await report(request, server, { name: "no-scripts" }, [{ name: "first", status: "FAILED", io_log: "what it said first" }]);
  await report(request, server, { name: "no-scripts" }, [
    { name: "second", status: "FAILED", io_log: "what it said then", comment: "why" },
    { name: "third", status: "PASSED", io_log: "all is well" },
  ]);
  await report(request, server, { name: "no-scripts-other" }, [{ name: "t", status: "PASSED" }]);

  await goto("/");
  await page.getByRole("searchbox").fill("no-scripts");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/q=no-scripts/);
  await page.getByRole("link", { name: "List" }).click();
  await expect(page).toHaveURL(/q=no-scripts/);
  await page.getByRole("link", { name: "no-scripts", exact: true }).click();

  await page.getByText("second", { exact: true }).click();
  await expect(page.locator(".log-text").first()).toHaveText("what it said then");
  await page.locator("summary", { hasText: "Passed" }).last().click();
  await page.getByText("third", { exact: true }).click();
  await expect(page.getByText("all is well")).toBeVisible();
  await shot("no-javascript");

  await page.locator(`#run-${older} > summary`).click();
  await page.locator(`#run-${older}`).getByRole("link", { name: "Show the results" }).click();
  await page.getByText("first", { exact: true }).click();
  await expect(page.getByText("what it said first")).toBeVisible();
});

test("controls that need scripts do not show", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "no-scripts-controls" }, [{ name: "t", status: "FAILED", io_log: "x" }]);
  await goto(`/snaps/${await artefact(request, server, "no-scripts-controls")}`);
  // It sends the form of the filters.
  await expect(page.getByRole("button")).toHaveText(["Apply"]);
  await page.getByRole("group", { name: "Review status" }).getByLabel("Approved").check();
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("Nothing matches")).toBeVisible();
  await goto("/getting-started");
  await expect(page.getByRole("button")).toHaveCount(0);
});
