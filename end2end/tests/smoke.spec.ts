import { expect, test } from "../fixtures";

test("the server is alive and says its version", async ({ request }) => {
  const live = await request.get("/health/live");
  expect(live.status()).toBe(200);

  const version = await request.get("/v1/version");
  expect(version.status()).toBe(200);
  expect(await version.json()).toHaveProperty("version");
});
