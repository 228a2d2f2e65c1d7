/** Something that happens at one instant. With a process, it happens to that process: not after its death, not during a pause. */
export interface Task {
  readonly process: Process | undefined;
  fire(): void;
}

/** One life of a node's operating-system process, from start to exit, crash or power loss. */
export class Process {
  readonly node: number;
  /** Counts the processes of this node from 1. */
  readonly incarnation: number;
  private alive = true;
  private pausedUntilUs = 0;
  private isPaused = false;
  /** What came during a pause, in order. Bounded by what peers and disk may have under way: windows, operations, one wake-up. */
  private held: Task[] = [];

  constructor(node: number, incarnation: number) {
    this.node = node;
    this.incarnation = incarnation;
  }

  get isAlive(): boolean {
    return this.alive;
  }

  deliver(task: Task): void {
    if (!this.alive) return;
    if (this.isPaused) this.held.push(task);
    else task.fire();
  }

  die(): void {
    this.alive = false;
    this.held = [];
  }

  /** A second pause may only lengthen the first. */
  pause(untilUs: number): void {
    this.isPaused = true;
    this.pausedUntilUs = Math.max(this.pausedUntilUs, untilUs);
  }

  /** SIGCONT before its time. */
  endPause(): void {
    this.resume(this.pausedUntilUs);
  }

  /**
   * Hands over what was held, at once and in order: put back into the scheduler, it could be overtaken by a chunk of the
   * same connection that is due at this very instant.
   */
  resume(nowUs: number): void {
    if (!this.isPaused || nowUs < this.pausedUntilUs) return;
    this.isPaused = false;
    const held = this.held;
    this.held = [];
    for (const task of held) this.deliver(task);
  }
}

/** A function as a task; for what is rare, or reused. */
export class Call implements Task {
  readonly process: Process | undefined;
  private readonly run: () => void;

  constructor(process: Process | undefined, run: () => void) {
    this.process = process;
    this.run = run;
  }

  fire(): void {
    this.run();
  }
}
