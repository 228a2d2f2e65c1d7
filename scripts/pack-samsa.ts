/**
 * Makes what is published as `samsa`: `node scripts/pack-samsa.ts [DIRECTORY]`, then `npm publish DIRECTORY`. Default: `dist/samsa`.
 *
 * The command and the library are two entries into the same chunks of JavaScript, so that nothing is there twice and a command loads no more than it
 * needs. The types are one file that speaks of no other package. What is not bundled is a dependency, in the very version that is used here.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { BUILD_OPTIONS } from "./bundle/build-options.ts";
import { rollUp, workspaceResolver } from "./pack-samsa/roll-up.ts";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const ROOT = resolve(import.meta.dirname, "..");
const PACKAGE = join(ROOT, "packages/samsa");
const target = resolve(process.argv[2] ?? join(ROOT, "dist/samsa"));
const readManifest = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest;
const workspace = new Map(globSync("packages/*/package.json", { cwd: ROOT }).map((path) => [join(ROOT, dirname(path)), readManifest(join(ROOT, path))]));

function run(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with code ${status}`);
}

async function buildChunks(): Promise<Metafile> {
  const { metafile } = await build({
    ...BUILD_OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: { samsa: "packages/samsa/src/main.ts", index: "packages/samsa/src/index.ts" },
    splitting: true,
    metafile: true,
    outdir: join(target, "dist"),
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
  });
  return metafile;
}

/** What the chunks load from elsewhere. What nobody depends on is tried by others' code, and may be missing. */
function dependenciesOf({ outputs }: Metafile): Readonly<Record<string, string>> {
  const versions = new Map([...workspace.values()].flatMap(({ dependencies = {} }) => Object.entries(dependencies)));
  const externals = new Set(Object.values(outputs).flatMap(({ imports }) => imports.filter(({ external }) => external === true).map(({ path }) => path)));
  return Object.fromEntries([...versions].filter(([name]) => externals.has(name)).toSorted());
}

function writeTypes(): void {
  run("node_modules/typescript/bin/tsc", "--build", "packages/samsa");
  const directories = new Map([...workspace].map(([directory, { name }]) => [name, directory]));
  const types = rollUp(join(PACKAGE, "dist/index.d.ts"), workspaceResolver(directories));
  // Disposables are of the language, but of none of its finished editions.
  writeFileSync(join(target, "dist/index.d.mts"), `/// <reference lib="esnext.disposable" />\n${types}`);
}

/** Kafka's tools by both of their names. */
function commands(): Readonly<Record<string, string>> {
  const scripts = readdirSync(join(ROOT, "bin")).toSorted();
  return Object.fromEntries(scripts.flatMap((file) => [...new Set([basename(file, ".sh"), file])].map((name) => [name, `bin/${file}`])));
}

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, "dist"), { recursive: true });
run("packages/protocol/generate/main.ts");
const metafile = await buildChunks();
writeTypes();
for (const name of ["bin", "config", "LICENSE"]) cpSync(join(ROOT, name), join(target, name), { recursive: true });
cpSync(join(ROOT, "scripts/pack-samsa/README.md"), join(target, "README.md"));
const { private: _, ...manifest } = readManifest(join(PACKAGE, "package.json"));
const published = {
  ...manifest,
  files: ["bin", "config", "dist"],
  bin: commands(),
  exports: { ".": { types: "./dist/index.d.mts", default: "./dist/index.mjs" }, "./package.json": "./package.json" },
  dependencies: dependenciesOf(metafile),
};
writeFileSync(join(target, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
