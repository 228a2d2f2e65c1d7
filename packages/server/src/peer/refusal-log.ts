import { type Micros, micros, type Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";

/** Told at once of one address; from then on one in `LINE_EVERY_MS`. */
const BURST_LINES = 5;
const LINE_EVERY_MS = 10_000;
/** Addresses that are told apart; all beyond share one budget. */
const MAX_ADDRESSES = 256;
const ELSEWHERE = "";

interface Budget {
  /** When it would be whole again: each line moves it on by `LINE_EVERY_MS`. */
  wholeAt: Micros;
  untold: number;
}

/**
 * Tells of each refused peer in one line, and of an address that comes again and again in few: whoever wants to fill the log has to own
 * many addresses, and even then gets no more than `MAX_ADDRESSES` budgets.
 */
export class RefusalLog {
  private readonly outbox: Outbox;
  private readonly budgets = new Map<string, Budget>();

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  /** `remote` is `host:port`; the port of whoever dials is another each time. */
  refused(remote: string, because: string, now: Now): void {
    const budget = this.budgetOf(remote.slice(0, Math.max(0, remote.lastIndexOf(":"))), now);
    const spentUs = Math.max(0, budget.wholeAt - now.monotonicUs);
    if (spentUs > (BURST_LINES - 1) * LINE_EVERY_MS * 1000) {
      budget.untold++;
      return;
    }
    budget.wholeAt = micros(now.monotonicUs + spentUs + LINE_EVERY_MS * 1000);
    const { untold } = budget;
    budget.untold = 0;
    this.outbox.trace({ kind: "peer-refused", remote, because: untold === 0 ? because : `${because} (${untold} more refusals were not told)` });
  }

  private budgetOf(address: string, now: Now): Budget {
    const known = this.budgets.get(address);
    if (known !== undefined) return known;
    if (this.budgets.size >= MAX_ADDRESSES) this.forgetWhole(now);
    const key = this.budgets.size < MAX_ADDRESSES ? address : ELSEWHERE;
    const budget = this.budgets.get(key) ?? { wholeAt: now.monotonicUs, untold: 0 };
    this.budgets.set(key, budget);
    return budget;
  }

  private forgetWhole(now: Now): void {
    for (const [address, { wholeAt }] of this.budgets) if (wholeAt <= now.monotonicUs) this.budgets.delete(address);
  }
}
