/** Nodes of a cluster by id; in a plan they may be named by the role they have when the fault strikes. */
export type Victim =
  | { readonly type: "node"; readonly id: number }
  | { readonly type: "leader"; readonly topic: string; readonly partition: number }
  | { readonly type: "follower"; readonly topic: string; readonly partition: number }
  | { readonly type: "active-controller" };

/** One thing that goes wrong. Data only: a plan can be printed, shrunk and replayed. Times are milliseconds. */
export type Fault =
  /**
   * SIGKILL: the process dies, its page cache survives. Without `restartAfterMs` it stays down until the heal. With `diesOverMs` it
   * executes nothing from that moment on, but the system takes so long to close what it held: its connections in any order, its
   * listeners last, which until then accept on its behalf. Of a real process the system itself decides how long that takes.
   */
  | { readonly type: "crash"; readonly victim: Victim; readonly restartAfterMs?: number; readonly diesOverMs?: number }
  /**
   * The machine loses power: what was not synced may be kept, dropped or torn. With `whenSyncing` it strikes while the next sync of a
   * file whose path contains that is under way, where most is at stake.
   */
  | { readonly type: "power-loss"; readonly victim: Victim; readonly restartAfterMs?: number; readonly whenSyncing?: string }
  /** SIGTERM. */
  | { readonly type: "stop"; readonly victim: Victim; readonly restartAfterMs?: number }
  /** SIGSTOP: no input is handled for a while; connections stay open. */
  | { readonly type: "pause"; readonly victim: Victim; readonly forMs: number }
  /** No bytes and no new connections between the two sides; `isOneWay`: only from `from` to the others. */
  | { readonly type: "partition"; readonly from: readonly Victim[]; readonly isOneWay: boolean; readonly forMs: number }
  /** Every connection of the victim (or of all nodes) breaks once; with `losesBytes` what was in flight one way is lost. */
  | { readonly type: "reset"; readonly victim?: Victim; readonly losesBytes: boolean }
  /** Holds back the next messages that match and releases them later, when their connection may be long replaced. */
  | { readonly type: "stash"; readonly message: StashMatch; readonly count: number; readonly release: StashRelease }
  /** Flips a byte in the record batch of the next messages that match; where a checksum must catch it. */
  | { readonly type: "corrupt"; readonly message: "produce-request" | "replica-fetch-response"; readonly count: number }
  /** Messages of the victim take this much longer. */
  | { readonly type: "slow-network"; readonly victim: Victim; readonly byMs: number; readonly forMs: number }
  | { readonly type: "slow-disk"; readonly victim: Victim; readonly byMs: number; readonly forMs: number }
  /** The next `count` operations of that kind on files whose path contains `path` fail. */
  | {
      readonly type: "disk-error";
      readonly victim: Victim;
      readonly operation: DiskOperation;
      readonly path: string;
      readonly error: "EIO" | "ENOSPC";
      readonly count: number;
    }
  /** The disk has no room: whatever would make a file longer, or make one, fails with ENOSPC. */
  | { readonly type: "disk-full"; readonly victim: Victim; readonly forMs: number }
  /** Everything in one of the victim's log directories, counted from 0, fails with EIO for a while. */
  | { readonly type: "log-dir-failure"; readonly victim: Victim; readonly logDir: number; readonly forMs: number }
  /** The wall clock jumps by `wallMs`; the monotonic clock runs `driftPpm` parts in a million too fast from now on. */
  | { readonly type: "clock"; readonly victim: Victim; readonly wallMs: number; readonly driftPpm: number }
  /** A lie told by the broker's network layer, to see the verdict turn red. */
  | { readonly type: "plant"; readonly victim: Victim; readonly plant: Plant; readonly topic: string; readonly afterBatches: number };

export type DiskOperation = "append" | "sync" | "read" | "truncate";
/** `peer-message` is any message between nodes on the control plane, an `alter-partition-request` among them. */
export type StashMatch =
  "replica-fetch-request" | "replica-fetch-response" | "produce-request" | "produce-response" | "peer-message" | "alter-partition-request";
/** `after-election`: of a partition's leader. `after-registration`: of a broker, which so has a new broker epoch. */
export type StashRelease =
  | { readonly type: "after-deliveries"; readonly count: number }
  | { readonly type: "after-election" }
  | { readonly type: "after-registration" }
  | { readonly type: "after-reconnect" };
export type Plant = "drop-acked" | "duplicate" | "reorder";

export interface FaultAction {
  /** Since the workload began. */
  readonly atMs: number;
  /** With this it then waits for the next election of an active controller, and strikes that long after it. Each election lets one go. */
  readonly afterElectionMs?: number;
  readonly fault: Fault;
}

export interface FaultPlan {
  readonly actions: readonly FaultAction[];
}

export type FaultType = Fault["type"];
/** How a world does a fault: for real, by a decorator of its ports, or not at all (then it is refused by name). */
export type FaultSupport = "real" | "decorated" | "refused";
export type FaultSupportTable = Readonly<Record<FaultType, FaultSupport>>;
