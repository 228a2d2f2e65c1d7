import type { Fault } from "@samsa/world";
import type { NodeEvent } from "../run/node-event.ts";
import { nodeName, type Scenario } from "../scenario.ts";
import { BandList } from "./band.ts";
import { Buckets } from "./buckets.ts";
import { NodeRecorder } from "./node-recorder.ts";
import { PartitionRecorder } from "./partition-recorder.ts";
import { BUCKET_MS, type FaultRecord, NOBODY, type Recording } from "./recording.ts";

/** A fault that begins: whom it strikes (nobody in particular: every node), and in words. */
export interface Struck {
  readonly type: Fault["type"];
  readonly nodes: readonly number[];
  readonly text: string;
  /** It ends by itself then, if nothing ends it before. */
  readonly forMs?: number | undefined;
}

/** Which faults end; what is left out is any. */
export interface Healed {
  readonly type?: Fault["type"];
  readonly node?: number;
}

type Span = Struck & { readonly fromMs: number; toMs: number | undefined };

/** A process of the victim that starts is their end. */
const END_AT_START: ReadonlySet<Fault["type"]> = new Set(["crash", "power-loss", "stop"]);
/** They are over when they have been done. */
const MOMENTARY: ReadonlySet<Fault["type"]> = new Set(["reset", "clock", "stash", "corrupt", "disk-error", "plant"]);

/**
 * What happened in a run, as data: a fold over the events of nodes, the answers that the clients had, and the faults. Everything comes with its
 * time, in milliseconds since the run began, and times never go back. Nothing is asked, and nothing is made up: what was not told is not there.
 */
export class Recorder {
  private readonly nodes: readonly NodeRecorder[];
  private readonly partitions: ReadonlyMap<string, PartitionRecorder>;
  private readonly controllers = new BandList<number>();
  private readonly faults: Span[] = [];
  private readonly refusals = new Buckets();
  private readonly refusalNames = new Map<string, number>();
  private controllerEpoch = -1;
  private firstAckMs: number | undefined;
  private loadFromMs: number | undefined;
  private loadToMs: number | undefined;

  constructor({ cluster, topic }: Pick<Scenario, "cluster" | "topic">) {
    const { brokers, controllers = 0 } = cluster;
    this.nodes = Array.from({ length: brokers + controllers }, (_, index) => {
      const id = index + 1;
      return new NodeRecorder({ id, name: nodeName(cluster, id), isBroker: id <= brokers, isController: controllers === 0 || id > brokers });
    });
    const names = Array.from({ length: topic.partitions }, (_, partition) => `${topic.name}-${partition}`);
    this.partitions = new Map(names.map((name) => [name, new PartitionRecorder(name)]));
    this.controllers.change(0, NOBODY);
  }

  event(atMs: number, event: NodeEvent): void {
    if (event.kind === "started") this.endSpans(atMs, (span) => END_AT_START.has(span.type) && span.nodes.includes(event.node));
    this.node(event.node)?.tells(atMs, event);
    switch (event.kind) {
      case "broker-unfenced":
      case "broker-fenced":
        return this.node(event.broker)?.told(atMs, event.epoch, event.kind === "broker-unfenced");
      case "controller":
        return this.controllerChanged(atMs, event);
      case "leader-elected":
        return this.partitions.get(`${event.topic}-${event.partition}`)?.elected(atMs, event);
      case "isr-changed":
        return this.partitions.get(`${event.topic}-${event.partition}`)?.isrChanged(atMs, event);
      default:
        return;
    }
  }

  acked(atMs: number, partition: string, records: number): void {
    this.firstAckMs ??= atMs;
    this.partitions.get(partition)?.acked(atMs, records, this.faults.length > 0);
  }

  sendFailed(atMs: number, partition: string, error: string): void {
    this.partitions.get(partition)?.failed(atMs, error);
  }

  /** The producer was told an error, and tries again. */
  sendRefused(atMs: number, error: string): void {
    this.refusals.add(atMs, 1);
    this.refusalNames.set(error, (this.refusalNames.get(error) ?? 0) + 1);
  }

  struck(atMs: number, fault: Struck): void {
    this.faults.push({ ...fault, fromMs: atMs, toMs: MOMENTARY.has(fault.type) ? atMs : undefined });
  }

  healed(atMs: number, { type, node }: Healed = {}): void {
    this.endSpans(
      atMs,
      (span) => (type === undefined || span.type === type) && (node === undefined || span.nodes.includes(node)) && !END_AT_START.has(span.type),
    );
  }

  /** A process of the node was started again. */
  nodeStarted(atMs: number, id: number): void {
    this.endSpans(atMs, (span) => END_AT_START.has(span.type) && span.nodes.includes(id));
    this.node(id)?.starts(atMs);
  }

  /** Its process is gone. */
  nodeEnded(atMs: number, id: number): void {
    this.node(id)?.ended(atMs);
    if (this.controllers.last === id) this.controllers.change(atMs, NOBODY);
  }

  /** Where an acknowledgement is told before it is, it began with that. */
  loadBegan(atMs: number): void {
    this.loadFromMs = atMs;
  }

  loadEnded(atMs: number): void {
    this.loadToMs = atMs;
    for (const partition of this.partitions.values()) partition.loadEnded(atMs, this.faults.length > 0);
  }

  /** Of everything until now, if the load has not ended. */
  recording(nowMs: number): Recording {
    const loadToMs = this.loadToMs ?? nowMs;
    const endMs = Math.max(loadToMs, ...[...this.partitions.values()].map(({ lastAtMs }) => lastAtMs));
    return {
      bucketMs: BUCKET_MS,
      endMs,
      load: this.loadFromMs === undefined ? undefined : { fromMs: Math.min(this.loadFromMs, this.firstAckMs ?? loadToMs), toMs: loadToMs },
      nodes: this.nodes.map((node) => node.record(endMs)),
      controllers: this.controllers.until(endMs),
      partitions: [...this.partitions.values()].map((partition) => partition.record(endMs)),
      refusals: { counts: this.refusals.until(endMs).counts, names: Object.fromEntries(this.refusalNames) },
      faults: this.faults.flatMap((span) => faultOf(span, endMs) ?? []),
    };
  }

  private node(id: number): NodeRecorder | undefined {
    return this.nodes[id - 1];
  }

  private endSpans(atMs: number, isMeant: (span: Span) => boolean): void {
    for (const span of this.faults) if (span.toMs === undefined && isMeant(span)) span.toMs = atMs;
  }

  private controllerChanged(atMs: number, { node, isActive, epoch }: Extract<NodeEvent, { kind: "controller" }>): void {
    if (isActive && epoch >= this.controllerEpoch && this.node(node)?.isDown !== true) {
      this.controllers.change(atMs, node);
      this.controllerEpoch = epoch;
    } else if (!isActive && node === this.controllers.last) this.controllers.change(atMs, NOBODY);
  }
}

function faultOf({ type, nodes, text, fromMs, forMs, toMs: endedMs }: Span, endMs: number): FaultRecord | undefined {
  if (fromMs > endMs) return undefined;
  const toMs = forMs === undefined ? endedMs : Math.min(fromMs + forMs, endedMs ?? Infinity);
  return { type, nodes, text, fromMs, toMs: Math.min(toMs ?? endMs, endMs), isOpen: toMs === undefined || toMs > endMs };
}
