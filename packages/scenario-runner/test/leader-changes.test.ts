import { type Anomaly, checkHistory, History } from "@samsa/history";
import { describe, expect, test } from "vitest";
import { LeaderChanges } from "../src/run/leader-changes.ts";
import type { NodeEvent } from "../src/run/node-event.ts";

const AT = { topic: "orders", partition: 0 };
const NEVER = Number.POSITIVE_INFINITY;

const leads = (node: number, leaderEpoch: number, startOffset: number): NodeEvent => ({ node, kind: "became-leader", ...AT, leaderEpoch, startOffset });
const follows = (node: number, leaderEpoch: number, endOffset: number): NodeEvent => ({
  node,
  kind: "became-follower",
  ...AT,
  leader: 9,
  leaderEpoch,
  endOffset,
});
const truncates = (node: number, toOffset: number): NodeEvent => ({ node, kind: "truncate", ...AT, fromOffset: 9, toOffset, because: "" });
const elected = (leader: number, leaderEpoch: number, because: string): NodeEvent => ({
  node: 4,
  kind: "leader-elected",
  ...AT,
  leader,
  leaderEpoch,
  isr: [leader],
  because,
});

/** Told one after the other, ten microseconds apart, from 10 on; a number is a node whose process has ended. */
function changesOf(...events: readonly (NodeEvent | number)[]): LeaderChanges {
  const changes = new LeaderChanges();
  events.forEach((event, index) => {
    const atUs = 10 * (index + 1);
    if (typeof event === "number") changes.nodeEnded(event, atUs);
    else changes.add(event, atUs);
  });
  return changes;
}
const boundsOf = (changes: LeaderChanges, acks: -1 | 1 = 1) =>
  changes.excuses(acks).map(({ offsets, ackedBeforeUs }) => [offsets?.startOffset, offsets?.endOffset, ackedBeforeUs]);

interface Record {
  readonly sentUs: number;
  readonly ackedUs: number;
  readonly offset: number;
  readonly isLost?: true;
}

/** What is wrong, and what is by leave, as in "lost 3", after a final read of the offsets 2 and 3. */
function judged(acks: -1 | 1, changes: LeaderChanges, records: readonly Record[]) {
  const history = new History("run");
  const sends = records.map((record) => ({ record, send: history.invokeSend(1, AT, record.sentUs) }));
  for (const { record, send } of sends) history.ackSend(send, record.offset, record.ackedUs);
  const read = history.beginFinalRead(2, AT, { startOffset: 2, endOffset: 4 });
  const kept = sends.filter(({ record }) => record.isLost !== true);
  history.addToFinalRead(
    read,
    AT,
    kept.map(({ record: { offset }, send }) => ({ offset, text: history.payloadOf(send) })),
  );
  read.complete();
  const load = { acks: acks === 1 ? acks : "all", isIdempotent: false, maxInFlight: 1, hasStableLeader: () => true } as const;
  const { anomalies, permitted } = checkHistory(history, { ...load, excuses: changes.excuses(acks) });
  const inWords = ({ name, offset }: Anomaly): string => `${name} ${offset}`;
  return { wrong: anomalies.map(inWords), byLeave: permitted.map(inWords) };
}

const UNCLEAN = "broker 2 is back; unclean: not even the last known leader, ISR and ELR are empty";
/** Broker 1 leads from 10 µs on and dies at 40; 2, which had three records of it, leads from 60 on. */
const FIRST = [leads(1, 0, 0), follows(2, 0, 0), follows(3, 0, 0), 1];
const ACKS_1 = changesOf(...FIRST, elected(2, 1, "from the ISR"), leads(2, 1, 3));
const ACKS_ALL = changesOf(...FIRST, elected(2, 1, UNCLEAN), leads(2, 1, 3));

describe.each([
  ["acks=1", 1, ACKS_1],
  ["an unclean election", -1, ACKS_ALL],
] as const)("a change of leaders with %s", (_, acks, changes) => {
  const before = { sentUs: 31, ackedUs: 35, offset: 2 } as const;
  const alone = { sentUs: 36, ackedUs: 38, offset: 3, isLost: true } as const;
  const after = { sentUs: 70, ackedUs: 75, offset: 3 } as const;

  test("excuses the loss of what the next leader did not have when it began", () => {
    expect(judged(acks, changes, [before, alone, after])).toEqual({ wrong: [], byLeave: ["lost 3"] });
  });

  test("does not excuse the loss of what it had", () => {
    expect(judged(acks, changes, [{ ...before, isLost: true }, alone, after])).toEqual({ wrong: ["lost 2"], byLeave: ["lost 3"] });
  });

  test("does not excuse the loss of what it acknowledged itself, be it sent before it began", () => {
    for (const sentUs of [70, 39])
      expect(judged(acks, changes, [before, alone, { ...after, sentUs, isLost: true }])).toEqual({ wrong: ["lost 3"], byLeave: ["lost 3"] });
  });
});

