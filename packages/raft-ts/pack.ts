/**
 * Makes what is published: `node packages/raft-ts/pack.ts DIRECTORY`, then `npm publish DIRECTORY`.
 *
 * In this repository everybody imports the sources; a package has JavaScript and declarations, for Node strips no types inside node_modules.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(PACKAGE, "../..");
const EXPORTS = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };

const target = resolve(process.argv[2] ?? join(ROOT, "dist/raft-ts"));
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const name of ["src", "examples", "README.md", "CHANGELOG.md"]) cpSync(join(PACKAGE, name), join(target, name), { recursive: true });
cpSync(join(ROOT, "LICENSE"), join(target, "LICENSE"));
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", join(PACKAGE, "tsconfig.pack.json"), "--outDir", join(target, "dist")], { stdio: "inherit" });
if (status !== 0) throw new Error(`tsc ended with code ${status}`);
const { private: _, ...manifest } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as Record<string, unknown>;
writeFileSync(join(target, "package.json"), `${JSON.stringify({ ...manifest, exports: EXPORTS }, null, 2)}\n`);
