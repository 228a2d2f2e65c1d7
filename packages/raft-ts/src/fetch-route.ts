/** Redirects an observer follows at once before it waits: nodes that point at each other must not keep it running. */
const MAX_REDIRECTS = 3;

/** Whom an observer that knows no leader asks next, and which of its fetches an answer is for. */
export class FetchRoute {
  private readonly self: number;
  private sequence = 0;
  private turn = 0;
  private redirects = 0;
  private target: number | undefined;

  constructor(self: number) {
    this.self = self;
  }

  get lastSequence(): number {
    return this.sequence;
  }

  /** Whom it asked last while it knew no leader. */
  get lastTarget(): number | undefined {
    return this.target;
  }

  nextSequence(): number {
    return ++this.sequence;
  }

  /** One after the other of those that may know the leader; undefined if there is nobody. */
  next(known: readonly number[]): number | undefined {
    const others = [...new Set(known)].filter((id) => id !== this.self);
    this.redirects = 0;
    this.target = others[this.turn++ % Math.max(1, others.length)];
    return this.target;
  }

  mayFollow(): boolean {
    return this.redirects++ < MAX_REDIRECTS;
  }

  answered(): void {
    this.redirects = 0;
  }
}
