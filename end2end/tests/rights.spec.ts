// What a visitor may not do says so before anybody tries.
import { expect, test } from "../fixtures";
import { artefact, report, results } from "../report";

test("a control for triage says what is missing", async ({ page, request, server, goto, signIn }) => {
  const run = await report(request, server, { name: "no-rights" }, [{ name: "t-no-rights", status: "FAILED" }]);
  const { "t-no-rights": result } = await results(request, server, run);
  await signIn({ name: "Olu Ordinary", isAdmin: false });
  await goto(`/snaps/${await artefact(request, server, "no-rights")}?testExecutionId=${run}&testResultId=${result}`);
  const attach = page.getByRole("button", { name: "Attach an issue to t-no-rights" }).first();
  await expect(attach).toHaveAttribute("aria-disabled", "true");
  await expect(attach).toHaveAttribute("title", /change_issue_attachment/);
});
