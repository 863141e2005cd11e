// Writes FILE.br and FILE.gz beside every file of the site, and holds the WebAssembly to its budget.
// cargo-leptos could do the first (--precompress), but we install it unoptimised, and its brotli then takes a minute.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const site = process.argv[2];
const budget = 400_000; // bytes of brotli, what most browsers download

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
for (const { name, raw, gzip, brotli } of sizes) {
  console.log(`WASM ${name}: ${kB(raw)} raw, ${kB(gzip)} gzip, ${kB(brotli)} brotli`);
}
const total = sizes.reduce((sum, size) => sum + size.brotli, 0);
if (sizes.length === 0 || total > budget) {
  console.error(`error: ${sizes.length ? `the WASM takes ${kB(total)} of the ${kB(budget)} it may have` : `no WASM in ${site}`}`);
  process.exit(1);
}
