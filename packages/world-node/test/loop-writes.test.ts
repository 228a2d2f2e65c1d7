import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "@samsa/world";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LOOP_WRITE_BYTES_MAX, LOOP_WRITE_SHARE, LoopWrites, SAVED_MS_MAX } from "../src/loop-writes.ts";
import { OVERDUE_MS, OverdueWork } from "../src/overdue-work.ts";

let directory = "";
let fd = -1;
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "samsa-loop-writes-"));
  fd = fs.openSync(join(directory, "file"), "w+");
});
afterEach(() => {
  fs.closeSync(fd);
  fs.rmSync(directory, { recursive: true });
});

const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** Whether it was done within the call, once it is done. */
function write(
  writes: LoopWrites,
  position: number,
  buffers: readonly Uint8Array[],
  volume = new OverdueWork(() => 0),
): Promise<{ readonly isInLoop: boolean; readonly outcome: Outcome<void> }> {
  return new Promise((resolve) => {
    let isInCall = true;
    writes.write({ fd, position, volume }, buffers, (outcome) => resolve({ isInLoop: isInCall, outcome }));
    isInCall = false;
  });
}

it("writes small appends within the loop, and large ones by a thread; the bytes are the same", async () => {
  const writes = new LoopWrites(() => 0);
  const small = await write(writes, 0, [bytes(3, 1), bytes(2, 2)]);
  const one = await write(writes, 5, [bytes(LOOP_WRITE_BYTES_MAX, 3)]);
  const large = await write(writes, 5 + LOOP_WRITE_BYTES_MAX, [bytes(LOOP_WRITE_BYTES_MAX, 4), bytes(1, 5)]);
  expect([small, one, large].map(({ isInLoop, outcome }) => [isInLoop, outcome.ok])).toEqual([
    [true, true],
    [true, true],
    [false, true],
  ]);
  const expected = Buffer.concat([bytes(3, 1), bytes(2, 2), bytes(LOOP_WRITE_BYTES_MAX, 3), bytes(LOOP_WRITE_BYTES_MAX, 4), bytes(1, 5)]);
  expect(fs.readFileSync(join(directory, "file")).equals(expected)).toBe(true);
});

it("leaves writes to threads after a slow one, until a share of the time that passes has paid for it", async () => {
  const paidMs = 100 + (100 - SAVED_MS_MAX) / LOOP_WRITE_SHARE;
  // A write within the loop reads the clock before and after it, one by a thread only before it is begun.
  const readings = [0, 100, paidMs - 1, paidMs + 1, paidMs + 1];
  const writes = new LoopWrites(() => readings.shift() ?? Number.NaN);
  expect((await write(writes, 0, [bytes(1, 1)])).isInLoop).toBe(true);
  expect((await write(writes, 0, [bytes(1, 1)])).isInLoop).toBe(false);
  expect((await write(writes, 0, [bytes(1, 1)])).isInLoop).toBe(true);
  expect(readings).toEqual([]);
});

it("tells of a write that fails", async () => {
  const readOnly = fs.openSync(join(directory, "file"), "r");
  const outcome = await new Promise<Outcome<void>>((resolve) =>
    new LoopWrites(() => 0).write({ fd: readOnly, position: 0, volume: new OverdueWork() }, [bytes(1, 1)], resolve),
  );
  fs.closeSync(readOnly);
  expect(outcome).toMatchObject({ ok: false, error: { code: expect.any(String) as string } });
});

it("leaves writes to threads in a log directory where one of theirs is overdue, until it has ended", async () => {
  let nowMs = 0;
  const [hanging, healthy] = [new OverdueWork(() => nowMs), new OverdueWork(() => nowMs)];
  const writes = new LoopWrites(() => 0);
  const isInLoop = async (volume: OverdueWork): Promise<boolean> => (await write(writes, 0, [bytes(1, 1)], volume)).isInLoop;
  const synced: string[] = [];
  const end = hanging.watch<string>((outcome) => synced.push(outcome));
  nowMs = OVERDUE_MS - 1;
  hanging.watch(() => undefined)(undefined);
  expect(await isInLoop(hanging)).toBe(true);
  nowMs = OVERDUE_MS;
  expect([await isInLoop(hanging), await isInLoop(healthy)]).toEqual([false, true]);
  end("synced");
  expect([await isInLoop(hanging), synced]).toEqual([true, ["synced"]]);
});

it("counts a write by a thread until it is done", async () => {
  let nowMs = 0;
  const volume = new OverdueWork(() => nowMs);
  const large = write(new LoopWrites(() => 0), 0, [bytes(LOOP_WRITE_BYTES_MAX + 1, 1)], volume);
  nowMs = OVERDUE_MS;
  expect(volume.isOverdue).toBe(true);
  await large;
  expect(volume.isOverdue).toBe(false);
});
