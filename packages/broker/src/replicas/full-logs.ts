import type { Outbox } from "@samsa/world";
import type { HostedReplica } from "./hosted-replica.ts";

/** Tells the operator once of each log directory without room, and once when it has some again: not for every partition there. */
export class FullLogs {
  private readonly options: { readonly outbox: Outbox; readonly pathOf: (logDir: number) => string };
  private readonly byLogDir = new Map<number, Set<HostedReplica>>();

  constructor(options: { readonly outbox: Outbox; readonly pathOf: (logDir: number) => string }) {
    this.options = options;
  }

  changed(hosted: HostedReplica, because: string): void {
    if (!hosted.log.isFull) return this.forget(hosted);
    const { logDir } = hosted;
    const full = this.byLogDir.get(logDir) ?? new Set();
    this.byLogDir.set(logDir, full.add(hosted));
    if (full.size === 1) this.options.outbox.trace({ kind: "disk-full", path: this.options.pathOf(logDir), because });
  }

  /** It is not full, or not open any more. */
  forget(hosted: HostedReplica): void {
    const full = this.byLogDir.get(hosted.logDir);
    if (full?.delete(hosted) !== true || full.size > 0) return;
    this.byLogDir.delete(hosted.logDir);
    this.options.outbox.trace({ kind: "disk-has-room", path: this.options.pathOf(hosted.logDir) });
  }
}
