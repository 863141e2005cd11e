// A real OpenID Connect provider, on a free port of this machine and for as long as somebody holds its standard input:
//   node oidc-provider.mjs CLIENT_ID CLIENT_SECRET REDIRECT_URI...
// It prints `listening on ISSUER`. Whoever gives a name of ACCOUNTS is let in, without a password.
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Provider } from "oidc-provider";

const ACCOUNTS = {
  ana: { email: "ana@example.org", email_verified: true, name: "Ana Lopez", groups: ["reviewers", "strangers"] },
  // What a provider may say about people who shall not get in.
  eve: { email: "eve@example.org", email_verified: false, name: "Eve", groups: [] },
  nobody: { name: "Nobody", groups: [] },
};

const [client_id, client_secret, ...redirect_uris] = process.argv.slice(2);
const server = createServer((request, response) => handle(request, response).catch((error) => fail(response, error)));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris }],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
  cookies: { keys: ["of this run alone"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 600, IdToken: 60, Interaction: 600, Session: 600 },
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId, ...ACCOUNTS[accountId] }) }),
  // Nobody is asked whether this client may know what it asks for.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope(oidc.params.scope);
    await grant.save();
    return grant;
  },
});
const callback = provider.callback();

console.log(`listening on ${issuer}`);
process.stdin.resume().on("end", () => process.exit(0));

async function handle(request, response) {
  if (!request.url.startsWith("/interaction/")) return callback(request, response);
  await provider.interactionDetails(request, response);
  if (request.method !== "POST") return ask(response);
  const form = new URLSearchParams(await text(request));
  const name = form.get("name");
  if (form.has("cancel")) return finish(request, response, { error: "access_denied" });
  return name in ACCOUNTS ? finish(request, response, { login: { accountId: name } }) : ask(response);
}

function finish(request, response, result) {
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

function ask(response) {
  response.setHeader("Content-Type", "text/html; charset=utf-8").end(`<!doctype html>
<html lang="en">
<title>Test provider</title>
<link rel="icon" href="data:,">
<h1>Sign in at the test provider</h1>
<form method="post">
  <label>Name <input name="name" autofocus></label>
  <button>Sign in</button>
  <button name="cancel">Cancel</button>
</form>`);
}

function fail(response, error) {
  console.error(error);
  response.writeHead(500).end("The test provider failed; it has said why.");
}
