// Prints the figures as tables, with the limits in the heading and a verdict at the end of each row.
import type { FullResult, Reporter, TestCase, TestError, TestResult } from "@playwright/test/reporter";
import { loadavg } from "node:os";
import { attachment, isWithin, type Figure } from "./figures";

export default class TableReporter implements Reporter {
  private readonly figures: Figure[] = [];

  /** Strict: a missed limit fails the run. */
  constructor(private readonly options: { isStrict?: boolean }) {}

  onTestBegin(test: TestCase) {
    process.stderr.write(`measuring: ${test.title}\n`);
  }

  onTestEnd(test: TestCase, result: TestResult) {
    for (const { name, body } of result.attachments) {
      if (name === attachment && body) this.figures.push(...JSON.parse(body.toString("utf8")));
    }
    // The first line says what is wrong; what the browser printed meanwhile follows it.
    for (const { message, value } of result.errors) process.stderr.write(`${test.title}: ${(message ?? value ?? "").split("\n")[0]}\n`);
  }

  onError(error: TestError) {
    process.stderr.write(`${error.message ?? error.value}\n`);
  }

  onEnd(result: FullResult) {
    const tables = grouped(this.figures, ({ table }) => table);
    for (const [title, figures] of tables) print(title, figures);
    const held = this.figures.filter(({ limit }) => limit);
    const missed = held.filter((figure) => !isWithin(figure));
    console.log(`\n${held.length - missed.length} of ${held.length} limits hold; load of the machine: ${loadavg()[0].toFixed(1)}`);
    const fails = result.status === "passed" && this.options.isStrict && missed.length > 0;
    return Promise.resolve(fails ? { status: "failed" as const } : undefined);
  }

  printsToStdio() {
    return true;
  }
}

function print(title: string, figures: Figure[]) {
  const columns = [...new Set(figures.map(({ column }) => column))];
  const rows = grouped(figures, ({ row }) => row);
  const lines = [...rows].map(([row, cells]) => {
    const texts = columns.map((column) => {
      const cell = cells.find((figure) => figure.column === column);
      return cell ? `${spell(cell.value)}${isWithin(cell) ? "" : " !"}` : "";
    });
    const held = cells.filter(({ limit }) => limit);
    return [row, ...texts, held.length === 0 ? "" : held.every(isWithin) ? "pass" : "FAIL"];
  });
  const limits = columns.map((column) => spellLimit(figures.find((figure) => figure.column === column && figure.limit)));
  const all = [[title, ...columns, ""], ["limit", ...limits, ""], ...lines];
  const widths = all[0].map((_, at) => Math.max(...all.map((line) => line[at].length)));
  const pad = (text: string, at: number) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at]));
  console.log("");
  for (const line of all) console.log(line.map(pad).join("  ").trimEnd());
}

/** Groups in the order in which their names first appear. */
function grouped(figures: Figure[], name: (figure: Figure) => string): Map<string, Figure[]> {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) groups.set(name(figure), [...(groups.get(name(figure)) ?? []), figure]);
  return groups;
}

function spell(value: number): string {
  return Number.isInteger(value) ? `${value}` : value.toFixed(value < 10 ? 1 : 0);
}

function spellLimit(figure: Figure | undefined): string {
  if (!figure?.limit) return "";
  return "atMost" in figure.limit ? `≤ ${figure.limit.atMost}` : `≥ ${figure.limit.atLeast}`;
}
