// Puts all WebAssembly that a page needs beside the common one into one file. The build leaves up to a hundred files for each page, as
// pages share parts: one file compresses better by a fifth, and is one request. It is loaded for the page that the server has sent;
// who goes on to another page and has more than half of it already is given what is missing in the single files.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf, pageOf } from "./splits.mjs";

const folder = join(process.argv[2], "pkg");

const fail = (why) => {
  console.error(`error: ${why}`);
  process.exit(1);
};
const find = (pattern) => readdirSync(folder).find((name) => pattern.test(name)) ?? fail(`no ${pattern} in ${folder}`);

const manifestPath = join(folder, find(/^__wasm_split_manifest.*\.json$/));
const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
for (const [split, parts] of Object.entries(manifest)) {
  if (!parts.at(-1).startsWith(`split_${split}.`)) fail(`the last of ${split} is not its own: packed already?`);
}
const partsOf = (name) => Object.entries(manifest).find(([split]) => nameOf(split) === name)?.[1] ?? fail(`no ${name}`);
const names = [...new Set(Object.values(manifest).flat())];
const contents = names.map((name) => readFileSync(join(folder, `${name}.wasm`)));
const packed = {};
const packs = {};
for (const [split, all] of Object.entries(manifest)) {
  // What belongs to a page brings nothing along that the page has.
  const page = pageOf[nameOf(split)];
  const parts = (page ? all.filter((part) => !partsOf(page).includes(part)) : all).map((part) => names.indexOf(part));
  const content = Buffer.concat(parts.map((part) => contents[part]));
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 22);
  const pack = `pack_${nameOf(split)}.${hash}`;
  writeFileSync(join(folder, `${pack}.wasm`), content);
  packed[split] = [pack];
  packs[pack] = parts;
}

const loaderPath = join(folder, find(/^__wasm_split\..*\.js$/));
const loader = readFileSync(loaderPath, "utf8");
const single = /fetch\(new URL\("\.\/([\w.-]+)\.wasm", import\.meta\.url\)\)/g;
const found = new Set([...loader.matchAll(single)].map(([, name]) => name));
const left = names.filter((name) => !found.has(name));
if (left.length > 0 || found.size > names.length) fail(`the loader does not fetch ${left.join(", ") || "these files only"} as this script expects`);
// Whatever asks for a page asks at once for all of its parts that it does not have; the last of a pack's is the page's own.
const opening = `const packs = ${JSON.stringify(packs)};
const sizes = ${JSON.stringify(contents.map((content) => content.length))};
let wanted;
async function file(name) {
  const answer = await fetch(new URL(\`./\${name}.wasm\`, import.meta.url));
  if (!answer.ok) throw new Error(\`\${answer.url}: \${answer.status}\`);
  return answer;
}
function part(id, name) {
  if (!wanted) {
    wanted = new Map();
    queueMicrotask(fetchWanted);
  }
  return new Promise((resolve, reject) => wanted.set(id, { name, resolve, reject }));
}
function fetchWanted() {
  const sum = (ids) => ids.reduce((sum, id) => sum + sizes[id], 0);
  for (const [pack, ids] of Object.entries(packs)) {
    if (!wanted.has(ids.at(-1)) || sum(ids.filter((id) => wanted.has(id))) * 2 < sum(ids)) continue;
    const content = file(pack).then((answer) => answer.arrayBuffer());
    let start = 0;
    for (const id of ids) {
      const range = [start, (start += sizes[id])];
      if (!wanted.has(id)) continue;
      const { name, resolve, reject } = wanted.get(id);
      wanted.delete(id);
      const headers = { "content-type": "application/wasm" };
      const open = (content) => new Response(content.slice(...range), { headers });
      // A pack that cannot be had gives way to the single files.
      content.then(open, () => file(name)).then(resolve, reject);
    }
  }
  for (const { name, resolve, reject } of wanted.values()) file(name).then(resolve, reject);
  wanted = undefined;
}
`;
writeFileSync(loaderPath, opening + loader.replaceAll(single, (_, name) => `part(${names.indexOf(name)}, "${name}")`));
writeFileSync(manifestPath, JSON.stringify(packed));
console.log(`WASM of pages packed: ${Object.keys(packs).length} files`);
