import { describe, expect, test } from "vitest";
import { formatPicture, Recorder, type Recording, terminalPicture } from "../../src/index.ts";
import { handmadeRun } from "./handmade-run.ts";

const topic = { name: "orders", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 };

/** A second of one partition that is acknowledged every ten milliseconds, but for what `happens`. */
function second(happens: (recorder: Recorder, atMs: number) => "acked" | "nothing" | "error"): Recording {
  const recorder = new Recorder({ cluster: { brokers: 3 }, topic });
  recorder.loadBegan(0);
  for (let atMs = 0; atMs < 1_000; atMs += 10) {
    const what = happens(recorder, atMs);
    if (what === "acked") recorder.acked(atMs, "orders-0", 1);
    else if (what === "error") recorder.sendFailed(atMs, "orders-0", "NOT_ENOUGH_REPLICAS");
  }
  recorder.loadEnded(999);
  return recorder.recording(1_000);
}

/** What stands behind the label of a line. */
function rowOf(recording: Recording, label: string, width = 80): string {
  const line = formatPicture(recording, width)
    .split("\n")
    .find((text) => text.startsWith(label));
  return (line ?? "").slice("controller  ".length);
}

describe("a partition's availability", () => {
  test("is full where it is acknowledged as usual, empty where nothing is, and less in between", () => {
    const recording = second((_, atMs) => (atMs < 300 ? "acked" : atMs < 500 ? "nothing" : atMs < 600 && atMs % 20 === 0 ? "nothing" : "acked"));
    expect(rowOf(recording, "orders-0")).toBe("███··▅████");
  });

  test("says errors, also where something was acknowledged in the same column", () => {
    const recording = second((_, atMs) => (atMs === 550 ? "error" : "acked"));
    expect(rowOf(recording, "orders-0")).toBe("█████×████");
  });

  test("is told beside its longest time without an acknowledgement, and whether that goes on", () => {
    const recording = second((recorder, atMs) => {
      if (atMs === 200) recorder.struck(atMs, { type: "pause", nodes: [1], text: "" });
      return atMs < 400 ? "acked" : "nothing";
    });
    expect(rowOf(recording, "orders-0")).toBe("████······     > 609 ms");
  });
});

describe("a leader", () => {
  test("is named where it begins, and nobody is shown as such", () => {
    const elected = (leader: number, leaderEpoch: number) => {
      return { node: 1, kind: "leader-elected", topic: "orders", partition: 0, leader, leaderEpoch, isr: [1], because: "" } as const;
    };
    const recording = second((recorder, atMs) => {
      if (atMs === 100) recorder.event(atMs, elected(2, 0));
      if (atMs === 400) recorder.event(atMs, elected(-1, 1));
      if (atMs === 700) recorder.event(atMs, elected(13, 2));
      return "acked";
    });
    expect(rowOf(recording, "  leader")).toBe(" 2──···13─");
  });
});

test("answers after which the producer tried again have a line of their own, where there are some", () => {
  const refused = second((recorder, atMs) => {
    if (atMs === 350) recorder.sendRefused(atMs, "NOT_ENOUGH_REPLICAS");
    return "acked";
  });
  expect(rowOf(refused, "refused").trimEnd()).toBe("   ×");
  expect(formatPicture(refused, 80)).toContain("refused: told an error, and tried again");
  expect(
    formatPicture(
      second(() => "acked"),
      80,
    ),
  ).not.toContain("refused");
});

test("before the first active controller nothing is amiss, and behind the last one it is", () => {
  const recording = second((recorder, atMs) => {
    if (atMs === 300) recorder.event(atMs, { node: 3, kind: "controller", isActive: true, epoch: 1 });
    if (atMs === 700) recorder.nodeEnded(atMs, 3);
    return "acked";
  });
  expect(rowOf(recording, "controller")).toBe("   3───···");
});

