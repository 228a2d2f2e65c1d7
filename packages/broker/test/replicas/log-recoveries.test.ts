import { micros, type Now, wallMs } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { LogRecoveries, RECOVERIES_AT_A_TIME } from "../../src/replicas/log-recoveries.ts";

const NOW: Now = { monotonicUs: micros(0), wallMs: wallMs(0) };

class Log {
  readonly name: number;
  private readonly begun: Log[];

  constructor(name: number, begun: Log[]) {
    this.name = name;
    this.begun = begun;
  }

  recover(): void {
    this.begun.push(this);
  }
}

describe("the logs of ten thousand partitions", () => {
  test("are read a few at a time, in order, and all of them in the end", () => {
    const begun: Log[] = [];
    const recoveries = new LogRecoveries();
    for (let name = 0; name < 10_000; name++) recoveries.add(new Log(name, begun), NOW);
    expect(begun).toHaveLength(RECOVERIES_AT_A_TIME);
    for (let ended = 0; ended < 10_000; ended++) {
      const log = begun[ended];
      if (log === undefined) throw new Error(`nothing is read after ${ended}`);
      recoveries.end(log, NOW);
      expect(begun.length - ended - 1).toBeLessThanOrEqual(RECOVERIES_AT_A_TIME);
    }
    expect(begun.map(({ name }) => name)).toEqual(Array.from({ length: 10_000 }, (_, name) => name));
  });

  test("that are not wanted any more are never read, and give their place away", () => {
    const begun: Log[] = [];
    const recoveries = new LogRecoveries();
    const logs = Array.from({ length: RECOVERIES_AT_A_TIME + 2 }, (_, name) => new Log(name, begun));
    for (const log of logs) recoveries.add(log, NOW);
    const [running = new Log(-1, []), unread = new Log(-1, [])] = [logs[0], logs[RECOVERIES_AT_A_TIME]];
    recoveries.end(unread, NOW);
    expect(begun).toHaveLength(RECOVERIES_AT_A_TIME);
    recoveries.end(running, NOW);
    recoveries.end(running, NOW);
    expect(begun.at(-1)?.name).toBe(RECOVERIES_AT_A_TIME + 1);
  });
});
