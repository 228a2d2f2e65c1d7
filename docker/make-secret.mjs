/** Makes the secret that the nodes of one cluster share, unless it is there. It appears whole or not at all. */
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, writeFileSync } from "node:fs";

const [path] = process.argv.slice(2);
if (!existsSync(path)) {
  writeFileSync(`${path}.new`, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
