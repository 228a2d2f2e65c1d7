import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from "@samsa/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import { partitionKey } from "../src/groups/consumer/partitions.ts";
import { type Asked, CONFIG, GROUP, GroupWorld } from "./support/group-world.ts";
import { TestConsumer } from "./support/test-consumer.ts";

const ACTIONS = ["beat", "obey", "lose", "leave", "crash", "want", "static leave"] as const;
const EVENTS = ["join", "failover", "grow", "toggle", "hold", "commit", "refuse", "pass"] as const;
const KINDS = [...ACTIONS, ...EVENTS] as const;
type Action = (typeof ACTIONS)[number];
interface Step {
  readonly kind: (typeof KINDS)[number];
  /** Of the consumers that there are, which one. */
  readonly who: number;
}

/** What a member may want. */
interface Wanted {
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex: string;
}

const WANTED: readonly Wanted[] = [
  { subscribedTopicNames: ["orders"], subscribedTopicRegex: "" },
  { subscribedTopicNames: ["audit", "orders"], subscribedTopicRegex: "" },
  { subscribedTopicNames: [], subscribedTopicRegex: "orders|audit" },
  { subscribedTopicNames: ["audit"], subscribedTopicRegex: "ord.*" },
  { subscribedTopicNames: [], subscribedTopicRegex: "nothing.*" },
];
const topicsOf = ({ subscribedTopicNames, subscribedTopicRegex }: Wanted): readonly string[] =>
  ["audit", "orders"].filter((name) => subscribedTopicNames.includes(name) || new RegExp(`^(${subscribedTopicRegex})$`).test(name));

const CONSUMERS_MAX = 4;
const PARTITIONS_MAX = 9;
/** Topics of expressions are looked for again within ten seconds. */
const ROUNDS = 40;
/** A third of the session: nobody who lives is taken for dead. */
const PASS_MS = 300;

/** A group of clients that do everything in any order, and a log that commits when it likes. */
class Play {
  readonly world: GroupWorld;
  private consumers: TestConsumer[] = [];
  private readonly waiting = new Map<TestConsumer, Asked<ConsumerGroupHeartbeatResponse>>();
  /** An answer was lost, or was an error. */
  private readonly uncertain = new Set<TestConsumer>();
  private readonly wanted = new Map<TestConsumer, Wanted>();
  private made = 0;
  private partitionCount = 3;

  constructor(assignmentIntervalMs: number) {
    this.world = new GroupWorld({ consumer: { ...CONFIG.consumer, assignmentIntervalMs } });
    this.world.topics.make("orders", this.partitionCount);
  }

  run({ kind, who }: Step): void {
    const consumer = this.consumers[who % Math.max(1, this.consumers.length)];
    switch (kind) {
      case "join":
        if (this.consumers.length < CONSUMERS_MAX) this.join();
        break;
      case "failover":
        this.world.failOver();
        break;
      case "grow":
        if (this.partitionCount < PARTITIONS_MAX) this.world.topics.grow("orders", ++this.partitionCount);
        this.world.topicsChanged();
        break;
      case "toggle":
        if (this.world.topics.topicByName("audit") === undefined) this.world.topics.make("audit", 2);
        else this.world.topics.delete("audit");
        this.world.topicsChanged();
        break;
      case "hold":
        this.world.commitsAtOnce = false;
        break;
      case "refuse":
        this.world.refuses = "NOT_ENOUGH_REPLICAS";
        break;
      case "commit":
        this.world.refuses = undefined;
        this.world.commitsAtOnce = true;
        this.world.commit();
        break;
      case "pass":
        for (const one of this.consumers) this.say(one);
        this.world.pass(PASS_MS);
        break;
      default:
        if (consumer !== undefined) this.act(kind, consumer, who);
    }
    this.takeAnswers();
    this.check();
  }

  /** Everything is committed, everybody obeys, and who is gone has been gone for long: partitions are where they belong. */
  converge(): void {
    this.run({ kind: "commit", who: 0 });
    for (let round = 0; round < ROUNDS; round++) {
      for (const consumer of this.consumers) {
        this.obey(consumer);
        this.say(consumer);
      }
      this.takeAnswers();
      this.world.pass(PASS_MS);
      this.check();
    }
  }

  checkConverged(): void {
    const described = this.world.coordinator.describeConsumerGroup(GROUP);
    if (this.consumers.length === 0) return expect(described.members).toEqual([]);
    expect(described).toMatchObject({ errorCode: 0, groupState: "Stable" });
    const wanted = new Set(this.consumers.flatMap((consumer) => topicsOf(this.wantedBy(consumer))));
    const all = [...wanted].flatMap((name) => {
      const topic = this.world.topics.topicByName(name);
      return topic === undefined ? [] : Array.from({ length: topic.partitions.length }, (_, partition) => partitionKey(topic.topicId, partition));
    });
    const read = this.consumers.flatMap(({ owned }) => owned.flatMap(({ topicId, partitions }) => partitions.map((one) => partitionKey(topicId, one))));
    expect(read.sort()).toEqual(all.sort());
    this.world.failOver();
    expect(this.world.coordinator.describeConsumerGroup(GROUP)).toEqual(described);
  }

