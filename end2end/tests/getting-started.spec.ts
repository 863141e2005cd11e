// The first thing a new installation shows, and what happens when the first result arrives.
import { expect, test } from "../fixtures";
import { report } from "../report";
import { execFileSync } from "node:child_process";

// In this order on a server of their own: other options than elsewhere make Playwright start one.
test.describe.configure({ mode: "serial" });
test.use({ serverEnvironment: { TZ: "UTC" } });

test("an empty installation says how to send the first result, and sees it arrive", async ({ page, server, goto, shot }) => {
  await goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Send the first test result");
  await expect(page.getByText(`This server is reached at ${server.url}.`)).toBeVisible();
  await expect(page.getByText("Waiting for the first result…")).toBeVisible();
  await shot("getting-started");

  const script = await page.locator(".snippet pre").last().innerText();
  expect(script).toContain(`URL = "${server.url}"`);
  const said = execFileSync("python3", ["-"], { input: script, encoding: "utf8" });
  expect(said).toContain("Done: FAILED");

  const news = page.getByRole("status").filter({ hasText: "hello-observer 1.0 has arrived." });
  await expect(news).toBeVisible();
  await shot("getting-started-arrived");
  await news.getByRole("link", { name: "Open it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("hello-observer 1.0");
});

test("the steps for curl work as they are pasted", async ({ page, goto }) => {
  await goto("/getting-started");
  const steps = await page.locator(".steps .snippet pre").allInnerTexts();
  expect(steps).toHaveLength(4);
  const said = execFileSync("bash", ["-e"], { input: steps.join("\n"), encoding: "utf8" });
  expect(said).toContain('"status":"FAILED"');
});

test("the page stays within reach once there are artefacts", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "getting-started-later" }, [{ name: "t", status: "PASSED" }]);
  await goto("/");
  await expect(page).toHaveURL(/\/snaps$/);
  await page.getByText("Help", { exact: true }).click();
  await page.getByRole("link", { name: "Getting started" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Getting started");
});

test("snippets are copied", async ({ page, context, goto }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await goto("/getting-started");
  await page.getByRole("button", { name: "Copy the script" }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("import urllib.request");
});
