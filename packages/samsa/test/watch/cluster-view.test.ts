import type { NodeReport } from "@samsa/server";
import { expect, test } from "vitest";
import type { SeenNode } from "../../src/local-cluster/cluster-status.ts";
import { viewOf } from "../../src/watch/cluster-view.ts";
import { clusterFile, nodes, report } from "../local-cluster/cluster-records.ts";

const own = (logEndOffset: number, highWatermark: number) => [{ topic: "orders", partition: 0, logStartOffset: 0, logEndOffset, highWatermark }];
const seen = (id: number, change: Partial<NodeReport>): SeenNode => ({
  node: nodes(3)[id - 1]!,
  pid: id,
  process: "running",
  answer: { ok: true, report: report({ nodeId: id, ...change }) },
});
const PARTITIONS = [{ topic: "orders", partition: 0, leader: 2, leaderEpoch: 4, replicas: [1, 2, 3], isr: [2, 3] }];
const group = (offset: number, offsetCount = 1) => ({
  groupId: "g",
  state: "Stable",
  type: "classic",
  memberCount: 2,
  offsets: [{ topic: "orders", partition: 0, offset }],
  offsetCount,
});

test("each replica tells the end of its own log, and the leader the high watermark", () => {
  const gone: SeenNode = { node: nodes(3)[2]!, pid: undefined, process: "gone", answer: undefined };
  const second = seen(2, { ownReplicas: own(42, 41), partitions: PARTITIONS });
  const view = viewOf({
    file: clusterFile(),
    nodes: [seen(1, { ownReplicas: own(30, 29) }), second, gone],
    freshest: second.answer?.ok === true ? second.answer.report : undefined,
  });
  expect(view.partitions).toEqual([
    {
      name: "orders-0",
      topic: "orders",
      leader: 2,
      leaderEpoch: 4,
      replicas: [1, 2, 3],
      isr: [2, 3],
      logEnds: new Map([
        [1, 30],
        [2, 42],
      ]),
      highWatermark: 41,
    },
  ]);
});

test("a group's lag is what lies between its offsets and the high watermarks, as far as they are known", () => {
  const lagOf = (first: Partial<NodeReport>) => {
    const node = seen(2, { ownReplicas: own(42, 41), partitions: PARTITIONS, ...first });
    return viewOf({ file: clusterFile(), nodes: [node], freshest: node.answer?.ok === true ? node.answer.report : undefined }).groups[0];
  };
  expect(lagOf({ groups: [group(40)] })).toMatchObject({ groupId: "g", coordinator: 2, memberCount: 2, lag: 1, isLagWhole: true });
  expect(lagOf({ groups: [group(50)] })).toMatchObject({ lag: 0 });
  expect(lagOf({ groups: [group(40, 2)] })).toMatchObject({ lag: 1, isLagWhole: false });
  expect(lagOf({ groups: [group(40)], ownReplicas: [] })).toMatchObject({ lag: 0, isLagWhole: false });
});

test("where nobody answers nothing is known, but the processes", () => {
  const view = viewOf({ file: clusterFile(), nodes: [{ node: nodes(1)[0]!, pid: 1, process: "stopped", answer: undefined }], freshest: undefined });
  expect(view).toMatchObject({ isKnown: false, controller: undefined, partitions: [], nodes: [{ id: 1, state: "paused", leads: undefined }] });
});
