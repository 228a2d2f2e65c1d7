import { nodeName, type Scenario } from "../scenario.ts";
import { resolvedFault, type ScenarioFault, victimsOf } from "../scenario-fault.ts";
import type { Step, Wait } from "../step.ts";
import type { AckGap } from "../timeline/ack-gaps.ts";
import { formatWho, type Who } from "../who.ts";
import { describeStrike } from "./describe-strike.ts";
import type { Observation } from "./observation.ts";
import type { ScenarioWorld } from "./scenario-world.ts";
import { waitingFor } from "./waits.ts";

/** A node that ended thus has not told that it is the active controller no more. */
const ENDS_A_NODE: ReadonlySet<string> = new Set(["crash", "power-loss", "stop"]);
/** Of a wait that names nobody. */
const NOBODY = -1;

export interface StepRunnerOptions {
  readonly scenario: Scenario;
  readonly world: ScenarioWorld;
  readonly observation: Observation;
}

/** Does the steps of a scenario to a world. Each says what was waited for, or looked for, in vain; undefined: it is done. */
export class StepRunner {
  /** Every fault in words, with the roles that its victims had. */
  readonly faults: string[] = [];
  /** Each partition's longest time without an acknowledgement before the first fault. */
  gapsBefore: readonly AckGap[] = [];
  private readonly scenario: Scenario;
  private readonly world: ScenarioWorld;
  private readonly observation: Observation;
  private readonly named = new Map<string, number>();
  private readonly down = new Set<number>();
  private readonly wiped = new Set<number>();

  constructor({ scenario, world, observation }: StepRunnerOptions) {
    this.scenario = scenario;
    this.world = world;
    this.observation = observation;
  }

  async run(step: Step): Promise<string | undefined> {
    switch (step.type) {
      case "fault":
        return this.strike(step.fault);
      case "name":
        return this.name(step.who, step.name);
      case "heal":
        await this.world.heal();
        this.observation.healed();
        return undefined;
      case "restart":
        return this.restart();
      case "wipe":
        return this.wipe(step.who);
      case "tear":
        return this.tear(step);
      default:
        return this.wait(step, step.timeoutMs);
    }
  }

  /** Whatever the steps have left broken works again, so that what was written can be read. */
  async repair(): Promise<void> {
    await this.world.heal();
    this.observation.healed();
    await this.restart();
  }

  private async wait(wait: Wait, timeoutMs: number): Promise<string | undefined> {
    const who = whoOf(wait);
    const node = who === undefined ? NOBODY : this.resolve(who);
    if (node === undefined) return `nobody is ${formatWho(who ?? { type: "active-controller" })} when ${wait.type} begins`;
    const { isOver, problem, reached } = waitingFor(wait, this.scenario, { observation: this.observation, node });
    if (!(await this.world.until(isOver, timeoutMs))) return `${problem()} in ${timeoutMs} ms`;
    if (reached !== undefined) this.observation.timeline.say(reached);
    return undefined;
  }

  private async strike(fault: ScenarioFault): Promise<string | undefined> {
    const { state } = this.observation;
    const nodes: number[] = [];
    for (const who of victimsOf(fault)) {
      const node = this.resolve(who);
      if (node === undefined) return `nobody is ${formatWho(who)} when ${fault.type} is to strike`;
      nodes.push(node);
    }
    const [gone] = nodes.filter((node) => ENDS_A_NODE.has(fault.type) && this.down.has(node));
    if (gone !== undefined) {
      this.observation.timeline.say(`${this.nameOf(gone)} is down already`);
      return undefined;
    }
    const struck = nodes.map((node) => ({ name: this.nameOf(node), led: state.ledBy(node), isActiveController: node === state.activeController }));
    const text = describeStrike(fault, struck);
    if (this.faults.length === 0) this.gapsBefore = this.observation.gaps.restart();
    this.faults.push(text);
    this.observation.struck({ type: fault.type, nodes, text, forMs: "forMs" in fault ? fault.forMs : undefined });
    await this.world.strike(resolvedFault(fault, nodes));
    if (!ENDS_A_NODE.has(fault.type)) return undefined;
    for (const node of nodes) {
      this.down.add(node);
      this.observation.ended(node);
    }
    return undefined;
  }

  private name(who: Who, name: string): string | undefined {
    const node = this.resolve(who);
    if (node === undefined) return `nobody is ${formatWho(who)} who could be called ${name}`;
    this.named.set(name, node);
    this.observation.timeline.say(`${this.nameOf(node)}, ${formatWho(who)}, is ${name} from here on`);
    return undefined;
  }

  private async restart(): Promise<undefined> {
    for (const node of await this.world.restart()) {
      this.observation.restarted(node, this.wiped.has(node) ? "on an empty disk" : "on the data it had");
      this.down.delete(node);
      this.wiped.delete(node);
    }
    return undefined;
  }

  private async wipe(who: Who): Promise<string | undefined> {
    const node = this.resolve(who);
    if (node === undefined || !this.down.has(node)) return `${formatWho(who)} is not down: its disk can't be wiped`;
    await this.world.wipe(node);
    this.wiped.add(node);
    this.observation.timeline.say(`the disk of ${this.nameOf(node)} is empty from here on`);
    return undefined;
  }

  private async tear({ who, topic, partition }: Extract<Step, { type: "tear" }>): Promise<string | undefined> {
    const node = this.resolve(who);
    if (node === undefined || !this.down.has(node)) return `${formatWho(who)} is not down: no segment of it can be torn`;
    await this.world.tear(node, { topic, partition });
    this.observation.timeline.say(`on ${this.nameOf(node)} the last batch of ${topic}-${partition} lacks its end, and garbage follows`);
    return undefined;
  }

  private resolve(who: Who): number | undefined {
    return who.type === "named" ? this.named.get(who.name) : this.observation.state.resolve(who);
  }

  private nameOf(node: number): string {
    return nodeName(this.scenario.cluster, node);
  }
}

function whoOf(wait: Wait): Who | undefined {
  switch (wait.type) {
    case "until-fenced":
    case "until-unfenced":
    case "until-torn-end-dropped":
      return wait.who;
    case "until-isr":
      return wait.without;
    case "until-leader":
      return wait.by ?? wait.notBy;
    default:
      return undefined;
  }
}
