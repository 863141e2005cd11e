// Each page as somebody sees it who comes for the first time.
import { Visit, type Load } from "./browser";
import { test } from "./demo-test";
import { note, p75, times, type Figure } from "./figures";

test("the first load of every page", async ({ browser, demo, server }) => {
  for (const { name, path, visitor } of demo.pages) {
    const loads: Load[] = [];
    for (let at = 0; at < times; at++) {
      const visit = await Visit.open(browser, demo.states[visitor], `${server.url}${path}`);
      loads.push(await visit.load());
      await visit.close();
    }
    await note(figuresOf(name, loads));
  }
});

function figuresOf(row: string, loads: Load[]): Figure[] {
  const figure = (column: string, values: number[], atMost?: number): Figure => {
    const limit = atMost === undefined ? undefined : { atMost };
    return { table: "First load", row, column, value: p75(values), limit };
  };
  const kB = (kind: keyof Load["bytes"]) => loads.map(({ bytes }) => bytes[kind] / 1000);
  const all = loads.map(({ bytes }) => Object.values(bytes).reduce((sum, part) => sum + part, 0) / 1000);
  return [
    figure("WASM kB", kB("wasm"), 350),
    figure("JS kB", kB("js")),
    figure("CSS kB", kB("css")),
    figure("HTML kB", kB("html")),
    figure("other kB", kB("other")),
    figure("all kB", all, 450),
    figure("LCP ms", loads.map(({ painted }) => painted), 800),
    figure("alive ms", loads.map(({ alive }) => alive)),
  ];
}
