import type { HostedReplica } from "@samsa/broker";
import type { Effect } from "@samsa/world";
import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { DeletedRecords } from "../../src/invariants/deleted-records.ts";
import { Ghost, type ReplicaMemory } from "../../src/invariants/ghost.ts";

const KEY = "topic:0";
const LEADER = 1;
const FOLLOWER = 2;
const ANSWERED: Effect = { type: "trace", event: { kind: "records-deleted", topic: "orders", partition: 0, beforeOffset: 5, leaderEpoch: 0 } };

interface Follower {
  readonly logStartOffset: number;
  readonly isFenced?: boolean;
  /** What the leader knew of it a turn ago. */
  readonly wasFenced?: boolean;
  /** Another process of it runs than the one that the leader knows. */
  readonly isAnother?: boolean;
}

class Look {
  readonly reports: string[] = [];
  private readonly ghost = new Ghost(combined(3));
  private readonly check = new DeletedRecords((invariant) => this.reports.push(invariant));

  answer({ logStartOffset, isFenced = false, wasFenced = isFenced, isAnother = false }: Follower, ownStart = 5): this {
    const memory = this.ghost.memoryOf({ id: FOLLOWER } as unknown as NodeView);
    Object.assign(memory, { incarnation: 1, incarnationId: isAnother ? "other" : "follower" });
    memory.replicas.set(KEY, { logStartOffset, isCurrent: true } as ReplicaMemory);
    const own = this.ghost.memoryOf({ id: LEADER } as unknown as NodeView);
    Object.assign(own, { incarnation: 1, incarnationId: "leader" });
    own.replicas.set(KEY, { logStartOffset: 0, isCurrent: true } as ReplicaMemory);
    this.turn(wasFenced, ownStart, []);
    this.turn(isFenced, ownStart, [ANSWERED]);
    return this;
  }

  /** An unclean election has lost what was committed from there on. */
  loses(fromOffset: number): this {
    const partition = this.ghost.partition({ key: KEY, topic: "orders", partition: 0 });
    for (let at = partition.end; at < 7; at++) partition.append({ baseOffset: at, endOffset: at + 1, leaderEpoch: 0, crc: 0 }, 0);
    partition.forget(fromOffset, 1, "");
    return this;
  }

  /** A replica of the follower's leads. */
  leads(logStartOffset: number, incarnation = 1): this {
    const hosted = { key: KEY, topic: "orders", partition: 0, replica: { role: "leader" }, log: { isReady: true, logStartOffset } };
    const view = { id: FOLLOWER, incarnation, node: { controller: {} } } as unknown as NodeView;
    this.check.afterTurn(view, this.ghost, { changed: [hosted as unknown as HostedReplica], effects: [] });
    return this;
  }

  private turn(isFenced: boolean, logStartOffset: number, effects: readonly Effect[]): void {
    const brokers = new Map([
      [LEADER, { isFenced: false, incarnationId: "leader" }],
      [FOLLOWER, { isFenced, incarnationId: "follower" }],
    ]);
    const image = { brokers, topicByName: () => ({ topicId: "topic", partitions: [{ replicas: [LEADER, FOLLOWER] }] }) };
    const broker = { image, replicas: { get: () => ({ log: { logStartOffset } }) } };
    this.check.afterTurn({ id: LEADER, incarnation: 1, node: { broker } } as unknown as NodeView, this.ghost, { changed: [], effects });
  }
}

it("is content with an answer when all live replicas start there, or later", () => {
  expect(new Look().answer({ logStartOffset: 5 }).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 6 }).reports).toEqual([]);
});

it("is not content while one of them does not, the leader's own neither (I-P15)", () => {
  expect(new Look().answer({ logStartOffset: 4 }).reports).toEqual(["I-P15"]);
  expect(new Look().answer({ logStartOffset: 5 }, 4).reports).toEqual(["I-P15"]);
});

it("does not wait for who is fenced, has been until now, or is another process than the leader knows", () => {
  expect(new Look().answer({ logStartOffset: 0, isFenced: true }).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 0, wasFenced: true }).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 0, isAnother: true }).reports).toEqual([]);
});

it("lets no process lead with what it had deleted, and another one, which may not know", () => {
  expect(new Look().answer({ logStartOffset: 5 }).leads(5).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 5 }).leads(4).reports).toEqual(["I-P15"]);
  expect(new Look().answer({ logStartOffset: 5 }).leads(4, 2).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 0, isFenced: true }).leads(4).reports).toEqual([]);
});

it("lets a process begin anew before that where an unclean election has lost it since", () => {
  expect(new Look().answer({ logStartOffset: 5 }).loses(3).leads(3).reports).toEqual([]);
  expect(new Look().answer({ logStartOffset: 5 }).loses(6).leads(3).reports).toEqual(["I-P15"]);
  expect(new Look().answer({ logStartOffset: 5 }).loses(3).answer({ logStartOffset: 5 }).leads(3).reports).toEqual(["I-P15"]);
  expect(new Look().loses(3).answer({ logStartOffset: 5 }).leads(3).reports).toEqual(["I-P15"]);
});
