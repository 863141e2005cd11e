// Starts the server that was built, on a database of its own, and stops it again.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export type Database = "sqlite" | "postgres";
/** The command of the program that makes a database: an empty one, or one with the demo data. */
export type Filling = "migrate" | "seed";

const root = resolve(__dirname, "..");
const program = resolve(root, "target/release/test-observer");

/** Somebody who signs in. */
export interface User {
  email: string;
  name: string;
  isAdmin?: boolean;
}

/** A running Test Observer. */
export interface Server {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** A key with every permission. */
  apiKey: string;
  /** Makes a user, an administrator if asked, and gives the address that signs them in, once. */
  signInLink(user: User): string;
  /** Everything it has written to stderr so far. */
  log(): string;
}

/** Runs `use` beside a fresh server; fails if the server panicked or did not end by itself when told to. */
export async function withServer(
  kind: Database,
  filling: Filling,
  extra: NodeJS.ProcessEnv,
  use: (server: Server) => Promise<void>,
) {
  const database = createDatabase(kind);
  // People of the tests sign in by links, over plain HTTP on this machine.
  // Jobs would ask stores and trackers of the real world; metrics have a port that is the same for all servers.
  const ours = { LOCAL_ACCOUNTS: "true", SESSIONS_HTTPS_ONLY: "false", DISABLE_PERIODIC_TASKS: "true", METRICS_PORT: "0" };
  const environment = { ...process.env, ...ours, ...extra };
  const run = (...words: string[]) =>
    execFileSync(program, [...words, "--db", database.url], { cwd: root, env: environment, encoding: "utf8" }).trim();
  let child: ChildProcess | undefined;
  let log = "";
  try {
    run(filling);
    const apiKey = run("application", "add", "e2e", "--all-permissions");
    child = spawn(program, ["serve", "--listen", extra.LISTEN ?? "127.0.0.1:0", "--db", database.url], {
      cwd: root,
      env: { ...environment, NO_COLOR: "1" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const url = await new Promise<string>((found, failed) => {
      const late = setTimeout(() => failed(new Error(`the server did not start within 30 s:\n${log}`)), 30_000);
      child!.stderr!.setEncoding("utf8").on("data", (text: string) => {
        log += text;
        const address = /listening on (http:\/\/[\d.:]+)/.exec(log);
        if (address) {
          clearTimeout(late);
          found(address[1]);
        }
      });
      child!.once("error", failed);
      child!.once("exit", (code) => {
        clearTimeout(late);
        failed(new Error(`the server ended with ${code}:\n${log}`));
      });
    });
    const signInLink = ({ email, name, isAdmin }: User) => {
      run("user", "add", email, "--name", name);
      if (isAdmin) run("user", "promote", email);
      const link = /\/v1\/auth\/local\/link\/\S+/.exec(run("user", "link", email));
      if (!link) throw new Error("the command printed no link");
      return `${url}${link[0]}`;
    };
    await use({ url, apiKey, signInLink, log: () => log });
  } finally {
    const ended = child ? await stop(child) : "by itself";
    database.remove();
    if (log.includes("panicked at")) throw new Error(`the server panicked:\n${log}`);
    if (ended === "killed") throw new Error(`the server did not end within 15 s of SIGTERM:\n${log}`);
  }
}

async function stop(child: ChildProcess): Promise<"by itself" | "killed"> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return "by itself";
  let ended: "by itself" | "killed" = "by itself";
  const exit = once(child, "exit");
  const impatience = setTimeout(() => {
    ended = "killed";
    child.kill("SIGKILL");
  }, 15_000);
  child.kill("SIGTERM");
  await exit;
  clearTimeout(impatience);
  return ended;
}

/** An empty database, and how to be rid of it. */
function createDatabase(kind: Database): { url: string; remove(): void } {
  if (kind === "sqlite") {
    const folder = mkdtempSync(join(tmpdir(), "test-observer-e2e-"));
    return {
      url: `sqlite:${join(folder, "test-observer.db")}`,
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const admin = process.env.TEST_POSTGRES_URL;
  if (!admin) throw new Error("TEST_POSTGRES_URL is not set: start by scripts/with-postgres, or choose --project sqlite");
  const name = `e2e_${process.pid}_${Date.now()}`;
  const sql = (text: string) => execFileSync("psql", ["--no-psqlrc", "--quiet", "--dbname", admin, "--command", text]);
  sql(`CREATE DATABASE ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => void sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
