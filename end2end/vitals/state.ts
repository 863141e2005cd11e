// Signing in once for all measurements.
import type { Browser } from "@playwright/test";
import { people, type Visitor } from "../demo";
import type { Server } from "../fixtures";
import type { State } from "./browser";

/** What the browser of each visitor keeps. */
export async function states(browser: Browser, server: Server): Promise<Record<Visitor, State>> {
  const of = async (visitor: Visitor): Promise<State> => {
    const context = await browser.newContext();
    if (visitor !== "stranger") await (await context.newPage()).goto(server.signInLink(people[visitor]));
    const state = await context.storageState();
    await context.close();
    return state;
  };
  return { stranger: await of("stranger"), reviewer: await of("reviewer"), administrator: await of("administrator") };
}
