import { vi } from "vitest";
import type { Tool } from "../src/index.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Typed at once, or piece by piece. */
  readonly stdin?: string | AsyncIterable<Uint8Array>;
  readonly stop?: AbortSignal;
  readonly isTerminal?: boolean;
  /** Told of each piece of stdout; false: nobody reads it any more. */
  readonly onWrite?: (text: string) => boolean | Promise<boolean>;
}

/** Runs a tool within this process. */
export async function runTool(tool: Tool, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { stdin = "", stop = new AbortController().signal, isTerminal = false, onWrite = () => true } = options;
  let [stdout, stderr] = ["", ""];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const code = await tool(args, {
    stdin: typeof stdin === "string" ? typed(stdin) : stdin,
    out: (text) => void onWrite((stdout += text)),
    err: (text) => (stderr += text),
    write: async (bytes) => onWrite((stdout += decoder.decode(bytes, { stream: true }))),
    isTerminal,
    stop,
  });
  return { code, stdout, stderr };
}

async function* typed(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** Ids vary. */
export const withoutIds = (text: string): string => text.replaceAll(/TopicId: [\w-]{22}/g, "TopicId: ID");

/** What one broker has done, another one may know a moment later. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 20_000 });
}
