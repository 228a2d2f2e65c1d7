import { parseArgs } from "node:util";
import type { Address } from "@samsa/scenario-runner/load";
import { CLIENT_IDS, type ClientId } from "./clients/load-client.ts";

export const SECTIONS = ["start", "produce", "consume", "tail", "latency", "memory", "failover"] as const;
export type Section = (typeof SECTIONS)[number];

export const HELP = `npm run bench -- [OPTIONS]

The project's figures: time to the first acknowledged record, throughput, latency, memory and processor time, gaps after kills; three brokers,
replication factor 3, min.insync.replicas 2, 6 partitions. With --peer the same goes by turns to another cluster, and ratios are printed.
Progress goes to stderr, the table to stdout.

  --only LIST             of ${SECTIONS.join(", ")} (default: all)
  --rounds N              of every measurement; medians are told (default 5)
  --seconds N             of each load that is measured by time (default 5)
  --megabytes N           of each load that is measured by size (default 96; half as much of 100 B records)
  --kills N               of each kind of victim (default 5)
  --clients LIST          of ${CLIENT_IDS.join(", ")} (default: those that are found; kafkajs where no other foreign client is)
  --json                  the table as JSON
  --cpu-profile DIR       profiles of the brokers under load are written there, and their largest costs told; of what --only says

  --peer HOST:PORT,...    another cluster of three brokers, Apache Kafka say
  --peer-command CMD      brings a fresh one up, and ends when its ports are open: its start is measured too; --peer names its addresses
  --peer-stop CMD         takes it down, before each --peer-command and at the end
  --peer-pids PID,...     of its brokers, in the order of their ids, or a command with {id} that prints one: memory and processor time
  --peer-kill CMD         SIGKILL for broker {id}: with --peer-start its gaps after kills are measured
  --peer-start CMD        starts broker {id} again
  --peer-controller CMD   prints the id of the active controller, so that its kills are told apart

  npm run bench
  npm run bench -- --only produce,consume --rounds 3 --clients java --json
  npm run bench -- --only consume --cpu-profile /tmp/profile
  kafka=scripts/peers/apache-kafka
  npm run bench -- --peer 127.0.0.1:29092,127.0.0.1:29093,127.0.0.1:29094 --peer-command "$kafka up" --peer-stop "$kafka down" \\
    --peer-pids "$kafka pid {id}" --peer-kill "kill -9 \\$($kafka pid {id})" --peer-start "$kafka start {id}" --peer-controller "$kafka controller"
`;

export interface PeerOptions {
  readonly bootstrap: readonly Address[];
  readonly command: string | undefined;
  readonly stop: string | undefined;
  readonly pids: string | undefined;
  readonly kill: string | undefined;
  readonly start: string | undefined;
  readonly controller: string | undefined;
}

export interface BenchOptions {
  readonly sections: ReadonlySet<Section>;
  readonly rounds: number;
  readonly forMs: number;
  readonly loadBytes: number;
  readonly kills: number;
  readonly clients: readonly ClientId[] | undefined;
  readonly profileDirectory: string | undefined;
  readonly isJson: boolean;
  readonly peer: PeerOptions | undefined;
}

/** What the command line can't mean. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

const OPTIONS = {
  help: { type: "boolean", short: "h", default: false },
  only: { type: "string", default: SECTIONS.join(",") },
  rounds: { type: "string", default: "5" },
  seconds: { type: "string", default: "5" },
  megabytes: { type: "string", default: "96" },
  kills: { type: "string", default: "5" },
  clients: { type: "string" },
  "cpu-profile": { type: "string" },
  json: { type: "boolean", default: false },
  peer: { type: "string" },
  "peer-command": { type: "string" },
  "peer-stop": { type: "string" },
  "peer-pids": { type: "string" },
  "peer-kill": { type: "string" },
  "peer-start": { type: "string" },
  "peer-controller": { type: "string" },
} as const;

/** Undefined: help was asked for. */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseOrRefuse(args);
  if (values.help) return undefined;
  return {
    sections: new Set(listOf("only", values.only, SECTIONS)),
    rounds: positive("rounds", values.rounds),
    forMs: 1000 * positive("seconds", values.seconds),
    loadBytes: 1e6 * positive("megabytes", values.megabytes),
    kills: positive("kills", values.kills),
    clients: values.clients === undefined ? undefined : listOf("clients", values.clients, CLIENT_IDS),
    profileDirectory: values["cpu-profile"],
    isJson: values.json,
    peer: peerOf(values),
  };
}

type Values = ReturnType<typeof parseOrRefuse>["values"];

function parseOrRefuse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}; --help shows what there is`);
  }
}

function peerOf(values: Values): PeerOptions | undefined {
  if (values.peer === undefined) {
    const alone = Object.keys(OPTIONS).find((name) => name.startsWith("peer-") && name in values);
    if (alone !== undefined) throw new UsageError(`--${alone} says something about a peer, and --peer is not there`);
    return undefined;
  }
  if ((values["peer-kill"] === undefined) !== (values["peer-start"] === undefined)) throw new UsageError("--peer-kill and --peer-start go together");
  return {
    bootstrap: values.peer.split(",").map(addressOf),
    command: values["peer-command"],
    stop: values["peer-stop"],
    pids: values["peer-pids"],
    kill: values["peer-kill"],
    start: values["peer-start"],
    controller: values["peer-controller"],
  };
}

function listOf<Name extends string>(option: string, text: string, known: readonly Name[]): readonly Name[] {
  return text.split(",").map((part) => {
    const name = known.find((one) => one === part);
    if (name === undefined) throw new UsageError(`--${option} knows ${known.join(", ")}, not ${JSON.stringify(part)}`);
    return name;
  });
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageError(`--${option} takes a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

function addressOf(text: string): Address {
  const at = text.lastIndexOf(":");
  const port = Number(text.slice(at + 1));
  if (at < 1 || !(port > 0)) throw new UsageError(`--peer takes HOST:PORT,..., not ${JSON.stringify(text)}`);
  return { host: text.slice(0, at), port };
}
