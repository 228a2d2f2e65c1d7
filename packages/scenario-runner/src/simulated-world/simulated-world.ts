import { checkGroup, type Excuse, History } from "@samsa/history";
import { ExcuseBook, type ResolvedFault, SIMULATED_SUPPORT, SimulatedCluster, SimulatedWorld as World, Watcher } from "@samsa/simulator";
import { GROUP_LOAD_DEFAULTS, WorkloadMachine } from "@samsa/workload";
import type { FaultSupportTable, TraceEvent } from "@samsa/world";
import type { Observation } from "../run/observation.ts";
import { activeSegment, tornTail } from "../run/torn-tail.ts";
import type { ScenarioWorld, WorldFactory } from "../run/scenario-world.ts";
import { nodesOf, type Scenario, topicConfigsOf } from "../scenario.ts";

/** A lie needs a network layer of its own, which only processes have. */
const SUPPORT: FaultSupportTable = { ...SIMULATED_SUPPORT, plant: "refused" };
const CLIENT = 100;
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const FINISH_TIMEOUT_MS = 120_000;
const SETTLE_MS = 300;

export interface SimulatedWorldFactory extends WorldFactory {
  /** Of all that has happened: equal for equal scenarios, seeds and code. */
  readonly traceHash: string;
}

/** The very same server in virtual time, with our own client as the producer. A run depends on the scenario and the seed alone. */
export function simulatedWorld(scenario: Scenario, seed: number): SimulatedWorldFactory {
  let observe: (event: TraceEvent) => void = () => {};
  const book = new ExcuseBook();
  const failures: string[] = [];
  const world = new World({
    seed,
    trace: (event) => {
      book.add(event, world.nowUs, (node) => world.isUp(node));
      observe(event);
    },
    exited: (node, code, reason) => {
      if (code !== 0 && node !== CLIENT) failures.push(`node ${node} ended with code ${code}: ${reason}`);
    },
  });
  return {
    name: "sim",
    support: SUPPORT,
    nowMs: () => world.nowUs / 1000,
    get traceHash() {
      return world.hash;
    },
    create: (observation) => {
      observe = (event) => toObservation(event, observation);
      return new SimulatedScenarioWorld({ scenario, seed, world, failures, observation, book });
    },
  };
}

function toObservation({ node, event }: TraceEvent, observation: Observation): void {
  if (event.kind === "client-ack") observation.acked(`${event.topic}-${event.partition}`, event.records, event.offset < 0 ? undefined : event.offset);
  else if (event.kind === "client-error") observation.sendFailed(`${event.topic}-${event.partition}`, event.error);
  // The runner tells the faults itself, with the roles of their victims.
  else if (event.kind !== "client-read" && (event.kind !== "fault" || node >= 0)) observation.event({ node, ...event });
}

interface Options {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly world: World;
  readonly failures: string[];
  readonly observation: Observation;
  readonly book: ExcuseBook;
}

class SimulatedScenarioWorld implements ScenarioWorld {
  readonly name = "sim";
  private readonly options: Options;
  private readonly cluster: SimulatedCluster;
  private readonly watcher: Watcher;
  private readonly down = new Set<number>();
  private workload: WorkloadMachine | undefined;

  constructor(options: Options) {
    const { scenario, world, failures } = options;
    this.options = options;
    const { brokers, controllers = 0 } = scenario.cluster;
    const shape = { brokers, controllers };
    this.watcher = new Watcher(shape, ({ invariant, detail }) => failures.push(`${invariant}: ${detail}`));
    this.cluster = new SimulatedCluster(world, { shape, properties: new Map(Object.entries(scenario.cluster.properties ?? {})) }, this.watcher);
  }

