import { readFileSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { packageOf } from "./check.ts";
import { PACKAGE_RULES } from "./layers.ts";
import { importsOf } from "./source-imports.ts";
import type { WorkspacePackage } from "./workspace.ts";

type Json = Record<string, unknown>;

/** Makes each package's `dependencies` and its TypeScript references say what its sources import of the project. Third-party versions are left to people. */
export function writeManifests(workspace: readonly WorkspacePackage[]): void {
  const directories = new Map(workspace.map(({ manifest, directory }) => [manifest.name, directory]));
  for (const { directory, sources } of workspace) {
    const used = new Set([...sources].flatMap(([path, text]) => importsOf(path, text).map(({ specifier }) => packageOf(specifier))));
    const own = [...PACKAGE_RULES.keys()].filter((name) => used.has(name));
    rewrite(`${directory}/package.json`, (manifest) => withDependencies(manifest, own));
    rewrite(`${directory}/tsconfig.json`, (config) => ({
      ...config,
      references: own.map((name) => ({ path: posix.relative(directory, directories.get(name) ?? name) })),
    }));
  }
}

function withDependencies(manifest: Json, own: readonly string[]): Json {
  const { dependencies, ...rest } = manifest as { readonly dependencies?: Readonly<Record<string, string>> };
  const thirdParty = Object.entries(dependencies ?? {}).filter(([name]) => !PACKAGE_RULES.has(name));
  const entries = [...own.map((name) => [name, "*"] as const), ...thirdParty].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? rest : { ...manifest, dependencies: Object.fromEntries(entries) };
}

function rewrite(path: string, change: (json: Json) => Json): void {
  const before = JSON.parse(readFileSync(path, "utf8")) as Json;
  const after = change(before);
  if (JSON.stringify(after) !== JSON.stringify(before)) writeFileSync(path, `${JSON.stringify(after, null, 2)}\n`);
}
