import { encodeBatch } from "@samsa/protocol/records";
import type { Now } from "@samsa/stdx";
import type { GroupConsumer, GroupConsumerOptions, GroupEvent } from "../../src/index.ts";
import { bytes, type Harness, harness, text, TOPIC } from "../harness.ts";
import { FakeCoordinator } from "./fake-coordinator.ts";

export const GROUP = "group";

/** A consumer with a program that answers every revocation at once, unless the test takes that over. */
export interface Member {
  readonly consumer: GroupConsumer;
  readonly events: GroupEvent[];
  /** The program polls. */
  isPolling: boolean;
  finishesRevocations: boolean;
  told<T extends GroupEvent["type"]>(type: T): readonly Extract<GroupEvent, { readonly type: T }>[];
  /** Values that were read. */
  read(): readonly string[];
}

export interface GroupHarness extends Harness {
  readonly coordinator: FakeCoordinator;
  readonly member: Member;
  addMember(options?: Partial<GroupConsumerOptions>): Member;
  append(partition: number, ...values: string[]): void;
}

/** Short times, so that little virtual time is enough. */
const TIMES: Partial<GroupConsumerOptions> = {
  heartbeatIntervalMs: 100,
  sessionTimeoutMs: 1_000,
  maxPollIntervalMs: 3_000,
  autoOffsetReset: "earliest",
  enableAutoCommit: false,
  defaultApiTimeoutMs: 2_000,
  closeTimeoutMs: 1_000,
  fetchMaxWaitMs: 50,
};

export function groupHarness(options: Partial<GroupConsumerOptions> = {}, partitions = 2): GroupHarness {
  const base = harness();
  const topic = base.cluster.createTopic(TOPIC, partitions);
  const coordinator = new FakeCoordinator(base.cluster);
  const addMember = (own: Partial<GroupConsumerOptions> = {}): Member => {
    const consumer = base.addClient().groupConsumer({ groupId: GROUP, ...TIMES, ...options, ...own });
    const events: GroupEvent[] = [];
    const told: Member["told"] = (type) => events.filter((event) => event.type === type) as ReturnType<Member["told"]> as never;
    const read = (): readonly string[] => told("records").flatMap(({ records }) => records.map(({ value }) => text(value)));
    const member: Member = { consumer, events, isPolling: true, finishesRevocations: true, told, read };
    base.everyTurn((now) => poll(member, now));
    base.world.act(0, (now) => consumer.subscribe([TOPIC], now));
    return member;
  };
  const append = (partition: number, ...values: string[]): void => {
    const records = values.map((value) => ({ key: null, value: bytes(value), timestamp: 0 }));
    const state = topic.partitions[partition];
    state?.log.append(encodeBatch({ records }), state.epoch);
  };
  return { ...base, coordinator, member: addMember(), addMember, append };
}

function poll(member: Member, now: Now): void {
  if (!member.isPolling) return;
  for (const event of member.consumer.poll(now)) {
    member.events.push(event);
    if (event.type === "revoking" && member.finishesRevocations) member.consumer.finishRevocation(event.revocation, now);
  }
}