  async start(): Promise<string | undefined> {
    const { scenario, observation } = this.options;
    observation.timeline.say(`${nodesOf(scenario.cluster)} start in the simulated world`);
    this.cluster.startAll();
    if (!this.runWhile(() => observation.state.unfenced.size < scenario.cluster.brokers, START_TIMEOUT_MS))
      return `not every broker was in service after ${START_TIMEOUT_MS} ms`;
    this.startWorkload();
    if (!this.runWhile(() => this.workload?.phase === "creating" || observation.state.partitions.size < scenario.topic.partitions, START_TIMEOUT_MS))
      return `topic ${scenario.topic.name} had no leaders after ${START_TIMEOUT_MS} ms`;
    return this.workload?.failure;
  }

  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    return this.runWhile(() => !condition(), timeoutMs);
  }

  async strike(fault: ResolvedFault): Promise<void> {
    if (fault.type === "crash" || fault.type === "stop" || fault.type === "power-loss") this.down.add(fault.victim);
    this.cluster.inject(fault);
    if (fault.type !== "stop") return;
    if (!this.runWhile(() => this.options.world.isUp(fault.victim), STOP_TIMEOUT_MS))
      this.options.failures.push(`node ${fault.victim} had not stopped after ${STOP_TIMEOUT_MS} ms`);
  }

  async heal(): Promise<void> {
    this.cluster.faults.heal();
  }

  async restart(): Promise<readonly number[]> {
    const started = [...this.down];
    this.down.clear();
    for (const node of started) this.cluster.faults.startAgain(node);
    return started;
  }

  async wipe(node: number): Promise<void> {
    this.cluster.wipe(node);
  }

  async tear(node: number, { topic, partition }: { readonly topic: string; readonly partition: number }): Promise<void> {
    const directory = `${topic}-${partition}`;
    const files = this.options.world.filesOf(node);
    const segment = activeSegment(files.directory(directory)?.names.keys() ?? []);
    const file = files.file(`${directory}/${segment}`);
    if (file === undefined) throw new RangeError(`node ${node} has no segment of ${directory}`);
    this.cluster.tear(node, `${directory}/${segment}`, tornTail(file.size));
  }

  async finish(): Promise<History> {
    const { workload } = this;
    workload?.finish();
    this.runWhile(() => workload?.isOver === false, FINISH_TIMEOUT_MS);
    if (workload === undefined) return new History("nothing");
    this.judgeGroups(workload);
    return workload.history;
  }

  /** The watcher compares them all along. */
  async replicaDifferences(): Promise<readonly string[]> {
    return [];
  }

  excuses(): readonly Excuse[] {
    const { book, scenario } = this.options;
    const partitions = [...this.watcher.ghost.partitions.values()];
    return [...book.ofLosses(partitions), ...(scenario.load.acks === 1 ? book.ofLeaderChanges(partitions) : [])];
  }

  failures(): readonly string[] {
    return this.options.failures;
  }

  residentBytes(): ReadonlyMap<number, number> {
    return new Map();
  }

  async dispose(): Promise<void> {}

  private judgeGroups({ groupHistories, history }: WorkloadMachine): void {
    for (const group of groupHistories)
      for (const { name, groupId, topic, partition, detail } of checkGroup(group, history))
        this.options.failures.push(`group ${groupId}, ${name}${partition < 0 ? "" : ` in ${topic}-${partition}`}: ${detail}`);
  }

  /** True once `condition` is false; false if the time ran out or something is broken. */
  private runWhile(condition: () => boolean, limitMs: number): boolean {
    const { world, failures } = this.options;
    return world.runWhile(() => condition() && failures.length === 0, world.nowUs + limitMs * 1000) && !condition();
  }

  private startWorkload(): void {
    const { topic, load } = this.options.scenario;
    this.cluster.addClient(
      CLIENT,
      ({ seed }) => {
        this.workload = new WorkloadMachine({
          runId: `s${this.options.seed}`,
          seed,
          bootstrap: this.cluster.bootstrap,
          topic: {
            name: topic.name,
            partitions: topic.partitions,
            replicationFactor: topic.replicationFactor,
            configs: topicConfigsOf(topic),
          },
          producers: 1,
          consumers: 0,
          groups: load.group === undefined ? [] : [{ ...GROUP_LOAD_DEFAULTS, ...load.group }],
          pace: { type: "rate", recordsPerSecond: load.recordsPerSecond },
          producer: {
            acks: load.acks === -1 ? "all" : load.acks,
            isIdempotent: load.isIdempotent,
            maxInFlight: load.maxInFlight,
            onRetriableError: (error) => this.options.observation.sendRefused(error),
          },
          client: load.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: load.requestTimeoutMs },
          settleMs: SETTLE_MS,
        });
        this.options.observation.consumedBy = () => consumedBy(this.workload);
        return this.workload;
      },
      () => undefined,
    );
  }
}

/** Records that any member of a group has processed, each once. */
const consumedBy = (workload: WorkloadMachine | undefined): number =>
  (workload?.groupHistories ?? []).reduce((sum, group) => sum + [...group.partitions()].reduce((all, { processed }) => all + processed.size, 0), 0);
