// A server of its own with a company in it; then schemathesis as each of those who may ask something of it.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const asked = new Map();
for (let at = 2; at < process.argv.length; at += 2) asked.set(process.argv[at], process.argv[at + 1]);
const examples = asked.get("--examples") ?? "10";
const seed = asked.get("--seed") ?? "1";
const only = asked.get("--only");
const binary = process.env.PATCHBAY_BIN;
const folder = mkdtempSync(join(tmpdir(), "patchbay-schemathesis-"));

const free = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const http = await free();
const log = openSync(join(folder, "server.log"), "w");
const server = spawn(binary, ["serve", "--demo"], {
  cwd: folder,
  env: {
    ...process.env,
    PATCHBAY_HTTP: `127.0.0.1:${http}`,
    PATCHBAY_DATA_FOLDER: folder,
    PATCHBAY_SIP__LISTEN: `127.0.0.1:${await free()}`,
    PATCHBAY_LOG: "warn",
  },
  stdio: ["ignore", log, log],
});
process.on("exit", () => {
  server.kill("SIGKILL");
  if (process.exitCode) process.stdout.write(readFileSync(join(folder, "server.log"), "utf8").slice(-4000));
  rmSync(folder, { recursive: true, force: true });
});

const base = `http://127.0.0.1:${http}`;
async function ask(method, path, token, body) {
  const headers = { "X-Patchbay": "1" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}
const post = (path, token, body) => ask("POST", path, token, body);

for (let tries = 0; ; tries += 1) {
  const ready = await fetch(`${base}/health/ready`).catch(() => null);
  if (ready?.ok) break;
  if (tries > 600 || server.exitCode !== null) {
    process.stdout.write(readFileSync(join(folder, "server.log"), "utf8"));
    throw new Error("the server did not become ready");
  }
  await new Promise((done) => setTimeout(done, 100));
}

const PASSWORD = "correct horse 42";
const first = readFileSync(join(folder, "server.log"), "utf8").match(/operator password: *(\S+)/)?.[1];
const OPERATOR = { email: "operator@patchbay.local", password: "a much longer phrase 7" };
const early = await post("/v1/operator/sign-in", null, { ...OPERATOR, password: first });
await post("/v1/operator/password", early.access_token, { current: first, new: OPERATOR.password });
const operator = async () => (await post("/v1/operator/sign-in", null, OPERATOR)).access_token;
const OWNER = { email: "owner@aster.example.com", password: PASSWORD };
const made = await post("/v1/sign-up", null, { company: "Aster", name: "Olga", country: "US", ...OWNER });
const owner = async () => (await post("/v1/sign-in", null, OWNER)).access_token;

/** Something of everything, so that the ids in paths are there. */
async function scene(token) {
  const invited = await post("/v1/invitations", token, { email: "agent@aster.example.com", role: "agent" });
  const link = new URL(invited.link).searchParams.get("token");
  const agent = await post(`/v1/invitations/by-token/accept?token=${encodeURIComponent(link)}`, null, {
    name: "Ana",
    password: PASSWORD,
  });
  const waiting = await post("/v1/invitations", token, { email: "next@aster.example.com", role: "agent" });
  const department = await post("/v1/departments", token, { name: "Sales" });
  const team = await post("/v1/teams", token, { name: "Morning", department: department.id, members: [agent.me.member] });
  const role = await post("/v1/roles", token, { name: "Trainer", permissions: ["seats:read"], scope: "team" });
  const seat = await post("/v1/seats", token, { member: agent.me.member });
  const device = await post(`/v1/seats/${seat.id}/devices`, token, { label: "Desk phone" });
  const shop = await ask("GET", "/v1/numbers/shop", token);
  const number = await post(`/v1/numbers/${shop.items[0].id}/claim`, token);
  const ports = await ask("GET", "/v1/gateway-ports/shop", token);
  const hook = await post("/v1/webhooks", token, { url: "https://hooks.example.com/", kinds: ["seat.*"] });
  const key = await post("/v1/api-keys", token, { name: "One", scopes: ["seats:read"] });
  const events = await ask("GET", "/v1/events?limit=1", token);
  return {
    members: agent.me.member,
    invitations: waiting.id,
    departments: department.id,
    teams: team.id,
    roles: role.id,
    seats: seat.id,
    devices: device.device.id,
    numbers: number.id,
    "gateway-ports": ports[0]?.id,
    webhooks: hook.webhook.id,
    "api-keys": key.key.id,
    events: events.items[0].id,
    tenants: made.me.company.id,
  };
}
const things = await scene(made.access_token);

const document = JSON.parse(execFileSync(binary, ["openapi"], { encoding: "utf8", maxBuffer: 1 << 26 }));
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

/** Every second id that a path names is one that is there, except where it would be the end of it. */
function settings() {
  let text = "";
  for (const { path, method, operationId } of operations) {
    const thing = things[path.match(/\/([a-z-]+)\/\{id\}/)?.[1]];
    const ends = method === "delete" || /release|revoke|sign.out|password|session/.test(operationId);
    if (!thing || ends) continue;
    text += `[[operations]]\ninclude-operation-id = "${operationId}"\nparameters = { "path.id" = "${thing}" }\n\n`;
  }
  return text;
}

/** Scopes of keys: what a role may, as far as programs may at all. */
const forKeys = new Set(operations.flatMap(({ security }) => (security ?? []).flatMap((way) => way.api_key ?? [])));
const roles = await ask("GET", "/v1/roles", made.access_token);
const keys = {};
async function keyOf(role) {
  const permissions = roles.find((one) => one.built_in === role || one.name === role || one.id === role)?.permissions;
  const scopes = (permissions ?? []).filter((scope) => forKeys.has(scope));
  if (scopes.length === 0) throw new Error(`no scopes for ${role}: ${JSON.stringify(roles.map((one) => one.name))}`);
  return (await post("/v1/api-keys", await owner(), { name: `Key of ${role}`, scopes })).secret;
}
for (const role of ["admin", "supervisor", "agent"]) keys[role] = await keyOf(role);

// A person's token lives for ten minutes; it is bought anew for each.
const who = {
  owner,
  admin: () => keys.admin,
  supervisor: () => keys.supervisor,
  agent: () => keys.agent,
  operator,
  nobody: () => null,
};
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "negative_data_rejection",
  "missing_required_header",
  "unsupported_method",
  "ignored_auth",
];
if (asked.get("--checks")) checks.push(...asked.get("--checks").split(","));
// "Anything may go wrong" hides what the document forgot to list.
for (const { responses } of operations) delete responses.default;
writeFileSync(join(folder, "openapi.json"), JSON.stringify(document));
writeFileSync(join(folder, "schemathesis.toml"), settings());

const wanted = (asked.get("--as") ?? Object.keys(who).join(",")).split(",");
let failed = 0;
for (const name of wanted) {
  console.log(`==> as ${name}`);
  const token = await who[name]();
  const words = [
    ...["--config-file", join(folder, "schemathesis.toml"), "run", join(folder, "openapi.json"), "--url", base],
    ...["--checks", checks.join(","), "--max-examples", examples, "--seed", seed, "--phases", "examples,coverage,fuzzing"],
    ...["--header", "X-Patchbay: 1", "--continue-on-failure", "--no-color", "--warnings", "off", "--suppress-health-check", "all"],
    ...(token ? ["--header", `Authorization: Bearer ${token}`] : []),
    // Their own tokens end with these.
    ...["--exclude-operation-id", "my_session_end_others", "--exclude-operation-id", "operator_sign_out"],
    ...(only ? ["--include-operation-id", only] : []),
  ];
  const code = await new Promise((done) => {
    spawn(process.env.SCHEMATHESIS, words, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] }).on("exit", done);
  });
  failed += code === 0 ? 0 : 1;
}
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
process.exit();
