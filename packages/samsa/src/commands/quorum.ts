import { readFileSync } from "node:fs";
import { type ControlAddress, parseAddress, parseQuorumVoters, type QuorumStatus, type ReplicaStatus } from "@samsa/server";
import { nodeId, parseProperties } from "@samsa/stdx";
import { MachineFailed } from "@samsa/world-node";
import { askNode } from "../ask-node.ts";
import { readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa quorum --config server.properties
samsa quorum --voters 1@127.0.0.1:9093,2@127.0.0.1:9094,3@127.0.0.1:9095 --secret-file cluster.secret
samsa quorum --config server.properties --json

Shows the metadata quorum: who leads, in which epoch, how far every replica is behind and when it was last caught up. The leader answers, after
a majority has confirmed that it leads.

  --config FILE       a node's server.properties: its controller.quorum.voters and samsa.cluster.secret.file
  --voters LIST       the same, given here
  --secret-file FILE  the cluster's secret
  --json              one object, for programs
`;

const OPTIONS = { config: { type: "string" }, voters: { type: "string" }, "secret-file": { type: "string" }, json: { type: "boolean" } } as const;

const NO_LEADER = 1;
const CANT_ASK = 69;
/** Whoever is asked may point at somebody who leads no more. */
const MAX_QUESTIONS = 16;

/** 0: the leader answered; 1: the voters that answered know no leader; 69: no voter can be asked. */
export async function runQuorum(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is no option; samsa quorum --help shows examples`);
  const { voters, secret } = targetOf(values);
  const { status, problems } = await findLeader(voters, secret);
  for (const problem of problems.values()) process.stderr.write(`samsa: ${problem}\n`);
  if (status === undefined) return CANT_ASK;
  process.stdout.write(values.json === true ? `${JSON.stringify(status)}\n` : formatQuorum(status));
  if (!status.isLeader && values.json !== true)
    process.stdout.write(
      formatLoss(
        voters.map((voter) => voter.nodeId),
        [...problems.keys()],
      ),
    );
  return status.isLeader ? 0 : NO_LEADER;
}

interface Values {
  readonly config?: string | undefined;
  readonly voters?: string | undefined;
  readonly "secret-file"?: string | undefined;
}

function targetOf(values: Values): { readonly voters: readonly ControlAddress[]; readonly secret: Uint8Array } {
  const properties = values.config === undefined ? new Map<string, string>() : parseProperties(readText(values.config, "the configuration"));
  const list = values.voters ?? properties.get("controller.quorum.voters");
  const secretFile = values["secret-file"] ?? properties.get("samsa.cluster.secret.file");
  if (list === undefined) throw new UsageError("--voters ID@HOST:PORT,… or a --config with controller.quorum.voters is needed");
  if (secretFile === undefined) throw new UsageError("--secret-file FILE or a --config with samsa.cluster.secret.file is needed");
  const voters = parseQuorumVoters(list);
  if (voters === undefined) throw new UsageError(`the voters are ${JSON.stringify(list)}; they must be ID@HOST:PORT,… with ids that differ`);
  return { voters, secret: Buffer.from(readText(secretFile, "the secret").trim(), "utf8") };
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${what} ${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Asks one voter after the other, and whom they point at first. */
async function findLeader(voters: readonly ControlAddress[], secret: Uint8Array) {
  const queue = [...voters];
  /** By the voter that can't be asked. */
  const problems = new Map<number, string>();
  let status: QuorumStatus | undefined;
  for (let asked = 0; asked < MAX_QUESTIONS; asked++) {
    const next = queue.shift();
    if (next === undefined) break;
    try {
      const answer = await askNode({ host: next.host, port: next.port, node: next.nodeId, secret }, { type: "describe-quorum" });
      if (answer?.type !== "quorum-described") continue;
      ({ status } = answer);
      if (status.isLeader) return { status, problems: new Map<number, string>() };
      const leader = addressOf(status, voters);
      if (leader !== undefined && leader.nodeId !== next.nodeId && queue[0]?.nodeId !== leader.nodeId) queue.unshift(leader);
    } catch (error) {
      if (!(error instanceof MachineFailed)) throw error;
      problems.set(next.nodeId, error.message);
    }
  }
  return { status, problems };
}

function addressOf({ leader, voters }: QuorumStatus, known: readonly ControlAddress[]): ControlAddress | undefined {
  const address = parseAddress(voters.find(({ id }) => id === leader)?.address ?? "");
  return address === undefined ? known.find((voter) => voter.nodeId === leader) : { nodeId: nodeId(leader), ...address };
}

/** Why nobody leads, as far as who asked can tell, and what to do. */
export function formatLoss(voters: readonly number[], unreachable: readonly number[]): string {
  const needed = Math.floor(voters.length / 2) + 1;
  const answering = voters.length - unreachable.length;
  if (answering >= needed) return `${answering} of ${voters.length} voters answer, which is a majority: an election may be under way; ask again.\n`;
  const who = unreachable.toSorted((a, b) => a - b).join(", ");
  return (
    `${answering} of ${voters.length} voters answer, ${needed} are needed; ${who} can't be reached.\n` +
    "Partitions go on with the leaders they have; nothing can be created, changed or failed over until a majority is back.\n"
  );
}

/** Kafka's names where it has them. */
export function formatQuorum(status: QuorumStatus): string {
  if (!status.isLeader) return `The metadata quorum of cluster ${status.clusterId} has no leader that answers (epoch ${status.leaderEpoch}).\n`;
  const lags = status.voters.map(({ lag }) => lag);
  const head = [
    ["ClusterId", status.clusterId],
    ["LeaderId", String(status.leader)],
    ["LeaderEpoch", String(status.leaderEpoch)],
    ["HighWatermark", String(status.highWatermark)],
    ["SnapshotIndex", status.snapshotIndex === 0 ? "none" : String(status.snapshotIndex)],
    ["MaxFollowerLag", String(Math.max(0, ...lags))],
  ].map(([name = "", value = ""]) => `${`${name}:`.padEnd(16)} ${value}`);
  const rows = [
    ["NodeId", "Status", "LogEndOffset", "Lag", "LastFetch", "LastCaughtUp", "DirectoryId", "Address"],
    ...[...status.voters, ...status.observers].map(rowOf),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${[...head, "", ...table].join("\n")}\n`;
}

function rowOf(replica: ReplicaStatus): string[] {
  const { id, status, endIndex, lag, lastFetchAgoMs, lastCaughtUpAgoMs, directoryId, address } = replica;
  const ago = (ms: number): string => (status === "leader" ? "-" : `${ms} ms ago`);
  return [String(id), status, String(endIndex), String(lag), ago(lastFetchAgoMs), ago(lastCaughtUpAgoMs), directoryId, address === "" ? "-" : address];
}
