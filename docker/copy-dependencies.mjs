/** Copies what a package needs at run time, as it is installed, and nothing else: `copy-dependencies.mjs PACKAGE FROM TO`, the latter two as `node_modules`. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [root, from, to] = process.argv.slice(2);

function copy(name) {
  if (existsSync(join(to, name))) return;
  // A native addon comes with a package for each system, of which one is installed.
  if (!existsSync(join(from, name))) return;
  cpSync(join(from, name), join(to, name), { recursive: true });
  copyAllOf(join(from, name));
}

function copyAllOf(directory) {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) copy(name);
}

copyAllOf(root);
