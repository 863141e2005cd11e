// Writes FILE.br and FILE.gz beside every file of the site, and holds the WebAssembly of every page to its budget.
// cargo-leptos could do the first (--precompress), but we install it unoptimised, and its brotli then takes a minute.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { nameOf, pageOf } from "./splits.mjs";

const site = process.argv[2];
const goal = 350_000; // bytes of brotli, what most browsers should download before a page is alive
// What the page of an artefact takes, the only one beyond the goal, by itself and with a part of it: nothing may make it worse.
const limit = 430_000;
const partLimit = 570_000;

// Compressed by their own format: a second time only costs the server a look at a bigger file.
const packed = /\.(br|gz|png|jpe?g|webp|avif|woff2?)$/;

const sizes = [];
for (const name of readdirSync(site, { recursive: true })) {
  const path = join(site, name);
  if (packed.test(name) || /(^|\/)\.|\.d\.ts$/.test(name) || !statSync(path).isFile()) continue;
  const raw = readFileSync(path);
  const brotli = brotliCompressSync(raw, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  const gzip = gzipSync(raw, { level: 9 });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzip);
  if (name.endsWith(".wasm")) sizes.push({ name, raw: raw.length, gzip: gzip.length, brotli: brotli.length });
}

const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const brotliOf = (test) => sizes.filter(({ name }) => test(name)).reduce((sum, { brotli }) => sum + brotli, 0);

// What every page needs, and what each needs beside it, by the manifest that the build left.
const common = brotliOf((name) => /^pkg\/test-observer\.[^/]*wasm$/.test(name));
const manifest = readdirSync(join(site, "pkg")).find((name) => /^__wasm_split_manifest.*\.json$/.test(name));
if (!common || !manifest) {
  console.error(`error: no WASM, or not split by page, in ${site}`);
  process.exit(1);
}
console.log(`WASM of every page: ${kB(common)} of brotli`);
const packs = Object.entries(JSON.parse(readFileSync(join(site, "pkg", manifest), "utf8"))).map(([split, files]) => ({
  split: nameOf(split),
  bytes: brotliOf((name) => files.some((file) => name === `pkg/${file}.wasm`)),
}));
const bytesOf = (split) => packs.find((pack) => pack.split === split)?.bytes ?? NaN;
const pages = packs.map(({ split, bytes }) => ({
  page: split in pageOf ? `${pageOf[split]} with ${split}` : split,
  limit: split in pageOf ? partLimit : limit,
  bytes: split in pageOf ? bytesOf(pageOf[split]) + bytes : bytes,
}));
let isTooMuch = false;
let isAboveGoal = false;
for (const { page, limit, bytes } of pages.sort((a, b) => b.bytes - a.bytes)) {
  isTooMuch ||= !(common + bytes <= limit);
  isAboveGoal ||= common + bytes > goal;
  console.log(`  ${page}: ${kB(bytes)} more, ${kB(common + bytes)} of ${kB(goal)}`);
}
if (isAboveGoal) console.warn(`warning: pages need more WASM than the ${kB(goal)} they should`);
if (isTooMuch) {
  console.error("error: a page needs more WASM than it may; move what few open behind #[lazy]");
  process.exit(1);
}
