import { invariant } from "@samsa/stdx";

/**
 * How many partitions each of those has who can take one of the same topics: the least of them is known at once, however many there are.
 *
 * Invariant: `least` is the smallest count that anybody has.
 */
export class TakerCounts {
  least = 0;
  /** By count: takers that have so many partitions. */
  private readonly takers: number[] = [0];

  /** One more, that has nothing yet: before anybody has anything. */
  came(): void {
    invariant(this.least === 0, "who takes something is counted before anything is given");
    this.takers[0] = (this.takers[0] ?? 0) + 1;
  }

  /** One that had so many has one more. */
  grew(from: number): void {
    this.move(from, from + 1);
    while ((this.takers[this.least] ?? 0) === 0) this.least++;
  }

  /** One that had so many has one less. True: nobody had so few before. */
  shrank(from: number): boolean {
    this.move(from, from - 1);
    if (from - 1 >= this.least) return false;
    this.least = from - 1;
    return true;
  }

  private move(from: number, to: number): void {
    const before = this.takers[from] ?? 0;
    invariant(before > 0 && to >= 0, "who has more or less now was counted", { from, to });
    this.takers[from] = before - 1;
    this.takers[to] = (this.takers[to] ?? 0) + 1;
  }
}