  private join(): void {
    const instanceId = this.made % 3 === 0 ? `instance ${this.made}` : undefined;
    const options = { rebalanceTimeoutMs: 600_000, ...(instanceId === undefined ? {} : { instanceId }) };
    const consumer = new TestConsumer(this.world, `member ${this.made++}`, options);
    this.consumers.push(consumer);
    this.wanted.set(consumer, WANTED[this.made % WANTED.length] as Wanted);
    this.rejoin(consumer);
  }

  private rejoin(consumer: TestConsumer): void {
    consumer.epoch = 0;
    consumer.owned = [];
    consumer.assigned = [];
    this.ask(consumer, this.requestOf(consumer));
  }

  private wantedBy(consumer: TestConsumer): Wanted {
    return this.wanted.get(consumer) ?? (WANTED[0] as Wanted);
  }

  private act(kind: Action, consumer: TestConsumer, by: number): void {
    switch (kind) {
      case "want":
        // It says so until it has heard of it.
        if (this.waiting.has(consumer)) return;
        this.wanted.set(consumer, WANTED[(WANTED.indexOf(this.wantedBy(consumer)) + by + 1) % WANTED.length] as Wanted);
        this.uncertain.add(consumer);
        return this.say(consumer);
      case "beat":
        return this.say(consumer);
      case "obey":
        this.obey(consumer);
        return this.say(consumer);
      case "lose":
        return this.lose(consumer);
      case "leave":
      case "static leave":
        consumer.send({ memberEpoch: kind === "static leave" && consumer.isStatic ? -2 : -1 });
        return this.forget(consumer);
      case "crash":
        return this.forget(consumer);
    }
  }

  /** Not between a request and its answer: what it has said that it has is what it has. */
  private obey(consumer: TestConsumer): void {
    if (!this.waiting.has(consumer)) consumer.obey();
  }

  /** For the same reason it begins nothing new after a request whose answer it waits for in vain. */
  private lose(consumer: TestConsumer): void {
    if (this.waiting.has(consumer)) return;
    consumer.send(this.requestOf(consumer));
    consumer.assigned = consumer.owned;
    this.uncertain.add(consumer);
  }

  private forget(consumer: TestConsumer): void {
    this.consumers = this.consumers.filter((one) => one !== consumer);
    this.waiting.delete(consumer);
  }

  private say(consumer: TestConsumer): void {
    if (consumer.epoch === 0) this.rejoin(consumer);
    else this.ask(consumer, this.requestOf(consumer));
  }

  private requestOf(consumer: TestConsumer): Partial<ConsumerGroupHeartbeatRequest> {
    const all = { rebalanceTimeoutMs: 600_000, ...this.wantedBy(consumer) };
    if (consumer.epoch === 0) return { ...all, memberEpoch: 0, topicPartitions: [] };
    // Who does not know what was heard of it says everything again.
    return { ...(this.uncertain.has(consumer) ? all : {}), memberEpoch: consumer.epoch, topicPartitions: consumer.owned };
  }

  /** One request at a time, as a client does. */
  private ask(consumer: TestConsumer, request: Partial<ConsumerGroupHeartbeatRequest>): void {
    if (!this.waiting.has(consumer)) this.waiting.set(consumer, consumer.send(request));
  }

  private takeAnswers(): void {
    for (const [consumer, { response }] of this.waiting) {
      if (response === undefined) continue;
      this.waiting.delete(consumer);
      consumer.take(response);
      if (response.errorCode === 0) this.uncertain.delete(consumer);
      else this.uncertain.add(consumer);
      if (["UNKNOWN_MEMBER_ID", "FENCED_MEMBER_EPOCH", "GROUP_ID_NOT_FOUND"].includes(consumer.lastError)) {
        consumer.owned = [];
        consumer.epoch = 0;
      }
    }
  }

  /** I-G1, by what clients believe. */
  private check(): void {
    expect(this.world.putAside).toEqual([]);
    const owners = new Map<string, string>();
    for (const { memberId, owned } of this.consumers)
      for (const { topicId, partitions } of owned)
        for (const partition of partitions) {
          const key = partitionKey(topicId, partition);
          if (owners.has(key)) expect([key, memberId]).toEqual([key, owners.get(key)]);
          owners.set(key, memberId);
        }
  }
}

const step = fc.record({ kind: fc.constantFrom(...KINDS), who: fc.nat(CONSUMERS_MAX - 1) });

it.each([0, 1_000])(
  "never lets two members read a partition, and in the end each is read, assigning at most every %i ms (I-G1, I-G5)",
  (assignmentIntervalMs) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), fc.nat(CONSUMERS_MAX - 1), (steps, who) => {
        const play = new Play(assignmentIntervalMs);
        for (const one of steps) play.run(one);
        play.converge();
        play.checkConverged();
        // And by itself, when nothing else changes.
        play.run({ kind: "want", who });
        play.converge();
        play.checkConverged();
      }),
      { numRuns: 300 },
    );
  },
);