describe("a node", () => {
  test("that is killed and started again is not there in between", () => {
    const recording = second((recorder, atMs) => {
      if (atMs === 100) recorder.event(atMs, { node: 1, kind: "broker-unfenced", broker: 2, epoch: 1 });
      if (atMs === 300) {
        recorder.struck(atMs, { type: "crash", nodes: [2], text: "" });
        recorder.nodeEnded(atMs, 2);
      }
      if (atMs === 600) recorder.nodeStarted(atMs, 2);
      if (atMs === 800) recorder.event(atMs, { node: 1, kind: "broker-unfenced", broker: 2, epoch: 2 });
      return "acked";
    });
    expect(rowOf(recording, "broker 2")).toBe("░━━✕  ↑░━━");
  });

  test("that is fenced, paused, cut off or stopped shows it", () => {
    const recording = second((recorder, atMs) => {
      const span = (fromMs: number, toMs: number, type: "pause" | "partition", node: number): void => {
        if (atMs === fromMs) recorder.struck(atMs, { type, nodes: [node], text: "" });
        if (atMs === toMs) recorder.healed(atMs, { type, node });
      };
      if (atMs === 0) for (const broker of [1, 2, 3]) recorder.event(0, { node: 1, kind: "broker-unfenced", broker, epoch: 1 });
      if (atMs === 500) recorder.event(atMs, { node: 1, kind: "broker-fenced", broker: 1, epoch: 1, because: "" });
      span(200, 400, "pause", 2);
      span(600, 800, "partition", 2);
      if (atMs === 700) {
        recorder.struck(atMs, { type: "stop", nodes: [3], text: "" });
        recorder.event(atMs, { node: 3, kind: "stopping" });
      }
      if (atMs === 900) recorder.nodeEnded(atMs, 3);
      return "acked";
    });
    expect(["broker 1", "broker 2", "broker 3"].map((name) => rowOf(recording, name))).toEqual(["━━━━━▒▒▒▒▒", "━━‖‖━━╎╎━━", "━━━━━━━↓░"]);
  });
});

test("the legend has the signs that are there, and says what an unusual fault is", () => {
  const legend = (type: "pause" | "disk-full"): string =>
    formatPicture(
      second((recorder, atMs) => {
        if (atMs === 300) recorder.struck(atMs, { type, nodes: [2], text: "" });
        if (atMs === 600) recorder.healed(atMs);
        return "acked";
      }),
      80,
    );
  expect(legend("pause")).toContain("░ starting  ‖ paused\n".trimEnd());
  expect(legend("pause")).not.toMatch(/killed|in service/);
  expect(legend("disk-full")).toContain("! disk full");
});

describe("the picture", () => {
  test("is no wider than the terminal, however long the run is and however many nodes there are", () => {
    for (const durationMs of [700, 5_000, 60_000, 600_000])
      for (const width of [60, 80, 100, 140]) {
        const lines = terminalPicture(handmadeRun({ cluster: { brokers: 3, controllers: 3 }, partitions: 3, durationMs }).recording, width);
        const lengths = lines.map((line) => line.reduce((sum, { text }) => sum + [...text].length, 0));
        expect([durationMs, width, Math.max(...lengths) <= width]).toEqual([durationMs, width, true]);
      }
  });

  test("shows of many partitions those that waited longest, and says how many there are besides", () => {
    const picture = formatPicture(handmadeRun({ cluster: { brokers: 3 }, partitions: 20, durationMs: 60_000 }).recording, 100);
    expect(picture.match(/^orders-\d+/gm)).toHaveLength(8);
    expect(picture).toContain("… and 12 more partitions, none of which waited longer");
  });

  test("of a run whose load never began has no availability, and nothing is made up", () => {
    const recorder = new Recorder({ cluster: { brokers: 3 }, topic });
    recorder.loadEnded(500);
    expect(rowOf(recorder.recording(500), "orders-0").trim()).toBe("");
  });
});
