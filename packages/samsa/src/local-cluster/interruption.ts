const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Told to stop: noted, so that whoever works can do it in order. */
export class Interruption implements Disposable {
  private count = 0;
  private readonly first: AbortController = new AbortController();
  private readonly second: AbortController = new AbortController();
  private readonly note = (): void => {
    this.count++;
    if (this.count === 1) this.first.abort();
    else this.second.abort();
  };

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.note);
  }

  get isThere(): boolean {
    return this.count > 0;
  }

  /** Aborted by the first signal. */
  get once(): AbortSignal {
    return this.first.signal;
  }

  /** Aborted by the second one: the user has no patience. */
  get again(): AbortSignal {
    return this.second.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.note);
  }
}
