import { Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SyncTicket } from "../../src/world/file.ts";
import { PAGE_BYTES, SECTOR_BYTES, SimulatedFile } from "../../src/world/file.ts";

const size = fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 3 * PAGE_BYTES }));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("append" as const), size }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("overwrite" as const), at: fc.nat({ max: 9 }), size }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("truncate" as const), at: fc.nat({ max: 10 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("begin-sync" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("end-sync" as const), how: fc.constantFrom("done" as const, "abandoned" as const) }) },
);

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
const contentOf = (file: SimulatedFile): Uint8Array => file.read(0, file.size) ?? new Uint8Array(0);

describe("a simulated file", () => {
  it("reads as what was written, while the power stays on", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const file = new SimulatedFile();
        const tickets: SyncTicket[] = [];
        let model = new Uint8Array(0);
        for (const [index, one] of steps.entries()) {
          if (one.type === "append" || one.type === "overwrite") {
            const at = one.type === "append" ? model.length : Math.floor((model.length * one.at) / 10);
            const bytes = filled(one.size, index + 1);
            file.write(at, [bytes.subarray(0, 3), bytes.subarray(3)]);
            const grown = new Uint8Array(Math.max(model.length, at + one.size));
            grown.set(model);
            grown.set(bytes, at);
            model = grown;
          } else if (one.type === "truncate") {
            const length = Math.floor((model.length * one.at) / 10);
            file.truncate(length);
            model = model.slice(0, length);
          } else endOrBegin(file, tickets, one);
          expect(contentOf(file)).toEqual(model);
        }
      }),
      { seed: 15, numRuns: 150 },
    );
  });

  it("that is only appended to holds every synced byte after a power loss, and behind them only what was written, zeros or garbage", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { maxLength: 40 }), (seed, steps) => {
        const file = new SimulatedFile();
        const tickets: SyncTicket[] = [];
        let synced = new Uint8Array(0);
        let highest = 0;
        const contents = new Map<SyncTicket, Uint8Array<ArrayBuffer>>();
        for (const [index, one] of steps.entries()) {
          if (one.type === "append") file.write(file.size, [filled(one.size, (index % 250) + 1)]);
          else if (one.type === "begin-sync") {
            endOrBegin(file, tickets, one);
            contents.set(tickets.at(-1) as SyncTicket, Uint8Array.from(contentOf(file)));
          } else if (one.type === "end-sync" && tickets.length > 0) {
            const ticket = tickets[0] as SyncTicket;
            endOrBegin(file, tickets, one);
            if (one.how === "done") synced = contents.get(ticket) ?? synced;
          }
          highest = Math.max(highest, file.size);
        }
        for (const ticket of tickets) file.abandonSync(ticket);
        file.losePower(new Prng(seed));
        expect(file.size).toBeGreaterThanOrEqual(synced.length);
        expect(file.size).toBeLessThanOrEqual(highest);
        expect(contentOf(file).subarray(0, synced.length)).toEqual(synced);
        expect([file.durableSize, file.hasUnsyncedPages]).toEqual([file.size, false]);
      }),
      { seed: 16, numRuns: 300 },
    );
  });

  it("after a power loss holds old or new content in every sector that was durable, whatever was overwritten", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 6 }), fc.array(fc.record({ at: fc.nat({ max: 9 }), size }), { maxLength: 6 }), (seed, pages, writes) => {
        const file = new SimulatedFile();
        file.write(0, [filled(pages * PAGE_BYTES, 1)]);
        file.finishSync(file.beginSync());
        const before = contentOf(file);
        for (const write of writes) {
          const at = Math.floor((before.length * write.at) / 10);
          file.write(at, [filled(Math.min(write.size, before.length - at), 2)]);
        }
        const after = contentOf(file);
        file.losePower(new Prng(seed));
        const left = contentOf(file);
        for (let sector = 0; sector < before.length; sector += SECTOR_BYTES) {
          const is = left.subarray(sector, sector + SECTOR_BYTES);
          const isOneOf = [before, after].some((content) => Buffer.compare(is, content.subarray(sector, sector + SECTOR_BYTES)) === 0);
          expect(isOneOf).toBe(true);
        }
      }),
      { seed: 17, numRuns: 150 },
    );
  });

  it("after a power loss is as before an unsynced truncation, or shows nothing from behind it", () => {
    const fates = { before: 0, after: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const file = new SimulatedFile();
      file.write(0, [filled(5 * PAGE_BYTES, 1)]);
      file.finishSync(file.beginSync());
      file.truncate(PAGE_BYTES + 100);
      file.write(file.size, [filled(2 * PAGE_BYTES, 2)]);
      file.losePower(new Prng(seed));
      const left = contentOf(file);
      const isBefore = left.length === 5 * PAGE_BYTES && left.every((byte) => byte === 1);
      if (isBefore) fates.before++;
      else fates.after++;
      expect(left.subarray(0, PAGE_BYTES + 100)).toEqual(filled(PAGE_BYTES + 100, 1));
      if (isBefore) continue;
      expect(left.length).toBeLessThanOrEqual(3 * PAGE_BYTES + 100);
      // Content from before the truncation; in the garbage of a sector it may be by chance, but not throughout.
      for (let at = 2 * PAGE_BYTES; at + SECTOR_BYTES <= left.length; at += SECTOR_BYTES) {
        expect(left.subarray(at, at + SECTOR_BYTES).every((byte) => byte === 1)).toBe(false);
      }
    }
    expect(fates.before).toBeGreaterThan(60);
    expect(fates.after).toBeGreaterThan(60);
  });

  it("loses, keeps, tears and spoils pages that were not synced, and not only at its end", () => {
    const seen = { kept: 0, dropped: 0, torn: 0, garbage: 0, holeBeforeKept: 0, short: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const file = new SimulatedFile();
      file.write(0, [filled(8 * PAGE_BYTES, 7)]);
      file.losePower(new Prng(seed));
      if (file.size < 8 * PAGE_BYTES) {
        seen.short++;
        continue;
      }
      const kinds = Array.from({ length: 8 }, (_, page) => kindOf(contentOf(file).subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)));
      for (const kind of kinds) seen[kind]++;
      if (kinds.lastIndexOf("kept") > kinds.indexOf("dropped") && kinds.includes("dropped")) seen.holeBeforeKept++;
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });

  it("has lost for good what a failed sync was to save, though the next sync succeeds", () => {
    for (let seed = 0; seed < 50; seed++) {
      const file = new SimulatedFile();
      file.write(0, [filled(PAGE_BYTES, 1)]);
      file.finishSync(file.beginSync());
      file.write(PAGE_BYTES, [filled(PAGE_BYTES, 2)]);
      file.failSync(file.beginSync());
      file.write(2 * PAGE_BYTES, [filled(PAGE_BYTES, 3)]);
      file.finishSync(file.beginSync());
      expect(file.read(PAGE_BYTES, 1)).toEqual(Uint8Array.of(2));
      file.losePower(new Prng(seed));
      expect([0, 1, 2].map((page) => file.read(page * PAGE_BYTES, 1)?.[0])).toEqual([1, 0, 3]);
    }
  });

  it("never brings back what a failed sync lost, not even when its page is written again and dropped", () => {
    for (let seed = 0; seed < 50; seed++) {
      const file = new SimulatedFile();
      file.write(0, [filled(PAGE_BYTES, 1)]);
      file.finishSync(file.beginSync());
      file.write(0, [filled(PAGE_BYTES, 2)]);
      file.failSync(file.beginSync());
      file.write(0, [filled(PAGE_BYTES, 3)]);
      file.losePower(new Prng(seed));
      expect(contentOf(file).includes(2)).toBe(false);
    }
  });

  it("never brings back what a sync was saving when its page was written again, if that sync fails or its process dies", () => {
    for (const how of ["fails", "dies"] as const) {
      for (let seed = 0; seed < 50; seed++) {
        const file = new SimulatedFile();
        file.write(0, [filled(PAGE_BYTES, 1)]);
        file.finishSync(file.beginSync());
        file.write(0, [filled(PAGE_BYTES, 2)]);
        const ticket = file.beginSync();
        file.write(0, [filled(PAGE_BYTES, 3)]);
        if (how === "fails") file.failSync(ticket);
        else file.abandonSync(ticket);
        file.losePower(new Prng(seed));
        const left = contentOf(file);
        expect([left.includes(2), left.every((byte) => byte === 1 || byte === 3)]).toEqual([false, true]);
      }
    }
  });

  it("saves a page that was written again while the sync that was to save it failed", () => {
    const file = new SimulatedFile();
    file.write(0, [filled(100, 1)]);
    const ticket = file.beginSync();
    file.write(100, [filled(100, 2)]);
    file.failSync(ticket);
    file.finishSync(file.beginSync());
    file.losePower(new Prng(1));
    expect(contentOf(file)).toEqual(Uint8Array.of(...filled(100, 1), ...filled(100, 2)));
  });

  it("saves a page that was lost if it is written again", () => {
    const file = new SimulatedFile();
    file.write(0, [filled(100, 1)]);
    file.failSync(file.beginSync());
    file.write(100, [filled(100, 2)]);
    file.finishSync(file.beginSync());
    file.losePower(new Prng(1));
    expect(contentOf(file)).toEqual(Uint8Array.of(...filled(100, 1), ...filled(100, 2)));
  });

  it("does not count as synced what was written while the sync was under way", () => {
    let lost = 0;
    for (let seed = 0; seed < 50; seed++) {
      const file = new SimulatedFile();
      file.write(0, [filled(1000, 1)]);
      const ticket = file.beginSync();
      file.write(1000, [filled(1000, 2)]);
      file.finishSync(ticket);
      expect(file.durableSize).toBe(1000);
      file.losePower(new Prng(seed));
      expect(file.read(0, 1000)).toEqual(filled(1000, 1));
      if (contentOf(file).lastIndexOf(2) < 1999) lost++;
    }
    expect(lost).toBeGreaterThan(10);
  });
});

/** Syncs end in the order they began; they are abandoned together, for it was their process that died. */
function endOrBegin(file: SimulatedFile, tickets: SyncTicket[], step: { type: string; how?: "done" | "abandoned" }): void {
  if (step.type === "begin-sync") tickets.push(file.beginSync());
  const first = tickets[0];
  if (step.type !== "end-sync" || first === undefined) return;
  if (step.how === "done") {
    tickets.shift();
    file.finishSync(first);
  } else for (const ticket of tickets.splice(0)) file.abandonSync(ticket);
}

function kindOf(page: Uint8Array): "kept" | "dropped" | "torn" | "garbage" {
  if (page.every((byte) => byte === 7)) return "kept";
  if (page.every((byte) => byte === 0)) return "dropped";
  return page.every((byte) => byte === 7 || byte === 0) ? "torn" : "garbage";
}
