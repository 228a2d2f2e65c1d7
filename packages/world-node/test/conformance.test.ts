import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceBody } from "@samsa/world";
import type { ConformanceHost } from "@samsa/world/conformance";
import { CONFORMANCE_CASES, runCaseAsync } from "@samsa/world/conformance";
import { describe, it } from "vitest";
import { createNodeWorld } from "../src/index.ts";
import { dying, endAllDying } from "./dying-process.ts";
import { eventually } from "./eventually.ts";

function createHost(dataDir: string): ConformanceHost & { close(): Promise<void> } {
  const exits: { code: number; reason: string }[] = [];
  const traced: TraceBody[] = [];
  const trace = { isListening: true, emit: ({ event }: { event: TraceBody }) => void traced.push(event), flush: () => {} };
  const furtherDirs = [mkdtempSync(join(dataDir, "..", "samsa-world-further-"))];
  const ports = createNodeWorld({ dataDir, furtherDirs, trace, onExit: (code, reason) => exits.push({ code, reason }) });
  return { ports, host: "127.0.0.1", exits, traced, close: () => ports.close().then(() => rmSync(furtherDirs[0] ?? "", { recursive: true })) };
}

describe("the real world", () => {
  for (const one of CONFORMANCE_CASES) {
    it(`${one.name}`, async () => {
      const directories = [1, 2].map((node) => mkdtempSync(join(tmpdir(), `samsa-world-${node}-`)));
      const hosts = directories.map(createHost);
      const [first, second] = hosts;
      try {
        if (first === undefined || second === undefined) throw new Error("two hosts");
        await runCaseAsync(one, { nodes: [first, second], after: (delayMs, run) => void setTimeout(run, delayMs), dying }, eventually);
      } finally {
        endAllDying();
        await Promise.all(hosts.map((host) => host.close()));
        for (const directory of directories) rmSync(directory, { recursive: true });
      }
    });
  }
});
