import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { micros, nodeId } from "@samsa/stdx";
import type { TraceEvent } from "@samsa/world";
import { expect, it } from "vitest";
import { createLog, createNodeWorld, NO_TRACE, traceLine, traceToFd } from "../src/index.ts";

const directory = mkdtempSync(join(tmpdir(), "samsa-trace-"));
const event = (seq: number): TraceEvent => ({ seq, t: micros(1_000 + seq), node: nodeId(2), event: { kind: "note", text: `é ${seq}` } });

it("writes one line of JSON an event, in order, those of a turn together", async () => {
  const path = join(directory, "trace.jsonl");
  const fd = openSync(path, "w");
  const trace = traceToFd(fd);
  for (let seq = 0; seq < 3; seq++) trace.emit(event(seq));
  expect(readFileSync(path, "utf8")).toBe("");
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(readFileSync(path, "utf8").split("\n")[0]).toBe('{"seq":0,"t":1000,"node":2,"kind":"note","text":"é 0"}');
  expect(readFileSync(path, "utf8")).toBe([0, 1, 2].map((seq) => `${traceLine(event(seq))}\n`).join(""));
  closeSync(fd);
});

it("has written everything when a node exits", () => {
  const path = join(directory, "exit.jsonl");
  const trace = traceToFd(openSync(path, "w"));
  let written = "";
  const world = createNodeWorld({ dataDir: directory, trace, onExit: () => (written = readFileSync(path, "utf8")) });
  world.trace.emit(event(7));
  world.exit(70, "broken");
  expect(written).toContain('"seq":7');
});

it("stops listening when the reader is gone", () => {
  const fd = openSync(join(directory, "gone"), "w");
  closeSync(fd);
  const trace = traceToFd(2 ** 20);
  trace.emit(event(0));
  trace.flush();
  expect(trace.isListening).toBe(false);
  expect(NO_TRACE.isListening).toBe(false);
});

it("logs lines of JSON with level, name and fields", () => {
  const path = join(directory, "log");
  const log = createLog({ level: "info", name: "broker-1", fd: openSync(path, "w") });
  log.debug("hidden");
  log.with({ listener: "PLAINTEXT" }).warn("refused", { remote: "10.0.0.1:5" });
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 40, name: "broker-1", listener: "PLAINTEXT", remote: "10.0.0.1:5", msg: "refused" });
  rmSync(directory, { recursive: true });
});
