// How smoothly a page scrolls by the wheel of a mouse.
import type { Page } from "@playwright/test";

/** How often the page was drawn in a second, and how long it stood still at most, in milliseconds. */
export interface Scrolling {
  fps: number;
  longest: number;
}

/** Turns the wheel down and up for some seconds and counts frames. */
export async function scroll(page: Page): Promise<Scrolling> {
  await page.mouse.move(640, 500);
  await page.evaluate(() => {
    const times: number[] = [];
    const draw = (time: number) => {
      times.push(time);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    Object.assign(window, { frames_drawn: times });
  });
  for (let turn = 0; turn < 90; turn++) {
    await page.mouse.wheel(0, turn < 60 ? 160 : -160);
    await page.waitForTimeout(25);
  }
  const times = await page.evaluate(() => (window as unknown as { frames_drawn: number[] }).frames_drawn.slice());
  const steps = times.slice(1).map((time, at) => time - times[at]);
  return { fps: (1000 * steps.length) / (times[times.length - 1] - times[0]), longest: Math.max(...steps) };
}
