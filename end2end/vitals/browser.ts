// A browser with a slow processor that takes the time: pages, and what it sees of them.
import type { Browser, BrowserContext, CDPSession, Page } from "@playwright/test";

/** How many times slower than this machine's the processor is, unless a measurement says otherwise. */
export const SLOWDOWN = 4;
/** As long without a request, in milliseconds, nothing more comes. */
const QUIET = 500;
/** As long, in milliseconds, anything may take before the measurement is given up. */
const PATIENCE = 30_000;
/** The Event Timing API does not report what took less, in milliseconds. */
const SHORTEST_EVENT = 16;

/** What a page knows of its own speed, in milliseconds since it was asked for. */
interface Seen {
  /** When the largest part of it was painted. */
  painted: number;
  /** When it was hydrated. */
  alive: number;
  /** How long each press or key took until the next paint, by the number the browser gives it. */
  interactions: Record<number, number>;
}

declare global {
  interface Window {
    vitals: Seen;
  }
}

/** A page that has come, and what came with it, in bytes as they were sent. */
export interface Load {
  painted: number;
  alive: number;
  bytes: Record<"wasm" | "js" | "css" | "html" | "other", number>;
}

/** Somebody's browser: what it keeps after signing in. */
export type State = Awaited<ReturnType<BrowserContext["storageState"]>>;

/** A window with the slow processor. */
export class Visit {
  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly traffic: Traffic,
  ) {}

  /** Opens an address as somebody who has never been there, and waits until nothing more comes. */
  static async open(browser: Browser, state: State, address: string, slowdown = SLOWDOWN): Promise<Visit> {
    const context = await browser.newContext({ storageState: state, viewport: { width: 1280, height: 900 } });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    await page.addInitScript(watch, SHORTEST_EVENT);
    const session = await context.newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    const traffic = await Traffic.of(session);
    await page.goto(address);
    await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
    await traffic.quiet();
    return new Visit(context, page, traffic);
  }

  async load(): Promise<Load> {
    const { painted, alive } = await this.page.evaluate(() => window.vitals);
    return { painted, alive, bytes: this.traffic.bytes };
  }

  /** How long the slowest press or key of what is done takes until the next paint, in milliseconds. */
  async slowest(act: (page: Page) => Promise<void>): Promise<number> {
    await this.page.evaluate(() => void (window.vitals.interactions = {}));
    await act(this.page);
    await this.traffic.quiet();
    const seen = await this.page.evaluate(() => Object.values(window.vitals.interactions));
    return Math.max(SHORTEST_EVENT, ...seen);
  }

  /** How long after a click there are as many visible elements as wanted on the screen, in milliseconds. */
  async clickToPaint(click: (page: Page) => Promise<void>, selector: string, count: number): Promise<number> {
    const painted = await this.page.evaluateHandle(untilPainted, { selector, count });
    await click(this.page);
    return painted.evaluate(({ time }) => time);
  }

  /** Waits until nothing more comes. */
  async quiet() {
    await this.traffic.quiet();
  }

  async close() {
    await this.context.close();
  }
}

/** Counts what the browser fetches. */
class Traffic {
  readonly bytes: Load["bytes"] = { wasm: 0, js: 0, css: 0, html: 0, other: 0 };
  private readonly open = new Map<string, keyof Load["bytes"]>();
  private last = Date.now();

  static async of(session: CDPSession): Promise<Traffic> {
    const traffic = new Traffic();
    session.on("Network.requestWillBeSent", ({ requestId, request, type }) => {
      // The stream of events never ends.
      if (type !== "EventSource") traffic.open.set(requestId, kindOf(request.url, type));
      traffic.last = Date.now();
    });
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => traffic.end(requestId, encodedDataLength));
    session.on("Network.loadingFailed", ({ requestId }) => traffic.end(requestId, 0));
    await session.send("Network.enable");
    return traffic;
  }

  private end(request: string, bytes: number) {
    const kind = this.open.get(request);
    if (kind) this.bytes[kind] += bytes;
    this.open.delete(request);
    this.last = Date.now();
  }

  async quiet() {
    const patience = Date.now() + PATIENCE;
    this.last = Date.now();
    while (Date.now() < patience && (this.open.size > 0 || Date.now() - this.last < QUIET)) {
      await new Promise((later) => setTimeout(later, 50));
    }
  }
}

function kindOf(url: string, type: string | undefined): keyof Load["bytes"] {
  const ending = /\.(wasm|js|css)$/.exec(new URL(url).pathname)?.[1];
  if (ending) return ending as "wasm" | "js" | "css";
  return type === "Document" ? "html" : "other";
}

/** Runs in the page before anything of its own. */
function watch(shortest: number) {
  const seen: Seen = { painted: 0, alive: 0, interactions: {} };
  window.vitals = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.painted = entry.startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const { interactionId, duration } of list.getEntries() as PerformanceEventTiming[]) {
      if (interactionId) seen.interactions[interactionId] = Math.max(seen.interactions[interactionId] ?? 0, duration);
    }
  }).observe({ type: "event", durationThreshold: shortest, buffered: true } as PerformanceObserverInit);
  new MutationObserver(() => {
    if (!seen.alive && document.documentElement?.hasAttribute("data-hydrated")) seen.alive = performance.now();
  }).observe(document, { subtree: true, attributeFilter: ["data-hydrated"] });
}

/** Runs in the page: from the next click until enough is painted. */
function untilPainted({ selector, count }: { selector: string; count: number }) {
  const found = { time: Promise.resolve(Number.NaN) };
  found.time = new Promise((resolve) => {
    const look = (begin: number) => {
      const seen = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).length;
      if (seen < count) {
        requestAnimationFrame(() => look(begin));
        return;
      }
      // A message that is sent while a frame is being made comes once it has been painted.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now() - begin);
      port2.postMessage("");
    };
    addEventListener("click", ({ timeStamp }) => requestAnimationFrame(() => look(timeStamp)), { capture: true, once: true });
  });
  return found;
}
