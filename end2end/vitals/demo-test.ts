// What measurements import instead of ../fixtures: its server with the demo data, its pages, and people who have signed in once for all.
import { demoPages, people, type DemoPage, type Visitor } from "../demo";
import { expect, test as base } from "../fixtures";
import type { State } from "./browser";

export { expect };

interface Demo {
  pages: DemoPage[];
  /** What the browser of each visitor keeps. */
  states: Record<Visitor, State>;
}

export const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({ browser, playwright, server }, use) => {
      const of = async (visitor: Visitor): Promise<State> => {
        const context = await browser.newContext();
        if (visitor !== "stranger") await (await context.newPage()).goto(server.signInLink(people[visitor]));
        const state = await context.storageState();
        await context.close();
        return state;
      };
      const request = await playwright.request.newContext();
      const pages = await demoPages(request, server);
      await request.dispose();
      await use({ pages, states: { stranger: await of("stranger"), reviewer: await of("reviewer"), administrator: await of("administrator") } });
    },
    { scope: "worker", timeout: 60_000 },
  ],
});
