import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { History } from "@samsa/history";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cluster, replicaDifferences } from "../src/process-world/replica-differences.ts";

const BROKERS = [1, 2, 3];
const END_OFFSET = 4;

let directory: string;
let isr: readonly number[];
let running: ReadonlySet<number>;
/** What happens while the comparison waits. */
let meanwhile: () => void;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-replicas-"));
  isr = BROKERS;
  running = new Set(BROKERS);
  meanwhile = () => undefined;
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Of one batch with two records: a header, which is all that is looked at. */
function batch(baseOffset: number, mark = 0): Buffer {
  const bytes = Buffer.alloc(61, mark);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(1, 23);
  return bytes;
}
const segmentOf = (broker: number): string => join(directory, String(broker), "orders-0", "00000000000000000000.log");
function holds(broker: number, ...batches: readonly Buffer[]): void {
  mkdirSync(join(directory, String(broker), "orders-0"), { recursive: true });
  writeFileSync(segmentOf(broker), Buffer.concat(batches));
}
const allHold = (...batches: readonly Buffer[]): void => BROKERS.forEach((broker) => holds(broker, ...batches));

async function differences(): Promise<readonly string[]> {
  const history = new History("run");
  history.beginFinalRead(1, { topic: "orders", partition: 0 }, { startOffset: 0, endOffset: END_OFFSET });
  const cluster: Cluster = {
    brokerIds: BROKERS,
    nodes: BROKERS.map((id) => ({ id, isRunning: running.has(id) })),
    dataDirectory: (id) => join(directory, String(id)),
    until: async (condition) => {
      if (!condition()) meanwhile();
      return condition();
    },
  };
  return replicaDifferences(cluster, { history, isrOf: () => isr });
}

test("replicas that hold the same up to the end of the final read do not differ", async () => {
  allHold(batch(0), batch(2));
  expect(await differences()).toEqual([]);
});

test("a follower whose records are others is named, with the offset", async () => {
  allHold(batch(0), batch(2));
  holds(3, batch(0), batch(2, 7));
  expect(await differences()).toEqual([expect.stringMatching(/^orders-0 on brokers 1 and 3 differ from offset 2 on/)]);
});

test("garbage that a follower has kept behind its last batch is a difference, and so are records that only it has", async () => {
  allHold(batch(0), batch(2));
  appendFileSync(segmentOf(2), Buffer.alloc(24, 0xa5));
  expect(await differences()).toEqual(["orders-0 on broker 2 has 24 bytes behind offset 4, where the log ends"]);
  holds(2, batch(0), batch(2), batch(4));
  expect(await differences()).toEqual(["orders-0 on broker 2 has 61 bytes behind offset 4, where the log ends"]);
});

test("a replica that is still to come back into the ISR is waited for; one that does not come is told", async () => {
  allHold(batch(0), batch(2));
  isr = [1, 2];
  expect(await differences()).toEqual([expect.stringMatching(/^orders-0 on broker 3 was not in the ISR/)]);
  meanwhile = () => {
    isr = BROKERS;
  };
  expect(await differences()).toEqual([]);
});

test("a replica that is still written is read again", async () => {
  allHold(batch(0), batch(2));
  holds(3, batch(0));
  const comparison = differences();
  // By then it has been read once.
  await new Promise((resolve) => setImmediate(resolve));
  appendFileSync(segmentOf(3), batch(2));
  expect(await comparison).toEqual([]);
});

test("a broker that is down owes nothing", async () => {
  allHold(batch(0), batch(2));
  holds(3, batch(0));
  isr = [1, 2];
  running = new Set([1, 2]);
  expect(await differences()).toEqual([]);
});
