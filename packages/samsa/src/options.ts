import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./usage-error.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** `parseArgs` with its complaints as usage errors, and `--help` answered. Undefined: help was shown. */
export function readOptions<const T extends Options>(args: readonly string[], options: T, help: string) {
  try {
    const config = { args: [...args], options: { ...options, help: { type: "boolean", short: "h" } }, allowPositionals: true, strict: true } as const;
    const parsed = parseArgs(config);
    if (!("help" in parsed.values)) return parsed;
    process.stdout.write(help);
    return undefined;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function integerOption(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a whole number`);
  return value;
}
