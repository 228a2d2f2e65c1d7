import fc from "fast-check";
import { expect, it } from "vitest";
import { ClassicClient } from "./support/classic-client.ts";
import { CONFIG, GroupWorld } from "./support/group-world.ts";
import { TestConsumer } from "./support/test-consumer.ts";

const KINDS = ["join", "classic join", "eager join", "beat", "obey", "classic beat", "leave", "classic leave", "crash", "failover", "lose", "pass"] as const;
interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly who: number;
}

const EACH_MAX = 3;
const PARTITIONS = 5;
/** A third of a session: nobody who lives is taken for dead. */
const PASS_MS = 300;
const LONG_MS = 600_000;
/** Longer than the sessions of those who have gone, one after the other. */
const ROUNDS = 40;

/** Members of both protocols in one group, which becomes one of the other kind as they come and go. */
class Play {
  private readonly world: GroupWorld;
  private consumers: TestConsumer[] = [];
  private classic: ClassicClient[] = [];
  private made = 0;

  constructor(assignmentIntervalMs: number) {
    this.world = new GroupWorld({ consumer: { ...CONFIG.consumer, assignmentIntervalMs } });
    this.world.topics.make("orders", PARTITIONS);
    this.joined();
  }

  run({ kind, who }: Step): void {
    const consumer = this.consumers[who % Math.max(1, this.consumers.length)];
    const classic = this.classic[who % Math.max(1, this.classic.length)];
    switch (kind) {
      case "join":
        if (this.consumers.length < EACH_MAX) this.joined();
        break;
      case "classic join":
      case "eager join":
        if (this.classic.length < EACH_MAX) this.joinClassic(kind === "classic join");
        break;
      case "failover":
        this.world.failOver();
        break;
      case "pass":
        this.beatAll();
        this.world.pass(PASS_MS);
        break;
      case "classic beat":
      case "classic leave":
      case "lose":
        if (classic !== undefined) this.actClassic(kind, classic);
        break;
      default:
        if (consumer !== undefined) this.act(kind, consumer);
    }
    this.check();
  }

  converge(): void {
    for (let round = 0; round < ROUNDS; round++) {
      for (const consumer of this.consumers) consumer.obey();
      this.beatAll();
      this.world.pass(PASS_MS);
      this.check();
    }
    if (this.consumers.length + this.classic.length === 0) return;
    const kind = this.consumers.length > 0 ? "consumer" : "classic";
    expect(this.world.coordinator.listGroups()).toMatchObject([{ groupType: kind, groupState: "Stable" }]);
    expect(this.read().sort()).toEqual(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  }

  private joined(): TestConsumer {
    const consumer = new TestConsumer(this.world, `member ${this.made++}`, { rebalanceTimeoutMs: LONG_MS });
    this.consumers.push(consumer);
    consumer.join();
    return consumer;
  }

  private joinClassic(isCooperative: boolean): void {
    const member = new ClassicClient(this.world);
    member.isCooperative = isCooperative;
    this.classic.push(member);
    member.step();
  }

  private act(kind: "beat" | "obey" | "leave" | "crash", consumer: TestConsumer): void {
    if (kind === "obey") consumer.obey();
    if (kind === "beat" || kind === "obey") return this.beat(consumer);
    if (kind === "leave") consumer.leave();
    this.consumers = this.consumers.filter((one) => one !== consumer);
  }

  private actClassic(kind: "classic beat" | "classic leave" | "lose", member: ClassicClient): void {
    if (kind === "classic beat") return member.step();
    // It joins, and does not hear of it.
    if (kind === "lose") return member.joinUnheard();
    member.leave();
    this.classic = this.classic.filter((one) => one !== member);
  }

  private beat(consumer: TestConsumer): void {
    consumer.beat();
    if (consumer.lastError !== "NONE") consumer.join();
  }

  private beatAll(): void {
    for (const consumer of this.consumers) this.beat(consumer);
    for (const member of this.classic) member.step();
  }

  private read(): number[] {
    return [...this.consumers, ...this.classic].flatMap(({ owned }) => owned.flatMap(({ partitions }) => [...partitions]));
  }

  /** I-G1, by what clients believe. */
  private check(): void {
    expect(this.world.putAside).toEqual([]);
    const read = this.read();
    expect(read.toSorted()).toEqual([...new Set(read)].toSorted());
  }
}

const step = fc.record({ kind: fc.constantFrom(...KINDS), who: fc.nat(EACH_MAX - 1) });

it.each([0, 1_000])("never lets two members read a partition, whichever protocols they use, assigning at most every %i ms (I-G1)", (assignmentIntervalMs) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 50, size: "max" }), (steps) => {
      const play = new Play(assignmentIntervalMs);
      for (const one of steps) play.run(one);
      play.converge();
    }),
    { numRuns: 300 },
  );
});
