import { afterMs, invariant, type Micros, type Now } from "@samsa/stdx";
import { FULL_DISK_RETRY_MS } from "./log-config.ts";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import type { Segment } from "./segment.ts";
import { clipViews, pushView } from "./views.ts";

export interface PipelineEvents {
  /** Everything before `endOffset` that is in the log is in its files now. */
  written(endOffset: number, now: Now): void;
  /** A barrier is done, and what stood behind it has gone out. */
  released(now: Now): void;
  failed(detail: string, now: Now): void;
  /** An append found no room: a sync that is under way proves nothing of it. */
  foundNoRoom(): void;
  /** `isFull` has changed, or is to be tried at another time. */
  fullnessChanged(detail: string, now: Now): void;
  /** The file's bytes behind the segment's `writtenBytes` are to go. */
  cutBack(segment: Segment): Request;
}

export interface BarrierEvents {
  readonly done?: (now: Now) => void;
  /** The step is void, and was never begun. */
  readonly abandoned?: () => void;
  /** It closes its segment, and so is void if that is opened again; its bytes may not even have gone out. */
  readonly isClosing?: boolean;
  /** It shortens its segment's file to so many bytes, and so is void if the segment is cut again to no more than that. */
  readonly cutsTo?: number;
  /** There may be nothing to cut or delete. */
  readonly mayBeMissing?: boolean;
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
  /** Its segment was dropped while it was under way. */
  isDropped?: boolean;
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
 *
 * A full disk (ENOSPC) is no reason to forget what was accepted: followers may have it, and its offsets are never given again in this epoch.
 *
 *     flowing ──an append finds no room──▶ draining ──nothing is under way any more──▶ resting ──FULL_DISK_RETRY_MS──▶ trying
 *        ▲                                    ▲                                                                        │ │
 *        └──the first write returns───────────┼────────────────────────────────────────────────────────────────────────┘ │
 *                                             └──no room──────────────────────────────────────────────────────────────────┘
 *
 * | state | what comes | what was accepted |
 * |---|---|---|
 * | flowing | goes out | – |
 * | draining, resting, trying | is refused by the log (`isFull`) | waits in memory, and bounds it |
 *
 * While it drains nothing that returns proves anything: an append that succeeds behind one that failed stands behind a hole, and a sync covers
 * what is not there. Then the file is cut back to what is known to be in it, and the very same bytes are written to the very same places, before
 * the barrier that was under way is done once more.
 */
export class WritePipeline implements Completable {
  private readonly outbox: Outbox;
  private readonly events: PipelineEvents;
  private steps: Step[] = [];
  private readonly inFlight = new Map<EffectId, AppendStep>();
  private barrier: { readonly id: EffectId; readonly step: BarrierStep; readonly request: Request; isVoid: boolean } | undefined;
  private isStopped = false;
  /** Appends that found no room, and those behind them, in the order of the file; there is none while it flows. */
  private unwritten: AppendStep[] = [];
  private fullness: "flowing" | "draining" | "resting" | "trying" = "flowing";
  /** The barrier that was under way and has ended, while appends have not. */
  private ended: WritePipeline["barrier"];
  /** Why it rests. */
  private fullBecause = "";
  /** When a full disk is tried again. */
  private retryAtUs: Micros | undefined;

  constructor(options: { readonly outbox: Outbox; readonly events: PipelineEvents }) {
    this.outbox = options.outbox;
    this.events = options.events;
  }

  /** All that was asked for has gone out, though it may not have come back. */
  get isDrained(): boolean {
    return this.steps.length === 0 && this.barrier === undefined && !this.isFull;
  }

  /** The disk has no room for what was accepted already. */
  get isFull(): boolean {
    return this.fullness !== "flowing";
  }

  get nextDeadlineUs(): Micros | undefined {
    return this.retryAtUs;
  }

