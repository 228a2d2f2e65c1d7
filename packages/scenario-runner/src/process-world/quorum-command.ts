import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { ProcessCluster } from "./process-cluster.ts";

/** What `samsa quorum --json` says of a controller. */
export interface VoterView {
  readonly id: number;
  readonly lag: number;
  readonly lastCaughtUpAgoMs: number;
}

export interface QuorumAnswer {
  /** 0: there is a leader. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `samsa quorum` as an operator runs it. */
export async function runQuorumCommand({ voters, secretFile }: ProcessCluster, bundle: string, ...args: readonly string[]): Promise<QuorumAnswer> {
  const child = spawn(process.execPath, [bundle, "quorum", "--voters", voters, "--secret-file", secretFile, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, stdout, stderr };
}

/** The voters as the leader of the metadata quorum sees them; none if there is no leader. */
export async function quorumVoters(cluster: ProcessCluster, bundle: string): Promise<readonly VoterView[]> {
  const { code, stdout } = await runQuorumCommand(cluster, bundle, "--json");
  if (code !== 0) return [];
  return (JSON.parse(stdout) as { readonly voters: readonly VoterView[] }).voters;
}
