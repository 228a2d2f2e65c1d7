/**
 * A fault that a test has done to its cluster. It undoes itself at the end of its scope (`using slow = cluster.delay(…)`), when it is asked to, or with
 * `cluster.heal()`. `fired` says whether it ever did something: a test whose fault never struck has tested nothing.
 */
export class Fault implements Disposable {
  /** In words: `the next 2 × Produce on "orders" are answered with NOT_LEADER_OR_FOLLOWER`. */
  readonly description: string;
  private count = 0;
  private active = true;
  private readonly undoing: () => void;
  private readonly struck: () => void;

  constructor(description: string, on: { readonly undo: () => void; readonly fired?: () => void }) {
    this.description = description;
    this.undoing = on.undo;
    this.struck = on.fired ?? (() => undefined);
  }

  /** How often it has struck. */
  get timesFired(): number {
    return this.count;
  }

  get hasFired(): boolean {
    return this.count > 0;
  }

  get isActive(): boolean {
    return this.active;
  }

  /** It strikes no more; what it held goes on. Nothing the second time. */
  undo(): void {
    if (!this.active) return;
    this.active = false;
    this.undoing();
  }

  [Symbol.dispose](): void {
    this.undo();
  }

  /** It struck. @internal */
  fire(): void {
    this.count++;
    this.struck();
  }
}