test("what permits a loss is told by its kind", () => {
  expect([...ACKS_1.excuses(1), ...ACKS_ALL.excuses(-1), ...ACKS_ALL.excuses(1)].map(({ kind }) => kind)).toEqual([
    "acks-1",
    "unclean-election",
    "unclean-election",
  ]);
});

test("one leader excuses nothing with acks=1, and a clean election nothing with acks=all", () => {
  expect(boundsOf(changesOf(leads(1, 0, 0), follows(2, 0, 0)))).toEqual([]);
  expect(boundsOf(ACKS_1, -1)).toEqual([]);
});

test("unclean is what the controller calls so: nothing else that has to do with it, and no election of nobody", () => {
  const after = (...elections: readonly NodeEvent[]) => boundsOf(changesOf(leads(1, 0, 0), follows(2, 0, 0), ...elections, leads(2, 3, 5)), -1);
  expect(after(elected(2, 3, "unclean elections are allowed; from the ELR"))).toEqual([]);
  expect(after(elected(-1, 2, "x; unclean: last known leader, ISR and ELR are empty"), elected(2, 3, "from the ISR"))).toEqual([]);
  expect(after(elected(2, 3, UNCLEAN), { ...elected(2, 3, UNCLEAN), node: 5 })).toEqual([[5, NEVER, NEVER]]);
});

test("whoever was elected without being clean, and did not come to lead, has lost as much for the next leader", () => {
  const changes = changesOf(
    leads(1, 0, 0),
    1,
    elected(2, 1, UNCLEAN),
    elected(2, 2, "from the ISR"),
    leads(2, 2, 5),
    2,
    elected(3, 3, "from the ISR"),
    leads(3, 3, 8),
  );
  expect(boundsOf(changes, -1)).toEqual([[0, NEVER, 50]]);
  expect(changes.excuses(-1)[0]?.because).toContain("broker 2 was elected in epoch 1 though it was in neither ISR nor ELR");
});

test("what a leader acknowledges that has not heard of the next one is excused until it has", () => {
  const untilHeard = (how: readonly (NodeEvent | number)[]) => boundsOf(changesOf(leads(1, 0, 0), follows(2, 0, 0), leads(2, 1, 3), ...how));
  expect(untilHeard([])).toEqual([[3, NEVER, NEVER]]);
  expect(untilHeard([follows(1, 1, 5)])).toEqual([[3, NEVER, 40]]);
  expect(untilHeard([{ node: 1, kind: "started", incarnation: "a", pageCacheSurvived: true }])).toEqual([[3, NEVER, 40]]);
  expect(untilHeard([1])).toEqual([[3, NEVER, 40]]);
  expect(untilHeard([3, follows(3, 1, 0), follows(1, 1, 5)])).toEqual([[3, NEVER, 60]]);
});

test("where the next leader's log ends with what is older than the one before it, all of that one is excused", () => {
  const [a, b] = [3, 2];
  const parted = [leads(1, 0, 0), follows(a, 0, 0), follows(b, 0, 0), 1, leads(a, 1, 5), follows(b, 1, 8)];
  const boundsWith = (...more: readonly NodeEvent[]) => boundsOf(changesOf(...parted, ...more)).map(([startOffset]) => startOffset);
  expect(boundsWith(leads(b, 2, 8))).toEqual([5, 5]);
  expect(boundsWith(truncates(b, 5), leads(b, 2, 7))).toEqual([5, 7]);
  // What another partition truncates says nothing.
  expect(boundsWith({ ...truncates(b, 5), partition: 1 } as NodeEvent, leads(b, 2, 8))).toEqual([5, 5]);
});

test("a leader that follows itself has all that it had", () => {
  expect(boundsOf(changesOf(leads(1, 0, 0), 1, leads(1, 1, 7)))).toEqual([[7, NEVER, 30]]);
});

test("one partition excuses nothing of another", () => {
  const other = { ...leads(2, 1, 3), partition: 1 } as NodeEvent;
  expect(boundsOf(changesOf(leads(1, 0, 0), other))).toEqual([]);
});
