import { invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import type { Segment } from "./segment.ts";
import { clipViews, pushView } from "./views.ts";

export interface PipelineEvents {
  /** Everything before `endOffset` that is in the log is in its files now. */
  written(endOffset: number, now: Now): void;
  /** A barrier is done, and what stood behind it has gone out. */
  released(now: Now): void;
  failed(detail: string, now: Now): void;
}

export interface BarrierEvents {
  readonly done?: (now: Now) => void;
  /** The step is void, and was never begun. */
  readonly abandoned?: () => void;
  /** It closes its segment, and so is void if that is opened again; its bytes may not even have gone out. */
  readonly isClosing?: boolean;
  /** There may be nothing to cut or delete. */
  readonly mayBeMissing?: boolean;
  /** It shortens its segment's file to so many bytes, and so is void if the segment is cut again to no more than that. */
  readonly cutsTo?: number;
}

/** The log ends at `endOffset` now: in `kept`, at `size` bytes; `dropped` are the segments behind it. */
export interface PipelineCut {
  readonly kept: Segment | undefined;
  readonly size: number;
  readonly endOffset: number;
  readonly dropped: ReadonlySet<Segment>;
}

interface AppendStep {
  readonly type: "append";
  readonly segment: Segment;
  readonly position: number;
  readonly buffers: Uint8Array[];
  endPosition: number;
  endOffset: number;
}

/** Something that must have happened before the steps behind it begin. */
interface BarrierStep extends BarrierEvents {
  readonly type: "barrier";
  /** The step is void if this segment is dropped before it began. */
  readonly segment: Segment | undefined;
  readonly request: () => Request;
}

type Step = AppendStep | BarrierStep;

/**
 * The changes of a log's segment files, in the order in which the log made them. Appends go out at once, one effect a
 * turn; a barrier holds back what stands behind it until it is done. Two rules of recovery rest on barriers:
 *
 * - a segment is synced, with its entry in the directory, before anything is written to the next one: so only the last
 *   segment can be torn, and damage in an older one is damage;
 * - a truncation is durable before anything is written behind it, segment by segment from the newest: so what is on the
 *   disk is at all times a log without holes, and old records do not come back between new ones.
 */
export class WritePipeline implements Completable {
  private readonly outbox: Outbox;
  private readonly events: PipelineEvents;
  private steps: Step[] = [];
  private readonly inFlight = new Map<EffectId, AppendStep>();
  private barrier: { readonly id: EffectId; readonly step: BarrierStep } | undefined;
  private isStopped = false;

  constructor(options: { readonly outbox: Outbox; readonly events: PipelineEvents }) {
    this.outbox = options.outbox;
    this.events = options.events;
  }

  /** All that was asked for has gone out, though it may not have come back. */
  get isDrained(): boolean {
    return this.steps.length === 0 && this.barrier === undefined;
  }

  /** The bytes are the next ones of the segment. They go out with `pump`. */
  append(segment: Segment, bytes: Uint8Array, end: { readonly position: number; readonly offset: number }): void {
    const last = this.steps.at(-1);
    if (last?.type === "append" && last.segment === segment) {
      invariant(last.endPosition + bytes.length === end.position, "appends are dense", {
        path: segment.path,
        at: last.endPosition,
        length: bytes.length,
        end: end.position,
      });
      pushView(last.buffers, bytes);
      last.endPosition = end.position;
      last.endOffset = end.offset;
      return;
    }
    this.steps.push({ type: "append", segment, position: end.position - bytes.length, buffers: [bytes], endPosition: end.position, endOffset: end.offset });
  }

  /** `request` is called when the step begins. */
  addBarrier(segment: Segment | undefined, request: () => Request, events: BarrierEvents = {}): void {
    this.steps.push({ ...events, type: "barrier", segment, request });
  }

  /** Lets out what may go. */
  pump(): void {
    while (!this.isStopped && this.barrier === undefined) {
      const step = this.steps.shift();
      if (step === undefined) return;
      if (step.type === "append") this.emitAppend(step);
      else this.barrier = { id: this.outbox.request(step.request(), this), step };
    }
  }

  /**
   * The log was truncated. The following can happen with an append that is under way:
   *
   * 1. records 100–119 are appended, the write is under way; 2. the log is truncated to 110, the truncation waits behind
   * the write; 3. records 110–129 of another leader are appended behind both; 4. the first write returns. It proves 110,
   * not 120: what it wrote beyond that has been cut off, and the new records there are not written yet.
   */
  truncate(cut: PipelineCut): void {
    for (const step of this.steps) if (step.type === "barrier" && isVoid(step, cut)) step.abandoned?.();
    this.steps = this.steps.filter((step) => !isVoid(step, cut));
    for (const step of this.inFlight.values()) clamp(step, cut);
    for (const step of this.steps) if (step.type === "append" && step.segment === cut.kept) clipStep(step, cut);
    this.steps = this.steps.filter((step) => step.type === "barrier" || step.buffers.length > 0);
  }

  /** Whether the file's bytes beyond its segment's are to be cut off by a step that waits. */
  hasCutOf(segment: Segment): boolean {
    return this.steps.some((step) => step.type === "barrier" && step.segment === segment && step.cutsTo !== undefined);
  }

  /** Nothing goes out any more; completions still to come are ignored. */
  stop(): void {
    this.isStopped = true;
    this.steps = [];
  }

  complete(completion: Completion, now: Now): void {
    const step = this.inFlight.get(completion.id);
    this.inFlight.delete(completion.id);
    if (this.isStopped) return;
    const isMissing = completion.type === "failed" && completion.error.code === "ENOENT" && step === undefined && this.barrier?.step.mayBeMissing === true;
    if (completion.type === "failed" && !isMissing) {
      const what = step === undefined ? "changing the log's files" : `appending to ${step.segment.path}`;
      this.stop();
      return this.events.failed(`${what} failed: ${completion.error.code} ${completion.error.detail}`, now);
    }
    if (step !== undefined) {
      step.segment.writtenBytes = Math.max(step.segment.writtenBytes, step.endPosition);
      return this.events.written(step.endOffset, now);
    }
    invariant(this.barrier?.id === completion.id, "a completion is an append's or the barrier's", { id: completion.id });
    const { done } = this.barrier.step;
    this.barrier = undefined;
    done?.(now);
    this.pump();
    this.events.released(now);
  }

  private emitAppend(step: AppendStep): void {
    const { segment, position, buffers } = step;
    invariant(position === segment.emittedBytes, "an append begins where the last one ended", { path: segment.path, position, emitted: segment.emittedBytes });
    segment.emittedBytes = step.endPosition;
    segment.isOnDisk = true;
    this.inFlight.set(this.outbox.request({ type: "append", path: segment.path, position, buffers }, this), step);
  }
}

function isVoid(step: Step, { kept, size, dropped }: PipelineCut): boolean {
  if (step.segment !== undefined && dropped.has(step.segment)) return true;
  if (step.type === "append" || kept === undefined || step.segment !== kept) return false;
  return step.isClosing === true || (step.cutsTo !== undefined && step.cutsTo >= size);
}

function clamp(step: AppendStep, cut: PipelineCut): void {
  step.endOffset = Math.min(step.endOffset, cut.endOffset);
  if (step.segment === cut.kept) step.endPosition = Math.min(step.endPosition, cut.size);
}

function clipStep(step: AppendStep, cut: PipelineCut): void {
  clipViews(step.buffers, Math.max(0, cut.size - step.position));
  clamp(step, cut);
}
