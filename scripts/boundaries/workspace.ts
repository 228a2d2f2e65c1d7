import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export interface Manifest {
  readonly name: string;
  readonly exports: readonly string[];
  readonly dependencies: readonly string[];
  /** Names of the packages that its `tsconfig.json` refers to. */
  readonly references: readonly string[];
}

/** One package as it stands: its manifest and its own sources by path. */
export interface WorkspacePackage {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly sources: ReadonlyMap<string, string>;
  readonly tests: ReadonlyMap<string, string>;
}

interface PackageJson {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface TsConfig {
  readonly references?: readonly { readonly path: string }[];
}

const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, "utf8")) as T;

const read = (directory: string, patterns: readonly string[]): ReadonlyMap<string, string> =>
  new Map(patterns.flatMap((pattern) => globSync(`${directory}/${pattern}`)).map((path) => [path, readFileSync(path, "utf8")]));

/** Reads the workspace below the current directory. */
export function readWorkspace(): readonly WorkspacePackage[] {
  const directories = [...globSync("packages/*/package.json"), "scenarios/package.json"].map((path) => dirname(path));
  return directories.toSorted().map((directory) => {
    const { name, exports = {}, dependencies = {} } = readJson<PackageJson>(`${directory}/package.json`);
    const { references = [] } = readJson<TsConfig>(`${directory}/tsconfig.json`);
    const referred = references.map(({ path }) => readJson<PackageJson>(`${directory}/${path}/package.json`).name);
    const manifest = { name, exports: Object.keys(exports), dependencies: Object.keys(dependencies), references: referred };
    return { directory, manifest, sources: read(directory, directory === "scenarios" ? ["*.ts"] : ["src/**/*.ts"]), tests: read(directory, ["test/**/*.ts"]) };
  });
}
