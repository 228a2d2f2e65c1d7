import { readFileSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { type ConfigProblem, MIN_SECRET_BYTES, type NodeConfig, readNodeConfig } from "@samsa/server";
import { parseProperties } from "@samsa/stdx";
import { UsageError } from "./usage-error.ts";

/** Reads and checks a `server.properties` (if there is one) with what overrides it; every bad key is named in one error. */
export function loadConfig(path: string | undefined, overrides: readonly string[], warn: (problem: ConfigProblem) => void): NodeConfig {
  const properties = new Map([...parseProperties(path === undefined ? "" : readText(path)), ...overrides.map(parseOverride)]);
  const result = readNodeConfig(properties);
  for (const warning of result.warnings) warn(warning);
  if (result.ok) return result.config;
  throw new UsageError(`${path ?? "the configuration"}: ${result.errors.map(({ key, problem }) => `${key} ${problem}`).join("; ")}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`the configuration ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Taken as it is: a value on the command line knows no escapes and no comments. */
function parseOverride(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--override ${JSON.stringify(text)} must be KEY=VALUE`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/**
 * The cluster's secret. A node of a cluster of its own makes one in its log directory; the nodes of a larger cluster must be
 * given the same file.
 */
export function loadSecret(config: NodeConfig): Uint8Array {
  const path = config.secretFile ?? join(config.logDir, "cluster.secret");
  if (!existsSync(path)) {
    if (config.voters.length > 1)
      throw new UsageError(
        `samsa.cluster.secret.file ${config.secretFile === undefined ? "must be set: the nodes of a cluster share a secret" : `is ${path}, which does not exist`}`,
      );
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
  }
  const secret = Buffer.from(readFileSync(path, "utf8").trim(), "utf8");
  if (secret.length < MIN_SECRET_BYTES) throw new UsageError(`the cluster's secret in ${path} is shorter than ${MIN_SECRET_BYTES} characters`);
  return secret;
}
