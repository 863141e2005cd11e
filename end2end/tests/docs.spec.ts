// The page that explains the API: what is tried there is tried as whoever is signed in.
import { expect, test } from "../fixtures";

test("what is tried on the page of the API is tried as whoever is signed in", async ({ page, signIn }) => {
  const user = await signIn();
  await page.goto("/docs");
  await expect(page.getByRole("heading", { name: /^Test Observer/ })).toBeVisible();
  // The page adds the header without which a session does not count, whichever way it is called.
  for (const how of ["address", "request", "other headers"]) {
    const me = await page.evaluate(async (how) => {
      const path = "/v1/users/me";
      if (how === "address") return (await fetch(path)).json();
      if (how === "request") return (await fetch(new Request(path))).json();
      return (await fetch(path, { headers: { accept: "application/json" } })).json();
    }, how);
    expect(me, how).toMatchObject({ email: user.email });
  }
});
