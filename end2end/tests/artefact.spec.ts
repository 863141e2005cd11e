// The artefact's page: links into it, versions, and addresses that are wrong.
import { expect, test } from "../fixtures";
import { artefact, post, report, results, start } from "../report";

test("a link to a result opens and shows it", async ({ page, request, server, goto, shot }) => {
  const many = Array.from({ length: 60 }, (_, at) => ({ name: `case-${at}`, status: "PASSED" as const, io_log: `log of ${at}` }));
  const run = await report(request, server, { name: "deep-link", environment: "first" }, many);
  await report(request, server, { name: "deep-link", environment: "second" }, many.slice(0, 1));
  const id = await artefact(request, server, "deep-link");
  const target = (await results(request, server, run))["case-50"];

  await goto(`/snaps/${id}?testExecutionId=${run}&testResultId=${target}`);
  const result = page.locator(`#result-${target}`);
  await expect(result).toHaveAttribute("open", "");
  await expect(result).toBeInViewport();
  await expect(result.getByRole("region", { name: "Log text" })).toContainText("log of 50");
  await expect(page.getByRole("heading", { name: "second" })).toBeVisible();
  await shot("artefact-deep-link");
});

test("another run opens without leaving the page", async ({ page, request, server, goto }) => {
  const runs: number[] = [];
  for (const comment of ["older", "newer"]) {
    runs.push(await report(request, server, { name: "two-runs", ci_link: `https://ci.example.com/${comment}` }, [{ name: "t", status: "FAILED", comment }]));
  }
  await goto(`/snaps/${await artefact(request, server, "two-runs")}`);
  await expect(page.locator(`#run-${runs[1]}`)).toContainText("Run 2");
  await page.locator(`#run-${runs[0]} > summary`).click();
  const older = page.locator(`#run-${runs[0]}`);
  await older.getByText("t", { exact: true }).click();
  await expect(older).toContainText("older");
  await expect(older.getByRole("link", { name: "CI" })).toHaveAttribute("href", "https://ci.example.com/older");
});

test("results show while the run is in progress", async ({ page, request, server, goto }) => {
  const run = await start(request, server, { name: "in-progress" });
  await post(request, server, run, [{ name: "early", status: "FAILED" }]);
  await goto(`/snaps/${await artefact(request, server, "in-progress")}`);
  await expect(page.locator(`#run-${run}`)).toContainText("In Progress");
  await expect(page.getByText("early", { exact: true })).toBeVisible();
});

test("versions and history lead to each other", async ({ page, request, server, goto, shot }) => {
  await report(request, server, { name: "versions", version: "1.0" }, [{ name: "t", status: "FAILED" }]);
  await report(request, server, { name: "versions", version: "2.0" }, [{ name: "t", status: "PASSED" }]);
  await goto(`/snaps/${await artefact(request, server, "versions", "2.0")}`);
  await page.locator("summary", { hasText: "Passed" }).last().click();
  await shot("artefact-history");
  await page.getByRole("link", { name: "View test results for version 1.0" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("versions 1.0");
  await expect(page.locator(".result.target")).toBeInViewport();

  await page.locator("summary", { hasText: "version:" }).click();
  await page.getByRole("link", { name: "2.0" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("versions 2.0");
});

test("what a visitor may not do is said beforehand", async ({ page, request, server, goto, signIn }) => {
  await signIn({ name: "Olu Ordinary", isAdmin: false });
  await report(request, server, { name: "no-rights" }, [{ name: "t", status: "FAILED" }]);
  await goto(`/snaps/${await artefact(request, server, "no-rights")}`);
  const review = page.getByRole("button", { name: "Review of laptop (amd64): Undecided" });
  await expect(review).toHaveAttribute("aria-disabled", "true");
  await expect(review).toHaveAttribute("title", /change_environment_review/);
  // Playwright takes what says so for unable to be pressed; people press it all the same.
  await review.click({ force: true });
  await expect(page.getByRole("log", { name: "Messages" })).toContainText("This needs the permission change_environment_review");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("the wrong family is put right", async ({ page, request, server, goto }) => {
  const run = await report(request, server, { name: "wrong-family" }, [{ name: "t", status: "PASSED" }]);
  const id = await artefact(request, server, "wrong-family");
  await goto(`/debs/${id}?testExecutionId=${run}`);
  await expect(page).toHaveURL(`${server.url}/snaps/${id}?testExecutionId=${run}`);
});

test("old bookmarks keep working", async ({ page, request, server, goto }) => {
  await report(request, server, { name: "old-bookmark" }, [{ name: "t", status: "PASSED" }]);
  const id = await artefact(request, server, "old-bookmark");
  await goto(`/#/snaps/${id}?q=x`);
  await expect(page).toHaveURL(`${server.url}/snaps/${id}?q=x`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("old-bookmark 1.0");
});

test("what a test prints stays text", async ({ page, request, server, goto }) => {
  const nasty = "<script>document.title = 'stolen'</script></script><img src=x onerror=\"document.title='stolen'\">";
  await report(request, server, { name: "nasty", environment: nasty, test_plan: nasty }, [
    { name: nasty, status: "FAILED", comment: nasty, io_log: nasty },
  ]);
  await goto(`/snaps/${await artefact(request, server, "nasty")}`);
  await page.locator(".result > summary").click();
  await expect(page.locator(".log-text")).toHaveText(nasty);
  await expect(page).toHaveTitle("nasty 1.0 – Test Observer");
});

test.describe("addresses that lead nowhere", () => {
  test.use({ expectedNoise: [/404 \(Not Found\)/] });

  for (const path of ["/snaps/999999", "/snaps/none", "/nowhere/at/all"]) {
    test(`${path} is not found`, async ({ page, goto, shot }) => {
      const response = await goto(path);
      expect(response?.status()).toBe(404);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
      await expect(page).toHaveTitle("Not found – Test Observer");
      await shot("not-found");
    });
  }

  test("programs are told in JSON", async ({ request, server }) => {
    const answer = await request.get(`${server.url}/nowhere`);
    expect(answer.status()).toBe(404);
    expect(answer.headers()["content-type"]).toContain("application/json");
  });
});
