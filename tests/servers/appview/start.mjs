// Starts Bluesky's network in small (@atproto/dev-env): its server, directory, and the app view that
// counts likes and reposts, all on loopback. env: DB_POSTGRES_URL (a database that it may fill), MODULES
// (where node_modules are), PORTS (pds, app view, directory, moderation). Prints one line when ready; ends
// when its standard input closes.
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

process.env.LOG_ENABLED = "false";
process.env.DB_POSTGRES_SCHEMA = "appview";
process.env.REDIS_HOST = "127.0.0.1:1"; // it wants to be told of one and connects to none

// The servers listen on every interface unless told otherwise; there is no option for it.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (where, ...rest) {
  const port = typeof where === "object" && where !== null ? where.port : where;
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, ...rest);
};

const require = createRequire(pathToFileURL(path.join(process.env.MODULES, "package.json")));
const { TestNetwork } = await import(pathToFileURL(require.resolve("@atproto/dev-env")));
const [pds, bsky, plc, ozone] = process.env.PORTS.split(",").map(Number);
await TestNetwork.create({
  pds: { port: pds, hostname: "localhost", enableDidDocWithSession: true },
  bsky: { port: bsky, publicUrl: `http://localhost:${bsky}` },
  plc: { port: plc },
  ozone: { port: ozone },
});
console.log("ready");
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
