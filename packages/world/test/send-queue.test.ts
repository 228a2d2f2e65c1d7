import { expect, it } from "vitest";
import { LARGE_SLICE_READ_BYTES, LARGE_SLICE_READERS_MAX, type SendLoad, SendQueue, SLICE_READ_BYTES } from "../src/send-queue.ts";
import { SliceFiles } from "../src/slice-files.ts";
import { succeeded } from "../src/index.ts";

const FILE_BYTES = 8 * LARGE_SLICE_READ_BYTES;
const load = (): SendLoad => ({ congested: 0 });

/** A queue over a connection that takes what it is given, and has room for more or not; `reads` are the lengths of what it read. */
function queueOn(shared: SendLoad, hasRoom = (): boolean => false) {
  const reads: number[] = [];
  const unused = (): never => {
    throw new Error("not in this world");
  };
  const queue = new SendQueue({
    connection: { remote: "there:1", attach: unused, write: () => hasRoom(), setReading: unused, admit: unused, end: () => undefined, reset: unused },
    disk: {
      append: unused,
      sync: unused,
      syncDirectory: unused,
      read: unused,
      readToSend: (_path, _position, length, done) => {
        reads.push(length);
        done(succeeded(new Uint8Array(length)));
      },
      truncate: unused,
      rename: unused,
      delete: unused,
      list: unused,
      statVolume: unused,
      makeDirectory: unused,
    },
    slices: new SliceFiles(),
    events: { blocked: () => undefined, drained: () => undefined, broken: unused },
    load: shared,
    isMessageTransport: false,
  });
  const send = (length = FILE_BYTES): void => {
    queue.push([{ path: "file", position: 0, length, generation: 0 }]);
    queue.flush();
  };
  return { queue, reads, send };
}

it("reads large pieces of a file as long as few connections wait, and small ones when many do", () => {
  const shared = load();
  const queues = Array.from({ length: LARGE_SLICE_READERS_MAX + 3 }, () => queueOn(shared));
  for (const { send } of queues) send();
  const first = queues.map(({ reads }) => reads[0]);
  expect(first.slice(0, LARGE_SLICE_READERS_MAX + 1)).toEqual(Array.from({ length: LARGE_SLICE_READERS_MAX + 1 }, () => LARGE_SLICE_READ_BYTES));
  expect(first.slice(LARGE_SLICE_READERS_MAX + 1)).toEqual([SLICE_READ_BYTES, SLICE_READ_BYTES]);
  queues[0]?.queue.unblock();
  expect(queues[0]?.reads).toEqual([LARGE_SLICE_READ_BYTES, SLICE_READ_BYTES]);
});

it("counts no connection that has gone, and none that has nothing left to send", () => {
  const shared = load();
  const queues = Array.from({ length: 2 * LARGE_SLICE_READERS_MAX }, () => queueOn(shared));
  for (const { send } of queues) send();
  for (const { queue } of queues) queue.stop();
  for (const { queue } of queues) queue.stop();
  expect(shared.congested).toBe(0);
  const quick = queueOn(shared, () => true);
  quick.send();
  expect(quick.reads).toEqual(Array.from({ length: FILE_BYTES / LARGE_SLICE_READ_BYTES }, () => LARGE_SLICE_READ_BYTES));
  expect(shared.congested).toBe(0);
});