  /** Tries a full disk again. */
  deadline(now: Now): void {
    if (this.isStopped || this.retryAtUs === undefined || this.retryAtUs > now.monotonicUs) return;
    this.retryAtUs = undefined;
    this.fullness = "trying";
    this.pump();
    this.settleFullness(now);
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
    while (!this.isStopped && this.fullness !== "draining" && this.fullness !== "resting" && this.barrier === undefined) {
      const step = this.steps.shift();
      if (step === undefined) return;
      if (step.type === "append") this.emitAppend(step);
      else this.begin(step);
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
    // One that is under way is left to end; it must not be done once more.
    if (this.barrier !== undefined && isVoid(this.barrier.step, cut)) this.barrier.isVoid = true;
    this.steps = this.steps.filter((step) => !isVoid(step, cut));
    for (const step of [...this.inFlight.values(), ...this.unwritten]) clamp(step, cut);
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
    this.unwritten = [];
    this.retryAtUs = undefined;
  }

  complete(completion: Completion, now: Now): void {
    const step = this.inFlight.get(completion.id);
    this.inFlight.delete(completion.id);
    if (this.isStopped) return;
    if (this.fullness === "draining" || this.findsNoRoom(completion, step)) return this.drained(completion, step, now);
    const isGone = step === undefined && isNoEntry(completion) && this.barrier?.step.mayBeMissing === true;
    if (completion.type === "failed" && !isGone) return this.fail(completion, step, now);
    if (step !== undefined) {
      step.segment.writtenBytes = Math.max(step.segment.writtenBytes, step.endPosition);
      this.settleFullness(now, true);
      return this.events.written(step.endOffset, now);
    }
    invariant(this.barrier?.id === completion.id, "a completion is an append's or the barrier's", { id: completion.id });
    const { done } = this.barrier.step;
    this.barrier = undefined;
    done?.(now);
    this.pump();
    this.settleFullness(now);
    this.events.released(now);
  }

  private begin(step: BarrierStep): void {
    const request = step.request();
    this.barrier = { id: this.outbox.request(request, this), step, request, isVoid: false };
  }

  private fail(completion: Completion, step: AppendStep | undefined, now: Now): void {
    this.stop();
    const what = step === undefined ? "changing the log's files" : `appending to ${step.segment.path}`;
    const why = completion.type === "failed" ? `: ${completion.error.code} ${completion.error.detail}` : "";
    this.events.failed(`${what} failed${why}`, now);
  }

  /** A barrier that makes a file, too, can be tried again. */
  private findsNoRoom(completion: Completion, step: AppendStep | undefined): boolean {
    if (completion.type !== "failed" || completion.error.code !== "ENOSPC") return false;
    return step !== undefined || this.barrier?.request.type === "append";
  }

  /** One more of those that were under way has ended. The file may not even be there: whoever finds none is done once more. */
  private drained(completion: Completion, step: AppendStep | undefined, now: Now): void {
    const isOver = completion.type !== "failed" || this.findsNoRoom(completion, step) || (step === undefined && isNoEntry(completion));
    if (!isOver) return this.fail(completion, step, now);
    if (this.fullness !== "draining") {
      this.fullness = "draining";
      this.fullBecause = completion.type === "failed" ? completion.error.detail : "";
      this.events.foundNoRoom();
    }
    if (step === undefined) this.ended = this.barrier;
    else this.unwritten.push(step);
    if (this.inFlight.size === 0 && this.barrier === this.ended) this.rest(now);
  }

  /** Nothing is under way: what is to be done again stands before all that waits. */
  private rest(now: Now): void {
    const again = this.unwritten.filter((step) => step.isDropped !== true && clipToEnd(step));
    const { barrier } = this;
    this.unwritten = [];
    this.barrier = undefined;
    this.ended = undefined;
    const [first] = again;
    const steps: Step[] = first === undefined ? [] : [this.cutBackOf(first.segment), ...again];
    if (barrier?.isVoid === false) steps.push(barrier.step);
    else barrier?.step.abandoned?.();
    this.steps = [...steps, ...this.steps];
    for (const { segment } of again) {
      segment.emittedBytes = segment.writtenBytes;
      segment.syncAskedBytes = Math.min(segment.syncAskedBytes, segment.writtenBytes);
    }
    this.fullness = "resting";
    this.retryAtUs = afterMs(now, FULL_DISK_RETRY_MS);
    this.events.fullnessChanged(this.fullBecause, now);
  }

  private cutBackOf(segment: Segment): BarrierStep {
    return { type: "barrier", segment, request: () => this.events.cutBack(segment), mayBeMissing: true };
  }

  /** It flows again once something was written, or nothing is left to write. */
  private settleFullness(now: Now, isWritten = false): void {
    if (this.fullness !== "trying") return;
    const isIdle = this.steps.length === 0 && this.barrier === undefined && this.inFlight.size === 0;
    if (!isWritten && !isIdle) return;
    this.fullness = "flowing";
    this.events.fullnessChanged("", now);
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

const isNoEntry = (completion: Completion): boolean => completion.type === "failed" && completion.error.code === "ENOENT";

/** False if nothing is left of it. */
function clipToEnd(step: AppendStep): boolean {
  clipViews(step.buffers, Math.max(0, step.endPosition - step.position));
  return step.buffers.length > 0;
}

function clamp(step: AppendStep, cut: PipelineCut): void {
  if (cut.dropped.has(step.segment)) step.isDropped = true;
  step.endOffset = Math.min(step.endOffset, cut.endOffset);
  if (step.segment === cut.kept) step.endPosition = Math.min(step.endPosition, cut.size);
}

function clipStep(step: AppendStep, cut: PipelineCut): void {
  clipViews(step.buffers, Math.max(0, cut.size - step.position));
  clamp(step, cut);
}
