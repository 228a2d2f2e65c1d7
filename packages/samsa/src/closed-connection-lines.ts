import { type Micros, micros } from "@samsa/stdx";
import type { TraceBody } from "@samsa/world";
import type { Log } from "@samsa/world-node";

/** Told at once; from then on one in `LINE_EVERY_US`. */
const BURST_LINES = 50;
const LINE_EVERY_US = 100_000;

type Closed = Extract<TraceBody, { kind: "connection-closed" }>;

/** One line for each connection that was closed for what came on it, and few for very many: whoever dials by the thousand does not fill the log. */
export class ClosedConnectionLines {
  private readonly log: Log;
  /** When the budget would be whole again. */
  private wholeAt: Micros = micros(0);
  private untold = 0;

  constructor(log: Log) {
    this.log = log;
  }

  tell(event: Closed, now: Micros): void {
    const spentUs = Math.max(0, this.wholeAt - now);
    if (spentUs > (BURST_LINES - 1) * LINE_EVERY_US) {
      this.untold++;
      return;
    }
    this.wholeAt = micros(now + spentUs + LINE_EVERY_US);
    const { untold } = this;
    this.untold = 0;
    const more = untold === 0 ? "" : ` (${untold} more closed connections were not told of)`;
    this.log.warn(`the connection of ${event.remote} was closed: ${event.because}${more}`, event);
  }
}
