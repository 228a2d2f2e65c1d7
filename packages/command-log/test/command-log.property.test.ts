import { CommandLog } from "@samsa/command-log";
import fc from "fast-check";
import { expect, test } from "vitest";

type Step = "write" | "read" | "commit" | "barrier" | "lose" | "lead";
type Entry = { readonly index: number; readonly epoch: number; readonly records: readonly string[] };
type Reply = { readonly command: number; readonly sees: readonly string[] | "failed" };

const SEED = 0xc10;
const steps = fc.array(fc.constantFrom<Step>("write", "write", "read", "commit", "commit", "barrier", "lose", "lead"), { maxLength: 60 });

/** Runs one node's command log against a log that commits a prefix of what was proposed, and may lose the rest at a change of leader. */
class Run {
  readonly log = new CommandLog<readonly string[], string, Reply>({
    initial: [],
    replay: (state, records) => ({ state: [...state, ...records], change: undefined }),
    maxWaitingReplies: 1000,
  });
  readonly entries: Entry[] = [];
  readonly replies: Reply[] = [];
  committed = 0;
  asked = 0;
  private epoch = 1;

  step(step: Step): void {
    if (step === "write" || step === "read") this.command(step);
    else if (step === "commit") this.commit();
    else if (step === "barrier") this.entries.push({ index: this.entries.length + 1, epoch: this.epoch, records: [] });
    else if (step === "lose") this.lose();
    else this.lead();
    this.replies.push(...this.log.takeReplies());
  }

  private command(kind: "write" | "read"): void {
    if (!this.log.isLeading) return;
    const command = this.asked++;
    const records = kind === "write" ? [`${command}a`, `${command}b`] : [];
    this.log.submit({ records, reply: { command, sees: [...this.log.speculative, ...records] } });
    for (const { batch, records: proposal } of this.log.takeProposals()) {
      this.entries.push({ index: this.entries.length + 1, epoch: this.epoch, records: proposal });
      this.log.proposed(batch, this.entries.length);
    }
  }

  private commit(): void {
    const entry = this.entries[this.committed];
    if (entry === undefined) return;
    this.committed++;
    this.log.commit(entry);
  }

  /** The next leader has half of what was not committed. */
  private lose(): void {
    if (!this.log.isLeading) return;
    this.log.resign(({ command }) => ({ command, sees: "failed" }));
    this.entries.length = this.committed + Math.floor((this.entries.length - this.committed) / 2);
  }

  private lead(): void {
    if (this.log.isLeading) return;
    this.epoch++;
    while (this.committed < this.entries.length) this.commit();
    this.log.lead();
  }
}

const replayed = (entries: readonly Entry[]): string[] => entries.flatMap((entry) => entry.records);

test("the committed state is the replay of the committed batches, the speculative one of all, and answers tell of committed states only", () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const run = new Run();
      for (const step of plan) {
        const before = run.replies.length;
        run.step(step);
        expect(run.log.committed).toEqual(replayed(run.entries.slice(0, run.committed)));
        expect(run.log.speculative).toEqual(run.log.isLeading ? replayed(run.entries) : run.log.committed);
        for (const reply of run.replies.slice(before)) if (reply.sees !== "failed") expect(run.log.committed.slice(0, reply.sees.length)).toEqual(reply.sees);
      }
      run.step("lose");
      const answered = run.replies.map((reply) => reply.command).sort((a, b) => a - b);
      expect(answered).toEqual(Array.from({ length: run.asked }, (_, command) => command));
    }),
    { seed: SEED, numRuns: 300 },
  );
});
