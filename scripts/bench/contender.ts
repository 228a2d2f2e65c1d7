import type { Address } from "@samsa/scenario-runner/load";
import { brokersOf } from "@samsa/scenario-runner/load";
import { samsaSubject } from "@samsa/scenario-runner/scale";
import { runShell } from "./child.ts";
import { goOn, hold } from "./held.ts";
import type { PeerOptions } from "./options.ts";

export const BUNDLE = "dist/samsa.mjs";
export const BROKERS = 3;
export const START_TIMEOUT_MS = 60_000;
/** All on one machine: a message takes less than a millisecond. */
const ELECTION_TIMEOUT_MS = 400;
/** Kafka's default, as the peer has it: an ISR that shrinks under load would make acks=all cheaper. */
const REPLICA_LAG_TIME_MAX_MS = 30_000;

/** A cluster that is measured. */
export interface Contender {
  readonly name: "samsa" | "peer";
  readonly brokers: ReadonlyMap<number, Address>;
  /** Undefined where that is not known. */
  pid(id: number): Promise<number | undefined>;
  /** Undefined where nobody may. */
  readonly kills: { kill(id: number): Promise<void>; start(id: number): Promise<void> } | undefined;
  /** Undefined where that is not known. */
  activeController(): Promise<number | undefined>;
  dispose(): Promise<void>;
}

export const addressesOf = ({ brokers }: Contender): readonly Address[] => [...brokers.values()];

export async function startSamsa(nodeOptions: readonly string[] = []): Promise<Contender> {
  const properties = new Map([
    ["controller.quorum.election.timeout.ms", String(ELECTION_TIMEOUT_MS)],
    ["replica.lag.time.max.ms", String(REPLICA_LAG_TIME_MAX_MS)],
  ]);
  await goOn();
  const starting = samsaSubject({ bundle: BUNDLE, controllers: 0, properties, nodeOptions });
  const dispose = hold(async () => (await starting).dispose());
  const subject = await starting;
  return {
    name: "samsa",
    brokers: subject.brokers,
    pid: async (id) => subject.pid(id),
    kills: { kill: (id) => subject.kill(id, "SIGKILL"), start: (id) => subject.start(id) },
    activeController: () => subject.activeController(),
    dispose,
  };
}

/** A peer that its command makes fresh; one that is there already where it has no command. */
export async function startPeer(options: PeerOptions): Promise<Contender> {
  const { bootstrap, command, kill, start, controller } = options;
  await goOn();
  let dispose: () => Promise<void> = async () => undefined;
  if (command !== undefined) {
    await stopPeer(options);
    dispose = hold(() => stopPeer(options));
    await runShell(command);
  }
  const brokers = await brokersOf(bootstrap, BROKERS, START_TIMEOUT_MS);
  return {
    name: "peer",
    brokers,
    pid: (id) => pidOf(options, [...brokers.keys()].sort((a, b) => a - b).indexOf(id), id),
    kills:
      kill === undefined || start === undefined
        ? undefined
        : { kill: async (id) => void (await runShell(kill, id)), start: async (id) => void (await runShell(start, id)) },
    activeController: async () => (controller === undefined ? undefined : Number(await runShell(controller))),
    dispose,
  };
}

async function stopPeer({ stop }: PeerOptions): Promise<void> {
  if (stop !== undefined) await runShell(stop);
}

async function pidOf({ pids }: PeerOptions, index: number, id: number): Promise<number | undefined> {
  if (pids === undefined) return undefined;
  return Number(pids.includes("{id}") ? await runShell(pids, id) : pids.split(",")[index]);
}
