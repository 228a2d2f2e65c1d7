import { expect, it } from "vitest";
import {
  BUFFER_BYTES_MAX,
  GIVE_BACK_PAUSES,
  MemoryPressure,
  MORE_BUFFER_BYTES,
  MORE_RESIDENT_BYTES,
  MORE_YOUNG_BUFFER_BYTES,
  RESIDENT_BYTES_MAX,
  YOUNG_BUFFER_BYTES,
} from "../src/memory-pressure.ts";

const buffers = (arrayBuffers: number) => ({ rss: arrayBuffers, arrayBuffers });
const resident = (rss: number) => ({ rss, arrayBuffers: 0 });
const AT_ONCE = { startMs: 0, endMs: 0 };

/** What is left when the young ones are gone through, which comes before everything else. */
function lookBehindScavenge(pressure: MemoryPressure, usage: { readonly rss: number; readonly arrayBuffers: number }, nowMs: number) {
  const relief = pressure.look(usage, nowMs);
  if (relief !== "scavenge") return relief;
  pressure.relieved(relief, usage, AT_ONCE);
  return pressure.look(usage, nowMs);
}

it("leaves a broker below the bounds alone", () => {
  expect(new MemoryPressure().look({ rss: RESIDENT_BYTES_MAX - 1, arrayBuffers: YOUNG_BUFFER_BYTES - 1 }, 0)).toBe("none");
  expect(lookBehindScavenge(new MemoryPressure(), { rss: RESIDENT_BYTES_MAX - 1, arrayBuffers: BUFFER_BYTES_MAX - 1 }, 0)).toBe("none");
});

it("goes through young buffers as soon as they take something, and again when so much more has come", () => {
  const pressure = new MemoryPressure();
  expect(pressure.look(buffers(YOUNG_BUFFER_BYTES), 0)).toBe("scavenge");
  pressure.relieved("scavenge", buffers(YOUNG_BUFFER_BYTES), AT_ONCE);
  expect(pressure.look(buffers(YOUNG_BUFFER_BYTES + MORE_YOUNG_BUFFER_BYTES - 1), 1)).toBe("none");
  expect(pressure.look(buffers(YOUNG_BUFFER_BYTES + MORE_YOUNG_BUFFER_BYTES), 2)).toBe("scavenge");
  pressure.relieved("scavenge", buffers(0), AT_ONCE);
  expect(pressure.look(buffers(YOUNG_BUFFER_BYTES - 1), 3)).toBe("none");
  expect(pressure.look(buffers(YOUNG_BUFFER_BYTES), 4)).toBe("scavenge");
});

it("collects when buffers take much, and again when so much more has come as may be garbage", () => {
  const pressure = new MemoryPressure();
  expect(lookBehindScavenge(pressure, buffers(BUFFER_BYTES_MAX), 0)).toBe("collect");
  pressure.relieved("collect", buffers(BUFFER_BYTES_MAX), AT_ONCE);
  expect(lookBehindScavenge(pressure, buffers(BUFFER_BYTES_MAX + MORE_BUFFER_BYTES - 1), 1)).toBe("none");
  expect(lookBehindScavenge(pressure, buffers(BUFFER_BYTES_MAX + MORE_BUFFER_BYTES), 2)).toBe("collect");
});

it("forgets what was held once that has gone", () => {
  const pressure = new MemoryPressure();
  pressure.relieved("collect", buffers(2 * BUFFER_BYTES_MAX), AT_ONCE);
  expect(lookBehindScavenge(pressure, buffers(BUFFER_BYTES_MAX), 1)).toBe("none");
  expect(lookBehindScavenge(pressure, buffers(0), 2)).toBe("none");
  expect(lookBehindScavenge(pressure, buffers(BUFFER_BYTES_MAX), 3)).toBe("collect");
});

it("gives pages back when the process takes much, and not again before it has grown", () => {
  const pressure = new MemoryPressure();
  expect(lookBehindScavenge(pressure, resident(RESIDENT_BYTES_MAX), 0)).toBe("give-back");
  pressure.relieved("give-back", resident(RESIDENT_BYTES_MAX), AT_ONCE);
  expect(lookBehindScavenge(pressure, resident(RESIDENT_BYTES_MAX + MORE_RESIDENT_BYTES - 1), 1)).toBe("none");
  expect(lookBehindScavenge(pressure, resident(RESIDENT_BYTES_MAX + MORE_RESIDENT_BYTES), 2)).toBe("give-back");
});

it("spends a small part of the time on it, however fast the process grows, and only collects meanwhile", () => {
  const pressure = new MemoryPressure();
  pressure.relieved("give-back", resident(0), { startMs: 100, endMs: 140 });
  const nextMs = 140 + GIVE_BACK_PAUSES * 40;
  const all = { rss: 2 * RESIDENT_BYTES_MAX, arrayBuffers: BUFFER_BYTES_MAX };
  expect(lookBehindScavenge(pressure, all, nextMs - 1)).toBe("collect");
  expect(lookBehindScavenge(pressure, all, nextMs)).toBe("give-back");
});
