/** A longer wait is looked at again. */
const WAIT_MS_MAX = 1000;

/** So many a second and not more; with 0 one, and then none; negative: as many as there can be. */
export class Pace {
  private readonly options: { readonly perSecond: number; readonly startMs: number; readonly stop: AbortSignal };

  constructor(options: Pace["options"]) {
    this.options = options;
  }

  /** How many more are due, as soon as one is, behind so many. 0: it is over, or it has waited for long. */
  async due(done: number): Promise<number> {
    const { perSecond } = this.options;
    if (perSecond < 0) return Number.POSITIVE_INFINITY;
    if (perSecond === 0) {
      if (done === 0) return 1;
      await this.wait(WAIT_MS_MAX);
      return 0;
    }
    const dueMs = this.options.startMs + (done * 1000) / perSecond;
    if (dueMs > Date.now()) await this.wait(dueMs - Date.now());
    return Math.max(0, Math.floor(((Date.now() - this.options.startMs) * perSecond) / 1000) + 1 - done);
  }

  private wait(ms: number): Promise<void> {
    const { stop } = this.options;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        stop.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.ceil(ms), WAIT_MS_MAX));
      if (stop.aborted) done();
      else stop.addEventListener("abort", done);
    });
  }
}
