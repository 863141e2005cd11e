// The demo data: who signs in to it, and the pages that show something of it.
import type { APIRequestContext } from "@playwright/test";
import { expect, type Server } from "./fixtures";
import { artefact } from "./report";
import type { User } from "./server";

/** Those who look at pages: somebody who reviews, who looks after the installation, who has not signed in. */
export type Visitor = "reviewer" | "administrator" | "stranger";

/** Whom the demo data calls so. */
export const people: Record<Exclude<Visitor, "stranger">, User> = {
  reviewer: { email: "mira.halvorsen@example.com", name: "Mira Halvorsen" },
  administrator: { email: "casey.morgan@example.com", name: "Casey Morgan" },
};

/** A page, by the name of its picture. */
export interface DemoPage {
  name: string;
  path: string;
  visitor: Visitor;
}

/** Every page that has something to show, in the order of the navigation. */
export async function demoPages(request: APIRequestContext, server: Server): Promise<DemoPage[]> {
  const get = async (path: string) => {
    const answer = await request.get(`${server.url}${path}`, { headers: { Authorization: `Bearer ${server.apiKey}` } });
    expect(answer.status(), path).toBe(200);
    return answer.json();
  };
  const id = await artefact(request, server, "meadow-core", "24.1.8");
  const { test_execution, test_result } = (await get("/v1/test-results?artefacts=meadow-core&test_result_statuses=FAILED&limit=500"))
    .test_results.find((found: { artefact: { id: number } }) => found.artefact.id === id);
  const attached = (await get("/v1/test-results?issues=any&limit=1")).test_results[0].test_result.issues[0].issue.id;
  const page = (visitor: Visitor) => (name: string, path: string): DemoPage => ({ name, path, visitor });
  const [reviewer, administrator, stranger] = [page("reviewer"), page("administrator"), page("stranger")];
  return [
    stranger("sign-in", "/login"),
    stranger("getting-started", "/getting-started"),
    reviewer("reviews", "/reviews"),
    reviewer("family-columns", "/snaps?view=dashboard"),
    reviewer("family-list", "/snaps?view=list"),
    reviewer("artefact", `/snaps/${id}`),
    reviewer("artefact-result", `/snaps/${id}?testExecutionId=${test_execution.id}&testResultId=${test_result.id}`),
    reviewer("artefact-tests", `/snaps/${id}?view=tests`),
    reviewer("artefact-changes", `/snaps/${id}?view=compare`),
    reviewer("issues", "/issues"),
    reviewer("issue", `/issues/${attached}`),
    reviewer("search", "/test-results?families=snap&test_result_statuses=FAILED"),
    reviewer("reruns", "/reruns"),
    reviewer("notifications", "/notifications"),
    administrator("users", "/users"),
    administrator("teams", "/teams"),
    administrator("applications", "/applications"),
    administrator("matching-rules", "/matching-rules"),
    administrator("audit-log", "/audit-log"),
  ];
}
