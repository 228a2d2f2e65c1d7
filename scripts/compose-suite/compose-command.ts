import { spawnSync } from "node:child_process";
import { run } from "./run.ts";

/** One version of Compose that is on this machine. */
export interface ComposeCommand {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

const BUILDER = "scripts/peers/docker-compose";

/** The plugin `docker compose` and docker-compose 1.29, whichever are there: the newest first. `build` builds the plugin where it is missing, which takes minutes. */
export function composeCommands({ build }: { readonly build: boolean }): readonly ComposeCommand[] {
  const env = pluginEnvironment(build);
  const plugin = env === undefined ? undefined : { command: ["docker", "compose"] as const, env: { ...env, ...builderEnvironment() } };
  const alone = { command: ["docker-compose"] as const, env: {} };
  return [plugin, alone].flatMap((one) => {
    const version = one === undefined ? undefined : versionOf(one.command, one.env);
    return one === undefined || version === undefined ? [] : [{ ...one, name: `Compose ${version}` }];
  });
}

/** undefined where there is no plugin. */
function pluginEnvironment(build: boolean): Readonly<Record<string, string>> | undefined {
  if (versionOf(["docker", "compose"], {}) !== undefined) return {};
  const isBuilt = spawnSync(BUILDER, ["have"]).status === 0;
  return isBuilt || build ? { DOCKER_CONFIG: run(BUILDER, []) } : undefined;
}

/** Without its other plugin, BuildKit, Compose 2 builds only when it is told to do as before. */
const builderEnvironment = (): Readonly<Record<string, string>> => (spawnSync("docker", ["buildx", "version"]).status === 0 ? {} : { DOCKER_BUILDKIT: "0" });

function versionOf([command, ...args]: readonly [string, ...string[]], env: Readonly<Record<string, string>>): string | undefined {
  const { status, stdout } = spawnSync(command, [...args, "version", "--short"], { encoding: "utf8", env: { ...process.env, ...env } });
  return status === 0 ? stdout.trim().replace(/^v/, "") : undefined;
}
