// Starts the OpenID Connect provider of the tests beside a spec.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

const program = join(__dirname, "oidc-provider.mjs");
const clientId = "test-observer";
const clientSecret = "end-to-end";

/** What makes a server use the provider: it has to be reached where the provider sends people back to. */
export async function withOidcProvider(use: (environment: NodeJS.ProcessEnv) => Promise<void>) {
  const address = `127.0.0.1:${await findFreePort()}`;
  const redirect = `http://${address}/v1/auth/oidc/callback`;
  const child = spawn("node", [program, clientId, clientSecret, redirect], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await use({
      LISTEN: address,
      FRONTEND_URL: `http://${address}`,
      // The browser comes by plain HTTP.
      SESSIONS_HTTPS_ONLY: "false",
      OIDC_ISSUER_URL: await issuerOf(child),
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
      OIDC_SCOPES: "openid email profile groups",
      OIDC_GROUPS_CLAIM: "groups",
      OIDC_TEAMS: "reviewers",
    });
  } finally {
    child.kill();
  }
}

/** A port that nobody listened on a moment ago. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function issuerOf(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let said = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const line = /listening on (http:\S+)\n/.exec(said);
      if (line) found(line[1]);
    });
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`the provider ended with ${code}: ${said}`)));
  });
}
