import type { Completion, Effect } from "@samsa/world";
import { Outbox } from "@samsa/world";
import { micros, type Now, wallMs } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { EPOCH_FILES_AT_A_TIME, JobQueue } from "../src/index.ts";
import { LeaderEpochFile } from "../src/leader-epoch-file.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

class Files {
  readonly outbox = new Outbox();
  readonly queue = new JobQueue(EPOCH_FILES_AT_A_TIME);
  readonly failures: string[] = [];
  readonly done: Effect[] = [];

  file(directory: string): LeaderEpochFile {
    return new LeaderEpochFile({
      outbox: this.outbox,
      directory,
      queue: this.queue,
      failed: (detail) => this.failures.push(detail),
      settled: () => undefined,
    });
  }

  /** What is asked for now comes back. Returns how much that was. */
  round(failing = ""): number {
    const effects = this.outbox.drain();
    for (const effect of effects) {
      if (effect.type !== "append" && effect.type !== "rename") throw new Error(`an epoch file asks for no ${effect.type}`);
      this.done.push(effect);
      const { id } = effect;
      const fails = failing !== "" && (effect.type === "append" ? effect.path : effect.to).startsWith(failing);
      const completion: Completion = fails
        ? { type: "failed", id, error: { code: "EIO", detail: "broken" } }
        : { type: effect.type === "append" ? "appended" : "renamed", id };
      this.outbox.complete(completion, NOW);
    }
    return effects.length;
  }

  settle(): void {
    while (this.round() > 0);
  }
}

const text = (value: string) => (): Uint8Array => new TextEncoder().encode(value);

describe("leader-epoch-checkpoint files", () => {
  test("of a thousand partitions are written a few at a time, with two operations each and no sync", () => {
    const files = new Files();
    for (let partition = 0; partition < 1_000; partition++) files.file(`orders-${partition}`).replace(text("x"));
    let most = 0;
    for (let count = files.round(); count > 0; count = files.round()) most = Math.max(most, count);
    expect([most, files.done.length]).toEqual([EPOCH_FILES_AT_A_TIME, 2_000]);
  });

  test("hold what is true when they are written, and once more what came meanwhile", () => {
    const files = new Files();
    const file = files.file("orders-0");
    for (const value of ["a", "b"]) file.replace(text(value));
    file.replace(text("c"));
    files.settle();
    const written = files.done.flatMap((effect) => (effect.type === "append" ? effect.buffers.map((bytes) => new TextDecoder().decode(bytes)) : []));
    expect([written[0], written.at(-1), written.length <= 2]).toEqual(["a", "c", true]);
  });

  test("that are held give their place to the others, and are written when they go on", () => {
    const files = new Files();
    const held = Array.from({ length: 20_000 }, (_, partition) => files.file(`held-${partition}`));
    const other = files.file("orders-0");
    files.file("first-0").replace(text("x"));
    for (const file of held) file.replace(text("x"));
    other.replace(text("x"));
    for (const file of held) file.hold();
    held[0]?.replace(text("y"));
    files.settle();
    expect(files.done.filter(({ type }) => type === "append")).toHaveLength(2);
    expect([held[0]?.isBusy, other.isBusy]).toEqual([true, false]);
    held[0]?.resume();
    files.settle();
    expect(files.done.at(-2)).toMatchObject({ type: "append", path: "held-0/leader-epoch-checkpoint.tmp", buffers: [text("y")()] });
  });

  test("that fail or are stopped give their place to the others", () => {
    const files = new Files();
    const stopped = files.file("stopped-0");
    stopped.replace(text("x"));
    for (let partition = 0; partition < 10; partition++) files.file(`broken-${partition}`).replace(text("x"));
    const waiting = files.file("waiting-0");
    waiting.replace(text("x"));
    stopped.stop();
    waiting.stop();
    while (files.round("broken-") > 0);
    expect(files.failures).toHaveLength(10);
    files.file("orders-0").replace(text("x"));
    files.settle();
    expect(files.done.at(-1)).toMatchObject({ type: "rename", to: "orders-0/leader-epoch-checkpoint" });
    expect(files.done.some((effect) => effect.type === "append" && effect.path.startsWith("waiting"))).toBe(false);
  });
});
