import type { HostedReplica } from "@samsa/broker";
import { describe, expect, it } from "vitest";
import { combined } from "../../src/cluster/cluster-shape.ts";
import type { NodeView } from "../../src/cluster/cluster.ts";
import type { GhostPartition } from "../../src/invariants/ghost-partition.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { LogStarts } from "../../src/invariants/log-starts.ts";

const PLACE = { key: "topic:0", topic: "orders", partition: 0 };
const COMMITTED = 20;
const RETAINED_BYTES = 2048;

interface Moved {
  readonly to: number;
  readonly role?: "leader" | "follower";
  readonly isBeginningAnew?: boolean;
  readonly isJustRestarted?: boolean;
  /** Where its first segment begins; else where the log starts. */
  readonly segment?: number;
  readonly bytesLeft?: number;
  readonly appendedEnd?: number;
  readonly highWatermark?: number;
  /** Of a leader: it has led in this epoch already. */
  readonly hasLed?: boolean;
}

/** A node whose log starts at 0, where 20 records are committed. */
class Look {
  readonly reports: string[] = [];
  readonly ghost = new Ghost(combined(3));
  private readonly check = new LogStarts((invariant) => this.reports.push(invariant));

  constructor(retainedBytes?: number) {
    Object.assign(this.ghost, { retainedBytes, knowsDeletionsAsked: true });
    this.committed.append({ baseOffset: 0, endOffset: COMMITTED, leaderEpoch: 0, crc: 1 }, 0);
  }

  get committed(): GhostPartition {
    return this.ghost.partition(PLACE);
  }

  moves({ to, role = "follower", appendedEnd = COMMITTED, isJustRestarted = false, ...rest }: Moved): this {
    const { isBeginningAnew = false, segment = to, bytesLeft = RETAINED_BYTES, highWatermark = COMMITTED, hasLed = false } = rest;
    const log = { isReady: true, logStartOffset: to, firstSegmentOffset: segment, sizeInBytes: bytesLeft, appendedEnd, isBeginningAnew };
    const hosted = { ...PLACE, log, replica: { role, leaderEpoch: 0, highWatermark } } as unknown as HostedReplica;
    const view = { id: 1 } as unknown as NodeView;
    const memory = this.ghost.replicaMemory(this.ghost.memoryOf(view), hosted);
    Object.assign(memory, { isCurrent: !isJustRestarted, appendedEnd: COMMITTED, logStartOffset: 0, ...(hasLed ? { role, leaderEpoch: 0 } : {}) });
    this.check.afterTurn(view, this.ghost, { changed: [hosted], effects: [] });
    return this;
  }
}

describe("a log's start (I-P8)", () => {
  it("is behind no record that is not committed", () => {
    const look = new Look(0);
    look.committed.askedEnd = COMMITTED + 1;
    expect(look.moves({ to: COMMITTED + 1, role: "leader" }).reports).toEqual(["I-P8"]);
  });

  it("follows where another one started with reason, and is nowhere else", () => {
    const look = new Look();
    look.committed.startsAt(7, 0);
    expect(look.moves({ to: 7, isBeginningAnew: true }).moves({ to: 7, isJustRestarted: true }).reports).toEqual([]);
    expect(look.moves({ to: 8 }).reports).toEqual(["I-P8"]);
    expect(look.committed.startMax).toBe(7);
  });

  it("moves where an operator had it moved, on a leader", () => {
    const look = new Look();
    look.committed.askedEnd = 5;
    expect(look.moves({ to: 5, role: "leader" }).moves({ to: 5 }).reports).toEqual([]);
    expect(look.moves({ to: 6, role: "leader" }).reports).toEqual(["I-P8"]);
    const other = new Look();
    other.committed.askedEnd = 5;
    expect(other.moves({ to: 5 }).reports).toEqual(["I-P8"]);
  });

  it("moves behind what the leader commits in the same turn, and behind nothing that others say is committed", () => {
    const end = COMMITTED + 1;
    const moved = (change: Partial<Moved>): readonly string[] => {
      const look = new Look();
      look.committed.askedEnd = end;
      return look.moves({ to: end, role: "leader", hasLed: true, highWatermark: end, ...change }).reports;
    };
    expect(moved({})).toEqual([]);
    expect(moved({ highWatermark: COMMITTED })).toEqual(["I-P8"]);
    expect(moved({ hasLed: false })).toEqual(["I-P8"]);
    expect(moved({ role: "follower" })).toEqual(["I-P8"]);
    expect(moved({ isJustRestarted: true })).toEqual(["I-P8"]);
  });

  it("moves to any committed record while an operator has asked for all, and no longer", () => {
    const look = new Look();
    look.committed.allAsked = 1;
    expect(look.moves({ to: 9, role: "leader" }).reports).toEqual([]);
    look.committed.allAsked = 0;
    expect(look.moves({ to: 9 }).reports).toEqual([]);
    expect(look.moves({ to: 10, role: "leader" }).reports).toEqual(["I-P8"]);
  });

  it("moves by retention to a segment of the log, as long as enough is left", () => {
    expect(new Look(RETAINED_BYTES).moves({ to: 6 }).reports).toEqual([]);
    expect(new Look(RETAINED_BYTES).moves({ to: 6, bytesLeft: RETAINED_BYTES - 1 }).reports).toEqual(["I-P8"]);
    expect(new Look(RETAINED_BYTES).moves({ to: 6, segment: 5 }).reports).toEqual(["I-P8"]);
    expect(new Look().moves({ to: 6 }).reports).toEqual(["I-P8"]);
  });

  it("moves by its topic's own retention, whatever others have", () => {
    const moves = (bytes: string, ofOthers: number | undefined): readonly string[] => {
      const look = new Look(ofOthers);
      Object.assign(look.ghost, { image: { topicConfig: () => new Map([["retention.bytes", bytes]]) } });
      return look.moves({ to: 6 }).reports;
    };
    expect(moves(String(RETAINED_BYTES), undefined)).toEqual([]);
    expect(moves(String(RETAINED_BYTES + 1), 0)).toEqual(["I-P8"]);
    expect(moves("-1", 0)).toEqual(["I-P8"]);
  });

  it("is not moved by retention in a log that begins anew, has just been read, or ended before it", () => {
    expect(new Look(0).moves({ to: COMMITTED, isBeginningAnew: true, bytesLeft: 0 }).reports).toEqual(["I-P8"]);
    expect(new Look(0).moves({ to: 6, isJustRestarted: true }).reports).toEqual(["I-P8"]);
    const behind = new Look(0);
    behind.committed.append({ baseOffset: COMMITTED, endOffset: 30, leaderEpoch: 0, crc: 1 }, 0);
    expect(behind.moves({ to: 30, appendedEnd: 30, bytesLeft: 0 }).reports).toEqual(["I-P8"]);
  });
});
