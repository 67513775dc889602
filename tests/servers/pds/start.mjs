// Starts Bluesky's own server (@atproto/pds) and a small in-memory PLC directory, both on loopback.
// env: PDS_PORT, PLC_PORT, DATA_DIR, MODULES (where node_modules are). Prints one line when ready;
// ends when its standard input closes, so that no test run leaves one behind.
import http from "node:http";
import net from "node:net";
import crypto from "node:crypto";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { PDS_PORT, PLC_PORT, DATA_DIR, MODULES } = process.env;
process.env.LOG_ENABLED = "false";

// The server listens on every interface unless told otherwise; there is no option for it.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (where, ...rest) {
  const port = typeof where === "object" ? where.port : where;
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, ...rest);
};

const require = createRequire(pathToFileURL(path.join(MODULES, "package.json")));
const load = async (name) => {
  const loaded = await import(pathToFileURL(require.resolve(name)));
  return loaded.PDS || loaded.validateOperationLog ? loaded : loaded.default;
};
const plc = await load("@did-plc/lib");
const { PDS } = await load("@atproto/pds");

const histories = new Map();
const answer = async (method, url, read) => {
  const [did, ...tail] = url.split("/").filter(Boolean).map(decodeURIComponent);
  if (did === "_health") return [200, { version: "loopback" }];
  const history = histories.get(did) ?? [];
  if (method === "POST") {
    const operation = JSON.parse(await read());
    await plc.validateOperationLog(did, [...history, operation]);
    histories.set(did, [...history, operation]);
    return [200, {}];
  }
  if (!history.length) return [404, { message: `DID not registered: ${did}` }];
  if (tail.join("/") === "log/last") return [200, history.at(-1)];
  if (tail[0] === "log") return [200, history];
  const data = plc.opToData(did, history.at(-1));
  return data ? [200, tail[0] === "data" ? data : plc.formatDidDoc(data)] : [410, {}];
};

const directory = http.createServer(async (request, response) => {
  const read = async () => {
    let text = "";
    for await (const part of request) text += part;
    return text;
  };
  const [status, body] = await answer(request.method, request.url, read).catch((error) => [400, { message: String(error) }]);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});
await new Promise((ready) => directory.listen(Number(PLC_PORT), ready));

const pds = await PDS.fromEnv({
  devMode: true,
  port: Number(PDS_PORT),
  hostname: "localhost",
  dataDirectory: DATA_DIR,
  blobstoreDiskLocation: path.join(DATA_DIR, "blobs"),
  didPlcUrl: `http://127.0.0.1:${PLC_PORT}`,
  serviceHandleDomains: [".test"],
  adminPassword: crypto.randomBytes(16).toString("hex"),
  jwtSecret: crypto.randomBytes(32).toString("hex"),
  plcRotationKeyK256PrivateKeyHex: crypto.randomBytes(32).toString("hex"),
  inviteRequired: false,
  disableSsrfProtection: true,
  blobUploadLimit: 5 * 1024 * 1024,
  rateLimitsEnabled: false,
  crawlers: [],
});
await pds.start();
console.log("ready");
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
