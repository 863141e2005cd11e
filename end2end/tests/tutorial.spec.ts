// The tutorial, and then what a reviewer does: find the artefact, open it, see what failed, read its log.
import { expect, test } from "../fixtures";
import { complete, post, start } from "../report";

test("a reported failure is found and read", async ({ page, request, server, goto, shot }) => {
  const id = await start(request, server, {
    family: "deb",
    name: "hello-world-app",
    version: "1.0.0-ubuntu1",
    environment: "tutorial-laptop",
    test_plan: "smoke-tests",
    series: "noble",
    repo: "main",
    execution_stage: "proposed",
    revision: undefined,
    track: undefined,
    store: undefined,
  });
  await post(request, server, id, [
    { name: "test_boot", status: "PASSED", comment: "System booted in 15 seconds", category: "boot" },
    { name: "test_audio", status: "PASSED", comment: "Audio playback working correctly", category: "audio" },
    {
      name: "test_wifi",
      status: "FAILED",
      comment: "Could not connect to network",
      category: "wifi",
      io_log: "Error: Unable to connect to network ...",
    },
    { name: "test_performance_benchmark", status: "SKIPPED", comment: "Requires GPU", category: "performance" },
  ]);
  expect(await complete(request, server, id)).toBe("FAILED");

  await goto("/debs");
  await page.getByRole("searchbox", { name: "Search by name" }).fill("hello-WORLD");
  const card = page.getByRole("link", { name: /hello-world-app/ });
  await expect(card).toContainText("1.0.0-ubuntu1");
  await card.click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("hello-world-app 1.0.0-ubuntu1");
  await expect(page).toHaveTitle("hello-world-app 1.0.0-ubuntu1 – Test Observer");
  const run = page.locator(`#run-${id}`);
  await expect(run.locator("summary").first()).toContainText("Failed");
  await page.getByText("test_wifi", { exact: true }).click();
  await expect(page.getByRole("region", { name: "Log text" })).toContainText("Error: Unable to connect to network ...");
  await expect(run).toContainText("Could not connect to network");
  await shot("tutorial");
});
