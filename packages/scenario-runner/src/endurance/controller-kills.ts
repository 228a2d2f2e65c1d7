import { setTimeout as pause } from "node:timers/promises";
import { checkHistory, type Verdict } from "@samsa/history";
import { Prng } from "@samsa/stdx";
import { TopicCreator } from "../drivers/topic-creator.ts";
import { ProcessWorld } from "../process-world/process-world.ts";
import { Observation } from "../run/observation.ts";
import type { Scenario } from "../scenario.ts";

export interface ControllerKillsOptions {
  readonly bundle: string;
  readonly brokers: number;
  /** Nodes that are controllers only; 0: the brokers are controllers too. */
  readonly controllers: number;
  readonly kills: number;
  /** Draws the pauses. */
  readonly seed: number;
  readonly tell: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface ControllerKill {
  readonly victim: number;
  /** From the kill until another node says that it is the active controller. */
  readonly withoutControllerMs: number;
  /** Topics acknowledged until then. */
  readonly topics: number;
}

export interface ControllerKillsResult {
  readonly kills: readonly ControllerKill[];
  readonly verdict: Verdict;
  readonly acknowledgedTopics: number;
  readonly unknownTopics: number;
  readonly failures: readonly string[];
}

const TOPIC_PARTITIONS = 3;
const PAUSE_MS_MAX = 1_000;
const WAIT_TIMEOUT_MS = 60_000;
const PROBLEMS_TOLD = 10;

/** Kills the active controller again and again under produce load while topics are created, then looks whether every acknowledged change is there, whole. */
export async function controllerKills(options: ControllerKillsOptions): Promise<ControllerKillsResult> {
  const { brokers, controllers, bundle, signal } = options;
  const startMs = performance.now();
  const scenario: Scenario = {
    name: "controller-kills",
    title: "The active controller is killed again and again",
    teaches: "",
    prose: "",
    cluster: { brokers, controllers },
    topic: { name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
    load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 500, recordsPerBatch: 10 },
    steps: [],
    expectation: { type: "clean" },
  };
  const observation = new Observation(
    scenario,
    () => performance.now() - startMs,
    () => undefined,
  );
  const world = new ProcessWorld({ scenario, bundle, ...(signal === undefined ? {} : { signal }) }, observation);
  try {
    return await new ControllerKills(options, world, observation).run();
  } finally {
    await world.dispose();
  }
}

class ControllerKills {
  private readonly options: ControllerKillsOptions;
  private readonly world: ProcessWorld;
  private readonly observation: Observation;
  private readonly prng: Prng;
  private readonly failures: string[] = [];

  constructor(options: ControllerKillsOptions, world: ProcessWorld, observation: Observation) {
    this.options = options;
    this.world = world;
    this.observation = observation;
    this.prng = new Prng(options.seed);
  }

  async run(): Promise<ControllerKillsResult> {
    const { world, failures, options } = this;
    const problem = await world.start();
    if (problem !== undefined) failures.push(problem);
    const creator = await TopicCreator.create({ bootstrap: world.bootstrap, partitions: TOPIC_PARTITIONS, replicationFactor: 3 });
    creator.start();
    const kills: ControllerKill[] = [];
    while (failures.length === 0 && kills.length < options.kills) {
      const kill = await this.kill(creator);
      if (kill === undefined) break;
      kills.push(kill);
      const { victim, withoutControllerMs, topics } = kill;
      options.tell(
        `kill ${String(kills.length).padStart(2)}: node ${victim}, ${Math.round(withoutControllerMs)} ms without an active controller, ${topics} topics acknowledged so far`,
      );
    }
    await creator.stop();
    if (failures.length === 0 && !(await world.until(() => this.isWhole, WAIT_TIMEOUT_MS)))
      failures.push(`the cluster was not whole after ${WAIT_TIMEOUT_MS} ms`);
    options.tell("the load ends; every topic is looked at, every record read back");
    const problems = await creator.problems();
    failures.push(...problems.slice(0, PROBLEMS_TOLD).map(({ topic, problem: what }) => `topic ${topic}: ${what}`));
    const verdict = checkHistory(await world.finish(), { acks: "all", isIdempotent: true, maxInFlight: 1 });
    failures.push(...world.failures());
    return { kills, verdict, acknowledgedTopics: creator.acknowledged.length, unknownTopics: creator.unknown.length, failures };
  }

  private async kill(creator: TopicCreator): Promise<ControllerKill | undefined> {
    const { world, observation, failures, prng } = this;
    const { state } = observation;
    if (!(await world.until(() => this.isWhole, WAIT_TIMEOUT_MS))) {
      failures.push(`the cluster was not whole after ${WAIT_TIMEOUT_MS} ms`);
      return undefined;
    }
    await pause(prng.below(PAUSE_MS_MAX));
    // It may have stepped down meanwhile.
    if (!(await world.until(() => state.activeController >= 0, WAIT_TIMEOUT_MS))) {
      failures.push(`nobody was the active controller for ${WAIT_TIMEOUT_MS} ms`);
      return undefined;
    }
    const victim = state.activeController;
    const fromMs = observation.nowMs();
    await world.strike({ fault: { type: "crash", victim: { type: "node", id: victim } }, victim });
    state.killed(victim);
    if (!(await world.until(() => state.activeController !== victim && state.activeController >= 0, WAIT_TIMEOUT_MS))) {
      failures.push(`nobody was the active controller for ${WAIT_TIMEOUT_MS} ms after node ${victim} was killed`);
      return undefined;
    }
    const withoutControllerMs = observation.nowMs() - fromMs;
    await pause(prng.below(PAUSE_MS_MAX));
    await world.restart();
    return { victim, withoutControllerMs, topics: creator.acknowledged.length };
  }

  /**
   * There is an active controller, every broker is in service, every node is back in the quorum, and every partition has a leader and all its replicas.
   * Without the last victim the next kill could take the quorum's majority: what is measured then is how long a process takes to start.
   */
  private get isWhole(): boolean {
    const { state } = this.observation;
    const { brokers, controllers } = this.options;
    const isFull = [...state.partitions.values()].every(({ leader, isr }) => leader >= 0 && isr.length === 3);
    return state.activeController >= 0 && state.unfenced.size === brokers && state.inQuorum.size === brokers + controllers && isFull;
  }
}
