import type { TraceBody } from "@samsa/world";

/** One line of the story: when (milliseconds since the start of the scenario), and what. */
export interface TimelineEntry {
  readonly atMs: number;
  /** Milliseconds since the newest fault; undefined before the first. */
  readonly sinceFaultMs: number | undefined;
  readonly text: string;
}

type Told = TraceBody & { readonly node: number };

/**
 * Tells a run in words: a fold over the nodes' traces and the workload's acknowledgements. It says who led, what the ISR was,
 * which epoch followed, and when each partition was acknowledged again after a fault.
 */
export class Timeline {
  readonly entries: TimelineEntry[] = [];
  private readonly nowMs: () => number;
  private readonly tell: (entry: TimelineEntry) => void;
  /** Partitions that lost their leader: an answer that was already on its way is no sign of life. */
  private readonly awaitingElection = new Set<string>();
  private readonly awaitingAck = new Set<string>();
  private faultAtMs: number | undefined;
  private hasAck = false;
  private readonly said = new Set<string>();
  private readonly nameOf: (node: number) => string;

  /** `nameOf`: what a node is called, by its roles. */
  constructor(nowMs: () => number, tell: (entry: TimelineEntry) => void, nameOf: (node: number) => string) {
    this.nowMs = nowMs;
    this.tell = tell;
    this.nameOf = nameOf;
  }

  say(text: string): void {
    const atMs = this.nowMs();
    const entry = { atMs, sinceFaultMs: this.faultAtMs === undefined ? undefined : atMs - this.faultAtMs, text };
    this.entries.push(entry);
    this.tell(entry);
  }

  /** From here on times also count from the fault; of these partitions the first acknowledgement after the next election is told. */
  fault(text: string, partitions: Iterable<string>): void {
    this.faultAtMs = this.nowMs();
    for (const partition of partitions) this.awaitingElection.add(partition);
    this.say(text);
  }

  acked(partition: string, offset: number | undefined): void {
    if (!this.hasAck) {
      this.hasAck = true;
      this.say(`first acknowledged record: ${partition}${offset === undefined ? "" : ` at offset ${offset}`}`);
    }
    if (this.awaitingAck.delete(partition)) this.say(`${partition} is acknowledged again${offset === undefined ? "" : `, at offset ${offset}`}`);
  }

  event(event: Told): void {
    if (event.kind === "leader-elected" && event.leader >= 0) {
      const partition = `${event.topic}-${event.partition}`;
      if (this.awaitingElection.delete(partition)) this.awaitingAck.add(partition);
    }
    const text = inWords(event, this.nameOf(event.node));
    if (text === undefined) return;
    // Several nodes may tell of the same thing.
    const fact = factOf(event) ?? text;
    if (this.said.has(fact)) return;
    this.said.add(fact);
    this.say(text);
  }
}

/** Names what is told, where two nodes may give different reasons for it. */
function factOf(event: Told): string | undefined {
  if (event.kind === "leader-elected") return `leader ${event.topic}-${event.partition} ${event.leaderEpoch}`;
  // Said again and again while it lasts.
  if (event.kind === "quorum-lost") return `quorum lost ${event.node} ${event.missing.join(" ")}`;
  return event.kind === "isr-changed" ? `isr ${event.topic}-${event.partition} ${event.partitionEpoch}` : undefined;
}

/** Undefined for what is too small for the story. `node`: who tells of it. */
function inWords(event: Told, node: string): string | undefined {
  switch (event.kind) {
    case "controller":
      return event.isActive ? `${node} is the active controller, epoch ${event.epoch}` : undefined;
    case "quorum-lost":
      return event.isFirstStart || event.missing.length === 0
        ? undefined
        : `${node} says that the metadata quorum has had no leader for ${event.forMs} ms: voters ${event.missing.join(", ")} can't be reached`;
    case "quorum-found":
      return `${node} has found the leader of the metadata quorum, node ${event.leader}, after ${event.afterMs} ms`;
    case "broker-fenced":
      return `broker ${event.broker} is fenced: ${event.because}`;
    case "broker-unfenced":
      return `broker ${event.broker} is unfenced, broker epoch ${event.epoch}`;
    case "leader-elected":
      return event.leader < 0
        ? `${event.topic}-${event.partition} has no leader, leader epoch ${event.leaderEpoch}: ${event.because}`
        : `broker ${event.leader} leads ${event.topic}-${event.partition}, leader epoch ${event.leaderEpoch}, ISR ${event.isr.join(" ")}: ${event.because}`;
    case "isr-changed":
      return `ISR of ${event.topic}-${event.partition} is ${event.isr.join(" ")} (partition epoch ${event.partitionEpoch}): ${event.because}`;
    case "truncate":
      return `${node} truncates ${event.topic}-${event.partition} from ${event.fromOffset} to ${event.toOffset}: ${event.because}`;
    case "log-recovered":
      return event.droppedBytes > 0 ? `${node} dropped ${event.droppedBytes} torn bytes of ${event.path}` : undefined;
    case "replica-offline":
      return `${event.topic}-${event.partition} is offline on ${node}: ${event.because}`;
    case "disk-full":
      return `${node} has no space left in ${event.path}`;
    case "disk-has-room":
      return `${node} has space again in ${event.path}`;
    case "log-directory-offline":
      return `${node} has lost its log directory ${event.path}: ${event.because}`;
    case "fault":
      return event.fault === "plant" ? `${node} lies: ${event.detail}` : `${node}: ${event.fault}, ${event.detail}`;
    case "violation":
      return `${node} found itself broken: ${event.invariant}`;
    default:
      return undefined;
  }
}

/** `  1.234 s  +0.041 s  text` */
export function formatEntry({ atMs, sinceFaultMs, text }: TimelineEntry): string {
  const at = `${(atMs / 1000).toFixed(3)} s`.padStart(9);
  const since = (sinceFaultMs === undefined ? "" : `+${(sinceFaultMs / 1000).toFixed(3)} s`).padStart(10);
  return `${at} ${since}  ${text}`;
}
