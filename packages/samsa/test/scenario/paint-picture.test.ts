import { PassThrough } from "node:stream";
import { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Recorder, type Recording } from "@samsa/scenario-runner";
import { paintPicture } from "../../src/scenario/paint-picture.ts";

/** A terminal of so many columns, as Node makes of its environment; or no terminal. */
function streamOf(columns: number | undefined): NodeJS.WriteStream {
  const stream = Object.assign(new PassThrough(), { isTTY: columns !== undefined, columns, getColorDepth: WriteStream.prototype.getColorDepth });
  return stream as unknown as NodeJS.WriteStream;
}

function minute(): Recording {
  const recorder = new Recorder({ cluster: { brokers: 3 }, topic: { name: "orders", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 } });
  recorder.loadBegan(0);
  for (let atMs = 0; atMs < 60_000; atMs += 50) recorder.acked(atMs, "orders-0", 1);
  recorder.loadEnded(60_000);
  return recorder.recording(60_000);
}

const COLOUR_VARIABLES = ["NO_COLOR", "FORCE_COLOR", "NODE_DISABLE_COLORS", "TERM", "CI"];
const before = new Map<string, string | undefined>();

beforeEach(() => {
  for (const name of COLOUR_VARIABLES) {
    before.set(name, process.env[name]);
    delete process.env[name];
  }
  process.env["TERM"] = "xterm-256color";
});
afterEach(() => {
  for (const [name, value] of before)
    if (value !== undefined) process.env[name] = value;
    else delete process.env[name];
});

const widthOf = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split("\n")
      .map((line) => [...line].length),
  );

test("the picture is as wide as the terminal lets it be, and a hundred columns where there is none", () => {
  const recording = minute();
  const widths = [60, 80, 120].map((columns) => widthOf(paintPicture(recording, streamOf(columns))));
  for (const [index, columns] of [60, 80, 120].entries()) expect([columns, (widths[index] ?? Infinity) <= columns]).toEqual([columns, true]);
  expect(widths.toSorted((a, b) => a - b)).toEqual(widths);
  const plain = paintPicture(recording, streamOf(undefined));
  expect(widthOf(plain)).toBeLessThanOrEqual(100);
  expect(widthOf(plain)).toBeGreaterThan(widths[1] ?? Infinity);
});

test("colours are for terminals, and say nothing that the signs don't say", () => {
  const recording = minute();
  const coloured = paintPicture(recording, streamOf(100));
  const plain = paintPicture(recording, streamOf(undefined));
  expect(coloured).toContain("\u001B[");
  expect(plain).not.toContain("\u001B[");
  expect(stripVTControlCharacters(coloured)).toBe(plain);
});

test("NO_COLOR takes them away", () => {
  process.env["NO_COLOR"] = "1";
  expect(paintPicture(minute(), streamOf(100))).not.toContain("\u001B[");
});
