import { type Micros, micros, type Now, wallMs } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { ReplicaDeadlines } from "../../src/replicas/replica-deadlines.ts";

const at = (us: number): Now => ({ monotonicUs: micros(us), wallMs: wallMs(0) });

/** A replica that counts how often it is asked. */
class Counted {
  deadlineUs: Micros | undefined;
  asked = 0;
  ticks = 0;
  readonly replica: { readonly nextDeadlineUs: Micros | undefined; tick(): void };
  readonly log = { nextDeadlineUs: undefined, deadline: (): void => undefined };

  constructor() {
    const ask = (): Micros | undefined => {
      this.asked++;
      return this.deadlineUs;
    };
    this.replica = {
      get nextDeadlineUs() {
        return ask();
      },
      tick: () => void this.ticks++,
    };
  }
}

describe("the deadlines of many replicas", () => {
  test("are asked for where something happened, and nowhere else, however many turns there are", () => {
    const deadlines = new ReplicaDeadlines();
    const all = Array.from({ length: 1_000 }, () => new Counted());
    for (const each of all) deadlines.stir(each);
    const [busy = new Counted()] = all;
    busy.deadlineUs = micros(500);
    for (let turn = 0; turn < 1_000; turn++) {
      deadlines.stir(busy);
      expect(deadlines.nextDeadlineUs).toBe(500);
    }
    expect(all.slice(1).map(({ asked }) => asked)).toEqual(Array.from({ length: 999 }, () => 1));
  });

  test("come nearer when told, and further away when the earlier one finds nothing due", () => {
    const deadlines = new ReplicaDeadlines();
    const one = new Counted();
    one.deadlineUs = micros(500);
    deadlines.stir(one);
    expect(deadlines.nextDeadlineUs).toBe(500);
    one.deadlineUs = micros(300);
    deadlines.stir(one);
    expect(deadlines.nextDeadlineUs).toBe(300);
    one.deadlineUs = micros(900);
    deadlines.deadline(at(300));
    expect([one.ticks, deadlines.nextDeadlineUs]).toEqual([0, 900]);
    deadlines.deadline(at(900));
    expect(one.ticks).toBe(1);
  });

  test("of one that was forgotten are nobody's any more", () => {
    const deadlines = new ReplicaDeadlines();
    const [planned, stirred] = [new Counted(), new Counted()];
    planned.deadlineUs = micros(1);
    stirred.deadlineUs = micros(1);
    deadlines.stir(planned);
    expect(deadlines.nextDeadlineUs).toBe(1);
    deadlines.stir(stirred);
    for (const each of [planned, stirred]) deadlines.forget(each);
    deadlines.deadline(at(5));
    expect([planned.ticks, stirred.ticks, deadlines.nextDeadlineUs]).toEqual([0, 0, undefined]);
  });
});
