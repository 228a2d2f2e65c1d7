import { expect, it } from "vitest";
import { FileQueue } from "../src/file-queue.ts";
import type { DiskPort, Done, EffectId } from "../src/index.ts";
import { succeeded } from "../src/index.ts";

const id = 1 as EffectId;
const path = "quorum.wal";

it("tells the disk what is urgent: gathered appends are if one of them is", () => {
  const asked: (readonly [string, boolean | undefined])[] = [];
  const underWay: Done<void>[] = [];
  const unused = (): never => expect.unreachable("only changes and syncs are asked for");
  const ask = (operation: string, done: Done<void>, isUrgent: boolean | undefined): void => {
    asked.push([operation, isUrgent]);
    underWay.push(done);
  };
  const disk: DiskPort = {
    append: ({ position, isUrgent }, _buffers, done) => ask(`append at ${position}`, done, isUrgent),
    sync: (_path, done, isUrgent) => ask("sync", done, isUrgent),
    truncate: (_path, _length, done, isUrgent) => ask("truncate", done, isUrgent),
    syncDirectory: unused,
    read: unused,
    readToSend: unused,
    rename: unused,
    delete: unused,
    list: unused,
    statVolume: unused,
    makeDirectory: unused,
  };
  const queue = new FileQueue(disk, { report: () => {}, idle: () => {} });
  const append = (position: number, isUrgent?: boolean): void =>
    queue.push({ type: "append", id, path, position, buffers: [Uint8Array.of(1)], ...(isUrgent === undefined ? {} : { isUrgent }) });
  queue.push({ type: "truncate", id, path, length: 0, generation: 1, isUrgent: true });
  append(0, true);
  underWay.shift()?.(succeeded(undefined));
  append(1);
  append(2, true);
  queue.sync({ type: "sync", id, path, isUrgent: true });
  while (underWay.length > 0) underWay.shift()?.(succeeded(undefined));
  append(3);
  expect(asked).toEqual([
    ["truncate", true],
    ["append at 0", true],
    ["append at 1", true],
    ["sync", true],
    ["append at 3", undefined],
  ]);
});
