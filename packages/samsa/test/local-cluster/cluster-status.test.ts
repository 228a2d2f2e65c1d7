import { expect, test } from "vitest";
import { ClusterDirectory } from "../../src/local-cluster/cluster-directory.ts";
import { isReady, type SeenNode, stateOf, statusOf } from "../../src/local-cluster/cluster-status.ts";
import { formatStatus } from "../../src/local-cluster/format-status.ts";
import { type Answered, freshest } from "../../src/local-cluster/node-questions.ts";
import type { NodeReport } from "@samsa/server";
import { clusterFile, nodes, report } from "./cluster-records.ts";

const answered = (change: Partial<NodeReport> = {}): Answered => ({ ok: true, report: report(change) });
const refused: Answered = { ok: false, problem: "node 1 at 127.0.0.1:19092 can't be asked: connect ECONNREFUSED 127.0.0.1:19092" };
const silent: Answered = { ok: false, problem: "node 1 can't be asked: no answer for 1000 ms" };
const running = (id: number, answer: Answered): SeenNode => ({ node: nodes(3)[id - 1]!, pid: 100 + id, process: "running", answer });

test("the state of a node is its process's, then what it answers, then what the metadata say of it", () => {
  const [node] = nodes(1);
  const [controller] = nodes(1, 1).slice(1);
  const broker = (isFenced: boolean) => ({ id: 1, isFenced, leads: 0, replicas: 0, inSync: 0 });
  const state = (change: Partial<SeenNode>, known?: ReturnType<typeof broker>) =>
    stateOf({ node: node!, process: "running", answer: answered(), ...change }, known);
  expect(state({}, broker(false))).toBe("running");
  expect(state({}, broker(true))).toBe("fenced");
  expect(state({})).toBe("starting");
  expect(state({ node: controller! })).toBe("running");
  expect(state({ answer: refused }, broker(false))).toBe("starting");
  expect(state({ answer: silent }, broker(false))).toBe("silent");
  expect(state({ process: "stopped", answer: undefined })).toBe("paused");
  expect(state({ node: { ...node!, ending: "stopped" } }, broker(false))).toBe("stopping");
  expect(state({ process: "gone", answer: undefined })).toBe("failed");
  expect(state({ node: { ...node!, ending: "killed" }, process: "gone" })).toBe("killed");
  expect(state({ node: { ...node!, ending: "stopped" }, process: "gone" })).toBe("stopped");
  expect(state({ node: { ...node!, process: null }, process: "gone" })).toBe("stopped");
});

test("of what nodes know the latest controller epoch counts, then a known controller, then how much was applied", () => {
  const who = (...changes: readonly Partial<NodeReport>[]) => freshest(new Map(changes.map((change, index) => [index, answered(change)] as const)))?.nodeId;
  expect(who({ nodeId: 1, controllerEpoch: 5, metadataIndex: 90 }, { nodeId: 2, controllerEpoch: 6, metadataIndex: 50 })).toBe(2);
  expect(who({ nodeId: 1, controller: -1, metadataIndex: 90 }, { nodeId: 2, metadataIndex: 50 })).toBe(2);
  expect(who({ nodeId: 1, metadataIndex: 49 }, { nodeId: 2, metadataIndex: 50 })).toBe(2);
  expect(freshest(new Map([[1, silent]]))).toBeUndefined();
});

test("a cluster is ready when every node knows a controller and every broker in service", () => {
  const file = clusterFile();
  const ready = (third: Answered) => isReady({ file, nodes: [running(1, answered()), running(2, answered()), running(3, third)], freshest: undefined });
  expect(ready(answered())).toBe(true);
  expect(ready(refused)).toBe(false);
  expect(ready(answered({ controller: -1 }))).toBe(false);
  expect(ready(answered({ brokers: [1, 2].map((id) => ({ id, isFenced: false, leads: 0, replicas: 0, inSync: 0 })) }))).toBe(false);
  expect(ready(answered({ brokers: [1, 2, 3].map((id) => ({ id, isFenced: id === 3, leads: 0, replicas: 0, inSync: 0 })) }))).toBe(false);
});

test("the status as a table: what is not there is a dash, what nobody knows a question mark", () => {
  const directory = new ClusterDirectory("/c");
  const seen = [running(1, answered()), { ...running(2, silent), process: "stopped" as const, answer: undefined }];
  const gone = { node: { ...nodes(3, 1)[3]!, ending: "killed" as const }, pid: undefined, process: "gone" as const, answer: undefined };
  const file = clusterFile({ cuts: [{ a: [1], b: [2, 3] }] });
  const known = report({ leaderlessCount: 1, underReplicatedCount: 2 });
  expect(formatStatus(statusOf(directory, { file, nodes: [...seen, gone], freshest: known }))).toBe(
    `Bootstrap:  127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094
Controller: node 2, epoch 5
Partitions: 3, 1 without a leader, 2 under-replicated
Cut off:    1 | 2,3

Node  State    Pid  Port   Role                        Leads  InSync  Data
1     running  101  9092   broker+controller           1      3 of 3  /c/node-1/data
2     paused   102  9093   broker+controller (active)  1      3 of 3  /c/node-2/data
4     killed   -    19095  controller                  -      -       /c/node-4/data
`,
  );
  expect(formatStatus(statusOf(directory, { file: clusterFile(), nodes: [running(1, silent)], freshest: undefined }))).toBe(
    `Bootstrap:  127.0.0.1:9092,127.0.0.1:9093,127.0.0.1:9094
Controller: ?
Partitions: ?

Node  State   Pid  Port  Role               Leads  InSync  Data
1     silent  101  9092  broker+controller  ?      ?       /c/node-1/data
`,
  );
});
