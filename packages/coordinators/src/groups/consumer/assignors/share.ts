import type { Uuid } from "@samsa/stdx";
import type { Partitions } from "../partitions.ts";
import type { AssignorMember } from "./assignor.ts";

/** What one member gets, while it is decided. */
export class Share {
  readonly member: AssignorMember;
  /** How many partitions. */
  load = 0;
  /** Of each topic, in the order in which it got them; none is there without any. */
  private readonly byTopic = new Map<Uuid, number[]>();

  constructor(member: AssignorMember) {
    this.member = member;
  }

  partitions(): Partitions {
    return new Map(Array.from(this.byTopic, ([topicId, partitions]) => [topicId, new Set(partitions)]));
  }

  topicIds(): Iterable<Uuid> {
    return this.byTopic.keys();
  }

  add(topicId: Uuid, partition: number): void {
    const own = this.byTopic.get(topicId);
    if (own === undefined) this.byTopic.set(topicId, [partition]);
    else own.push(partition);
    this.load++;
  }

  has(topicId: Uuid): boolean {
    return this.byTopic.has(topicId);
  }

  /** One that it got last goes first: what it has had stays. It has one. */
  takeLast(topicId: Uuid): number {
    const own = this.byTopic.get(topicId) ?? [];
    const last = own.pop() ?? 0;
    if (own.length === 0) this.byTopic.delete(topicId);
    this.load--;
    return last;
  }
}
