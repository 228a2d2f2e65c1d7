import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { readBootId } from "./boot-id.ts";

/** Names one process for good, although its pid will be used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  /** When the process began, in clock ticks since boot; empty where the system does not tell. */
  readonly startedAt: string;
}

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, host: hostname(), bootId: readBootId(), startedAt: startedAt(process.pid) });

/** False only if it is certain that the process is gone. One of another host can't be seen, so it counts as running. */
export function mayBeRunning(identity: ProcessIdentity): boolean {
  const own = ownIdentity();
  if (identity.host !== own.host) return true;
  if (identity.bootId !== own.bootId) return false;
  return isRunning(identity.pid) && identity.startedAt === startedAt(identity.pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Field 22 of Linux's `/proc/<pid>/stat`; the name in field 2 may hold spaces and parentheses. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
