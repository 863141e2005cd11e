// Every page in both themes and at the width of a phone: nothing for axe, and nothing sticks out. The configuration shares the themes out
// to the databases.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures";
import { artefact, report, results } from "../report";

const wide = { width: 1280, height: 900 };
const phone = { width: 360, height: 740 };
const large = { width: 412, height: 915 };

test.use({ expectedNoise: [/404 \(Not Found\)/] });

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, viewport] of Object.entries({ wide, phone, "large-phone": large })) {
    test.describe(`${colorScheme}, ${device}`, { tag: `@${colorScheme}` }, () => {
      test.use({ colorScheme, viewport });

      test("pages are accessible and fit", async ({ page, request, server, goto, signIn, shot }) => {
        // Many pages in one test: their data is made once.
        test.slow();
        const paths = await pages(request, server);
        for (const [name, path] of Object.entries(paths)) {
          await goto(path);
          await check(page, name);
          await shot(`${name}-${colorScheme}-${device}`);
        }
        // The bar has more in it for those who have signed in.
        await signIn({ name: "Alexandra Featherstonehaugh-Longname" });
        await goto(paths["artefact-run"]);
        await fits(page, "artefact, signed in");
      });
    });
  }
}

const version = "2031.05.04+git20310504.abcdef0123456789-0ubuntu1~24.04.1";
const fails = "fails-with-a-name/that/is/longer-than/a/phone-is-wide::really";
/** As many earlier versions are tested, so that every result has a past. */
const past = 10;

async function pages(request: Parameters<typeof report>[0], server: Parameters<typeof report>[1]) {
  const failed: number[] = [];
  const environments = ["laptop", "a-machine-with-a-rather-long-name-that-does-not-fit-anywhere"];
  for (const environment of environments) {
    for (let at = 0; at <= past; at++) {
      const execution = {
        name: "accessible",
        version: at < past ? `2031.04.${10 + at}` : version,
        environment,
        // Two executions with the same job are one.
        ci_link: `https://ci.example.com/${crypto.randomUUID()}`,
      };
      const run = await report(request, server, execution, [
        { name: "passes", status: "PASSED", io_log: "fine" },
        { name: fails, status: at % 2 ? "PASSED" : "FAILED", comment: "No", category: "c", template_id: "t", io_log: "x".repeat(500) },
        { name: "skipped", status: "SKIPPED" },
      ]);
      if (at === past) failed.push((await results(request, server, run))[fails]);
    }
  }
  await explain(request, server, failed, environments);
  const id = await artefact(request, server, "accessible", version);
  const list = await request.get(`${server.url}/v1/artefacts/${id}/builds`, { headers: { Authorization: `Bearer ${server.apiKey}` } });
  const run = (await list.json())[0].test_executions[0].id;
  return {
    "getting-started": "/getting-started",
    family: "/snaps",
    "family-no-match": "/snaps?q=zzz",
    "family-empty": "/images",
    artefact: `/snaps/${id}`,
    "artefact-run": `/snaps/${id}?testExecutionId=${run}`,
    "artefact-by-test": `/snaps/${id}?view=tests`,
    "artefact-filtered": `/snaps/${id}?Environment=laptop`,
    "artefact-no-match": `/snaps/${id}?Environment=nowhere`,
    "family-list": "/snaps?view=list",
    issues: "/issues",
    search: "/test-results?artefacts=accessible",
    "search-empty": "/test-results",
    reruns: "/reruns",
    reviews: "/reviews",
    notifications: "/notifications",
    login: "/login",
    users: "/users",
    teams: "/teams",
    applications: "/applications",
    "matching-rules": "/matching-rules",
    "not-found": "/nowhere",
  };
}

/** What is known of the failures: an issue that is attached, and one that is reported of the test and of each environment. */
async function explain(request: Parameters<typeof report>[0], server: Parameters<typeof report>[1], failed: number[], environments: string[]) {
  const send = async (method: string, path: string, data: unknown) => {
    const answer = await request.fetch(server.url + path, { method, data, headers: { Authorization: `Bearer ${server.apiKey}` } });
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true);
    return answer.json();
  };
  const url = "https://github.com/acme/a-project-with-a-rather-long-name/issues/1234567";
  const issue = await send("PUT", "/v1/issues", { url, title: "An issue whose title is longer than a phone is wide", status: "open" });
  await send("POST", `/v1/issues/${issue.id}/attach`, { test_results: failed });
  const known = { url, description: "It is known to fail now and then, wherever it runs", is_confirmed: true };
  await send("POST", "/v1/test-cases/reported-issues", { ...known, case_name: fails });
  for (const environment_name of environments) await send("POST", "/v1/environments/reported-issues", { ...known, environment_name });
}

async function check(page: Page, name: string) {
  for (const result of await page.locator(".result").all()) {
    if (await result.isVisible()) await result.locator("> summary").click();
  }
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map((node) => node.html) })), name).toEqual([]);
  await fits(page, name);
}

async function fits(page: Page, name: string) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

test("the theme is remembered and sent by the server", async ({ page, goto }) => {
  await goto("/nowhere");
  const root = page.locator("html");
  await expect(root).toHaveAttribute("data-theme", "system");
  await page.getByRole("button", { name: "Theme: system" }).click();
  await page.getByRole("button", { name: "Theme: light" }).click();
  await expect(root).toHaveAttribute("data-theme", "dark");
  const sent = await page.goto("/nowhere");
  expect(await sent?.text()).toContain('data-theme="dark"');
});

test("the content can be reached by keyboard", async ({ page, goto }) => {
  await goto("/getting-started");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});
