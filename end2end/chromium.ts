// Which browser is used, and how it is started; the same for tests, figures and pictures.

/** How Playwright starts Debian's Chromium without a window, or the browser that CHROMIUM names. */
export const launchOptions = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
