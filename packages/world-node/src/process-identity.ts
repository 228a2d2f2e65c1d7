import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { readBootId } from "./boot-id.ts";

/** Names one process for good, although its pid will be used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** When the process began, in clock ticks since boot or as `ps` says it. */
  readonly startedAt: string;
}

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, host: hostname(), bootId: readBootId(), startedAt: startedAt(process.pid) });

/** Of a process that is there now; undefined if it is not. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  return lookAt(pid).state === "gone" ? undefined : { ...ownIdentity(), pid, startedAt: startedAt(pid) };
}

/** False only if it is certain that the process is gone. One of another host can't be seen, so it counts as running. */
export const mayBeRunning = (identity: ProcessIdentity): boolean => identity.host !== hostname() || processState(identity) !== "gone";

/** `stopped`: by SIGSTOP, until SIGCONT. */
export type ProcessState = "running" | "stopped" | "gone";

/** Of that very process, not of a later one with its pid. On this host only. */
export function processState(identity: ProcessIdentity): ProcessState {
  if (identity.bootId !== readBootId()) return "gone";
  const seen = lookAt(identity.pid);
  return identity.startedAt === seen.startedAt ? seen.state : "gone";
}

interface Seen {
  readonly state: ProcessState;
  readonly startedAt: string;
}

const GONE: Seen = { state: "gone", startedAt: "" };

function lookAt(pid: number): Seen {
  if (!isThere(pid)) return GONE;
  try {
    return seenIn(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return process.platform === "linux" ? GONE : seenByPs(pid);
  }
}

/** Fields 3 and 22 of Linux's `/proc/<pid>/stat`; the name in field 2 may hold spaces and parentheses. */
function seenIn(stat: string): Seen {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: stateOf(fields[0] ?? ""), startedAt: fields[19] ?? "" };
}

/** Where there is no `/proc`: to the second, and in the system's own words. */
function seenByPs(pid: number): Seen {
  const { status, stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
  const [, letters = "", startedAt = ""] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout ?? "") ?? [];
  return status === 0 ? { state: stateOf(letters), startedAt } : GONE;
}

/** A zombie does nothing any more, however long its parent leaves it there. */
const stateOf = (letters: string): ProcessState => (/^[ZX]/.test(letters) ? "gone" : /^[Tt]/.test(letters) ? "stopped" : "running");

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const startedAt = (pid: number): string => lookAt(pid).startedAt;
