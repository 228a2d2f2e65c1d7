import { nodeName, type Scenario } from "../scenario.ts";
import type { Wait } from "../step.ts";
import { formatWho } from "../who.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { Observation } from "./observation.ts";

export interface Waiting {
  readonly isOver: () => boolean;
  /** What was waited for in vain, without the time. */
  readonly problem: () => string;
  /** Said when it is over. */
  readonly reached?: string;
}

/** A wait that begins now. `node`: whoever the wait names, where it names somebody. */
export function waitingFor(wait: Wait, scenario: Scenario, { observation, node }: { readonly observation: Observation; readonly node: number }): Waiting {
  const { state } = observation;
  const name = nodeName(scenario.cluster, node);
  switch (wait.type) {
    case "until-acked": {
      const acked = (): number => (wait.partition === undefined ? observation.ackedRecords : observation.ackedOf(`${scenario.topic.name}-${wait.partition}`));
      const before = acked();
      const of = wait.partition === undefined ? "" : ` of ${scenario.topic.name}-${wait.partition}`;
      return {
        isOver: () => acked() >= before + wait.records,
        problem: () => `only ${acked() - before} of ${wait.records} records${of} were acknowledged`,
      };
    }
    case "until-consumed": {
      const before = observation.consumedBy();
      return {
        isOver: () => observation.consumedBy() >= before + wait.records,
        problem: () => `only ${observation.consumedBy() - before} of ${wait.records} records were given to the group`,
      };
    }
    case "until-isr-full":
      return {
        isOver: () => isIsrFull(scenario, observation),
        problem: () => "not every replica was in the ISR",
        reached: "every replica is in the ISR of its partition",
      };
    case "until-controller":
      return { isOver: () => state.activeController >= 0, problem: () => "nobody was the active controller" };
    case "until-leader":
      return {
        isOver: () => isLed(state.leaderOf(wait.topic, wait.partition), wait, node),
        problem: () =>
          `${wait.topic}-${wait.partition} was not led by ${wait.by !== undefined ? formatWho(wait.by) : wait.notBy === undefined ? "anybody" : `another than ${formatWho(wait.notBy)}`}`,
      };
    case "until-no-leader":
      return {
        isOver: () => state.partition(wait.topic, wait.partition)?.leader === -1,
        problem: () => `${wait.topic}-${wait.partition} still had a leader`,
      };
    case "until-isr": {
      const isr = (): readonly number[] => state.partition(wait.topic, wait.partition)?.isr ?? [];
      return {
        isOver: () => (wait.size === undefined || isr().length === wait.size) && (wait.without === undefined || !isr().includes(node)),
        problem: () => `the ISR of ${wait.topic}-${wait.partition} was ${isr().join(" ")}`,
      };
    }
    case "until-fenced":
      return untilFenced(node, name, { state, because: wait.because ?? "" });
    case "until-unfenced":
      return { isOver: () => state.unfenced.has(node), problem: () => `${name} was not in service` };
    case "until-torn-end-dropped":
      return untilDropped(`${wait.topic}-${wait.partition}`, name, () => observation.droppedAtStart(node, `${wait.topic}-${wait.partition}`));
    case "until-send-errors": {
      const before = observation.refusalsOf(wait.error);
      return { isOver: () => observation.refusalsOf(wait.error) > before, problem: () => `the producer was never told ${wait.error}` };
    }
  }
}

const untilDropped = (log: string, node: string, dropped: () => number | undefined): Waiting => ({
  isOver: () => (dropped() ?? 0) > 0,
  problem: () => `${node} ${dropped() === undefined ? "did not read" : "dropped nothing when it read"} ${log} back`,
});

const untilFenced = (node: number, name: string, { state, because }: { readonly state: ClusterState; readonly because: string }): Waiting => ({
  isOver: () => !state.unfenced.has(node) && (state.fencedBecause.get(node) ?? "").includes(because),
  problem: () => (state.unfenced.has(node) ? `${name} was not fenced` : `${name} was fenced for another reason (${state.fencedBecause.get(node)})`),
});

const isLed = (leader: number | undefined, { by, notBy }: Extract<Wait, { type: "until-leader" }>, node: number): boolean =>
  leader !== undefined && (by === undefined || leader === node) && (notBy === undefined || leader !== node);

function isIsrFull({ topic }: Scenario, { state }: Observation): boolean {
  return Array.from({ length: topic.partitions }, (_, partition) => state.partition(topic.name, partition)).every(
    (view) => view !== undefined && view.leader >= 0 && view.isr.length === topic.replicationFactor && !view.isr.some((id) => state.gone.has(id)),
  );
}
