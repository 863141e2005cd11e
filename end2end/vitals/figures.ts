// Figures: what was measured, in which row and column of which table, and the limit it is held to.
import { test } from "@playwright/test";

/** One figure. */
export interface Figure {
  table: string;
  row: string;
  /** Its heading, with the unit. */
  column: string;
  value: number;
  /** What it may be at most, or has to be at least; nothing where it is only told. */
  limit?: { atMost: number } | { atLeast: number };
}

/** As often is everything measured. */
export const times = Number(process.env.VITALS_LOADS ?? 5);

/** The name of the attachment by which figures come from a test to the reporter. */
export const attachment = "figures";

/** Puts figures into the tables at the end of the run. */
export async function note(figures: Figure[]) {
  await test.info().attach(attachment, { contentType: "application/json", body: JSON.stringify(figures) });
}

/** Whether a figure is within its limit. */
export function isWithin({ value, limit }: Figure): boolean {
  if (!limit) return true;
  return "atMost" in limit ? value <= limit.atMost : value >= limit.atLeast;
}

/** Three quarters of the values are no larger than this one. */
export function p75(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.75) - 1] ?? Number.NaN;
}
