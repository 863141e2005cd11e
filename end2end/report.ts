// Reports test results as a runner does, over the API.
import type { APIRequestContext } from "@playwright/test";
import { expect, type Server } from "./fixtures";

/** A result as a runner sends it. */
export interface Result {
  name: string;
  status: "PASSED" | "FAILED" | "SKIPPED";
  comment?: string;
  category?: string;
  template_id?: string;
  io_log?: string;
}

/** A test execution as a runner starts it; what is not said is that of a snap in beta. */
export interface Execution {
  name: string;
  version?: string;
  environment?: string;
  test_plan?: string;
  [field: string]: unknown;
}

/** Starts a test execution and gives its id. */
export async function start(request: APIRequestContext, server: Server, execution: Execution): Promise<number> {
  const data = {
    family: "snap",
    version: "1.0",
    arch: "amd64",
    revision: 1,
    track: "latest",
    store: "ubuntu",
    execution_stage: "beta",
    environment: "laptop",
    test_plan: "smoke",
    ...execution,
  };
  const { id } = await send(request, server, "PUT", "start-test", data);
  return id;
}

/** Posts results to an execution. */
export async function post(request: APIRequestContext, server: Server, execution: number, results: Result[]) {
  await send(request, server, "POST", `${execution}/test-results`, results);
}

/** Completes an execution and gives its status. */
export async function complete(request: APIRequestContext, server: Server, execution: number): Promise<string> {
  const { status } = await send(request, server, "PATCH", `${execution}`, { status: "COMPLETED" });
  return status;
}

/** All of it: an execution with its results, completed. */
export async function report(request: APIRequestContext, server: Server, execution: Execution, results: Result[]): Promise<number> {
  const id = await start(request, server, execution);
  await post(request, server, id, results);
  await complete(request, server, id);
  return id;
}

/** The id of the artefact with a name and version. */
export async function artefact(request: APIRequestContext, server: Server, name: string, version = "1.0", family = "snap"): Promise<number> {
  const answer = await request.get(`${server.url}/v1/artefacts?family=${family}`, { headers: authorization(server) });
  expect(answer.status()).toBe(200);
  const found = (await answer.json()).find((other: { name: string; version: string }) => other.name === name && other.version === version);
  expect(found, `${name} ${version}`).toBeTruthy();
  return found.id;
}

/** The ids of an execution's results by name. */
export async function results(request: APIRequestContext, server: Server, execution: number): Promise<Record<string, number>> {
  const url = `${server.url}/v1/test-executions/${execution}/test-results`;
  const stored: { id: number; name: string }[] = await (await request.get(url, { headers: authorization(server) })).json();
  return Object.fromEntries(stored.map((result) => [result.name, result.id]));
}

async function send(request: APIRequestContext, server: Server, method: string, path: string, data: unknown) {
  const answer = await request.fetch(`${server.url}/v1/test-executions/${path}`, { method, data, headers: authorization(server) });
  expect(answer.status(), `${method} ${path}: ${await answer.text()}`).toBe(200);
  return answer.json();
}

function authorization(server: Server) {
  return { Authorization: `Bearer ${server.apiKey}` };
}
