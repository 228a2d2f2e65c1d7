import type { Prng, Uuid } from "@samsa/stdx";

export interface KnownTopic {
  readonly name: string;
  readonly topicId: Uuid;
  readonly partitions: number;
}

/** A member of a group, as its coordinator told it. */
export interface KnownMember {
  readonly groupId: string;
  readonly memberId: string;
  /** −1: it has to join with its id first. */
  readonly generationId: number;
}

/** The same of the newer protocol. */
export interface KnownConsumer {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
}

/** Groups that somebody who is no member commits to. */
export const SIMPLE_GROUPS = Array.from({ length: 10 }, (_, index) => `simple-${index}`);

/** Values of one field that are remembered: the last ones. */
const REMEMBERED_MAX = 32;
const DEPTH_MAX = 6;

/** What exists in the cluster, as far as a client has seen it: requests that name it get further than those that name nothing. */
export class Surroundings {
  topics: readonly KnownTopic[] = [];
  /** The last ones. */
  readonly members: KnownMember[] = [];
  /** The last ones, each once. */
  consumers: readonly KnownConsumer[] = [];
  private readonly byField = new Map<string, (number | string)[]>();

  /** Every number and text of an answer may be said again: session ids, epochs, producer ids, offsets. */
  learn(answer: unknown, depth = 0): void {
    if (typeof answer !== "object" || answer === null || answer instanceof Uint8Array || depth > DEPTH_MAX) return;
    if (Array.isArray(answer)) {
      for (const element of answer.slice(0, 3)) this.learn(element, depth + 1);
      return;
    }
    for (const [field, value] of Object.entries(answer)) {
      if (typeof value === "number" || typeof value === "string") this.remember(field, value);
      else this.learn(value, depth + 1);
    }
  }

  learnMember(member: KnownMember): void {
    this.members.push(member);
    if (this.members.length > REMEMBERED_MAX) this.members.shift();
  }

  /** Whoever has left is gone: its epoch is negative. */
  learnConsumer(consumer: KnownConsumer): void {
    const others = this.consumers.filter(({ groupId, memberId }) => groupId !== consumer.groupId || memberId !== consumer.memberId);
    this.consumers = (consumer.memberEpoch > 0 ? [...others, consumer] : others).slice(-REMEMBERED_MAX);
  }

  /** Undefined where nothing is known. */
  known(field: string, prng: Prng): number | string | undefined {
    const values = this.byField.get(field);
    return values === undefined ? undefined : prng.pick(values);
  }

  private remember(field: string, value: number | string): void {
    const values = this.byField.get(field) ?? [];
    if (values.includes(value)) return;
    values.push(value);
    if (values.length > REMEMBERED_MAX) values.shift();
    this.byField.set(field, values);
  }
}
