import { vi } from "vitest";
import type { Tool } from "../src/index.ts";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool within this process. */
export async function runTool(tool: Tool, args: readonly string[], options: { readonly stdin?: string; readonly stop?: AbortSignal } = {}): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  async function* stdin() {
    yield new TextEncoder().encode(options.stdin ?? "");
  }
  const code = await tool(args, {
    stdin: stdin(),
    out: (text) => (stdout += text),
    err: (text) => (stderr += text),
    stop: options.stop ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** Ids vary. */
export const withoutIds = (text: string): string => text.replaceAll(/TopicId: [\w-]{22}/g, "TopicId: ID");

/** What one broker has done, another one may know a moment later. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 20_000 });
}
