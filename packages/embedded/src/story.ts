import { formatEntry, Timeline } from "@samsa/scenario-runner/timeline";
import type { TraceEvent } from "@samsa/world";
import { hostTimers } from "@samsa/world-node";

/** Events that are kept; beyond it the oldest go. */
export const TRACE_EVENTS_MAX = 20_000;

/** What has happened: every event that the nodes have told of, and the same in words. */
export class Story {
  private readonly startMs = hostTimers.monotonicMs();
  private readonly timeline: Timeline;
  private events: TraceEvent[] = [];
  private readonly listeners = new Set<(event: TraceEvent) => void>();

  constructor(nameOf: (node: number) => string) {
    this.timeline = new Timeline(
      () => Math.round(hostTimers.monotonicMs() - this.startMs),
      () => undefined,
      nameOf,
    );
  }

  traced(event: TraceEvent): void {
    if (this.events.length >= 2 * TRACE_EVENTS_MAX) this.events = this.events.slice(-TRACE_EVENTS_MAX);
    this.events.push(event);
    this.timeline.event({ ...event.event, node: event.node });
    for (const listener of this.listeners) this.tell(listener, event);
  }

  fault(text: string): void {
    this.timeline.fault(text, []);
  }

  say(text: string): void {
    this.timeline.say(text);
  }

  /** What a listener throws is its own affair: the node that told is in the midst of its turn. */
  private tell(listener: (event: TraceEvent) => void, event: TraceEvent): void {
    try {
      listener(event);
    } catch (error) {
      hostTimers.queueMicrotask(() => {
        throw error;
      });
    }
  }

  get trace(): readonly TraceEvent[] {
    return this.events.slice(-TRACE_EVENTS_MAX);
  }

  listen(listener: (event: TraceEvent) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  toString(): string {
    return this.timeline.entries.map(formatEntry).join("\n");
  }
}
