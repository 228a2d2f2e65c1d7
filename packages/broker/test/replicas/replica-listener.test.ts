import type { Replica } from "@samsa/replication";
import { micros, type Now, wallMs } from "@samsa/stdx";
import { expect, it } from "vitest";
import { listenerOf, type ReplicaListenerOptions } from "../../src/replicas/replica-listener.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

it("tells of a high watermark that fell apart, and has one that rose written down in its time", () => {
  const told: string[] = [];
  const checkpoints = { moved: () => told.push("moved") };
  const events = { highWatermarkMoved: () => told.push("event") };
  const options = { key: "topic:0", checkpoints, events, hosted: () => ({}), fell: () => told.push("fell") } as unknown as ReplicaListenerOptions;
  const listener = listenerOf(options);
  const replica = {} as unknown as Replica;
  listener.highWatermarkMoved(replica, NOW, false);
  expect(told.splice(0)).toEqual(["moved", "event"]);
  listener.highWatermarkMoved(replica, NOW, true);
  expect(told).toEqual(["moved", "fell", "event"]);
});
