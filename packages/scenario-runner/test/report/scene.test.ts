import { describe, expect, test } from "vitest";
import { Recorder, type Recording } from "../../src/index.ts";
import { placeLabels } from "../../src/report/scene/label-rows.ts";
import { runScene } from "../../src/report/scene/run-scene.ts";
import { type Box, type Scene, type Shape, textBox, textWidth } from "../../src/report/scene/shape.ts";
import { handmadeRun } from "./handmade-run.ts";
import { simulatedRun } from "./reported-run.ts";

const ALLOWANCE = 0.5;

function boxOf(shape: Shape): Box {
  switch (shape.type) {
    case "rect":
      return shape;
    case "path":
      return shape.box;
    case "text":
      return textBox(shape);
    case "line": {
      const [[x1, y1], [x2, y2]] = [shape.from, shape.to];
      return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
    }
  }
}

const isWithin = ({ width, height }: Scene, box: Box): boolean =>
  box.x >= -ALLOWANCE && box.y >= -ALLOWANCE && box.x + box.width <= width + ALLOWANCE && box.y + box.height <= height + ALLOWANCE;

const doOverlap = (a: Box, b: Box): boolean =>
  a.x + a.width > b.x + ALLOWANCE && b.x + b.width > a.x + ALLOWANCE && a.y + a.height > b.y + ALLOWANCE && b.y + b.height > a.y + ALLOWANCE;

/** Two texts of which one lies on the other. */
function overlaps({ shapes }: Scene): readonly string[] {
  const texts = shapes.filter((shape) => shape.type === "text").map((shape) => ({ text: shape.text, box: textBox(shape) }));
  return texts.flatMap((a, index) => texts.slice(index + 1).flatMap((b) => (doOverlap(a.box, b.box) ? [`${a.text} | ${b.text}`] : [])));
}

const handmade = (brokers: number, controllers: number, partitions: number, durationMs: number): Recording =>
  handmadeRun({ cluster: { brokers, controllers }, partitions, durationMs }).recording;

describe("a picture has nothing outside of it, and no label on another", () => {
  test.each([
    ["three brokers and three partitions for 5 s", handmade(3, 0, 3, 5_000)],
    ["three brokers and three partitions for 60 s", handmade(3, 0, 3, 60_000)],
    ["six nodes for 5 s", handmade(3, 3, 3, 5_000)],
    ["six nodes for 60 s", handmade(3, 3, 3, 60_000)],
    ["nine brokers and twelve partitions for ten minutes", handmade(9, 0, 12, 600_000)],
    ["one broker for less than a second", handmade(1, 0, 1, 700)],
  ])("%s", (_, recording) => {
    const scene = runScene(recording);
    expect(scene.shapes.filter((shape) => !isWithin(scene, boxOf(shape)))).toEqual([]);
    expect(overlaps(scene)).toEqual([]);
  });

  test("names of 249 letters", () => {
    const { recording } = handmadeRun({ cluster: { brokers: 3 }, topicName: "x".repeat(249), partitions: 3, durationMs: 5_000 });
    const scene = runScene(recording);
    expect(scene.shapes.filter((shape) => !isWithin(scene, boxOf(shape)))).toEqual([]);
    expect(overlaps(scene)).toEqual([]);
  });

  test("a run that ends in silence", () => {
    const recorder = new Recorder({ cluster: { brokers: 3 }, topic: { name: "orders", partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 } });
    recorder.loadBegan(0);
    for (let atMs = 0; atMs < 4_000; atMs += 50) recorder.acked(atMs, "orders-0", 1);
    recorder.struck(4_000, { type: "partition", nodes: [1, 2, 3], text: "" });
    recorder.loadEnded(4_900);
    const scene = runScene(recorder.recording(4_900));
    expect(scene.shapes.filter((shape) => shape.type === "text" && shape.text === "still 950 ms")).toHaveLength(1);
    expect(scene.shapes.filter((shape) => !isWithin(scene, boxOf(shape)))).toEqual([]);
    expect(overlaps(scene)).toEqual([]);
  });

  test("a burst behind a silence, which does not make all else too small to be seen", () => {
    const recorder = new Recorder({ cluster: { brokers: 3 }, topic: { name: "orders", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 } });
    recorder.loadBegan(0);
    for (let atMs = 0; atMs < 2_000; atMs += 100) recorder.acked(atMs, "orders-0", 50);
    for (const atMs of [150, 2_900, 3_000]) recorder.acked(atMs, "orders-0", 4_000);
    recorder.loadEnded(3_000);
    const scene = runScene(recorder.recording(3_000));
    expect(scene.shapes.flatMap((shape) => (shape.type === "text" && shape.className === "note" ? [shape.text] : []))).toEqual(["150", "0", "4050", "4000"]);
    expect(scene.shapes.filter((shape) => !isWithin(scene, boxOf(shape)))).toEqual([]);
    expect(overlaps(scene)).toEqual([]);
  });

  test("a simulated failover", async () => {
    const scene = runScene((await simulatedRun()).recording);
    expect(scene.shapes.filter((shape) => !isWithin(scene, boxOf(shape)))).toEqual([]);
    expect(overlaps(scene)).toEqual([]);
  });
});

describe("labels that have no room beside each other", () => {
  const room = { left: 0, right: 200, size: 10, rowsMax: 2 };

  test("go to the next row", () => {
    const placed = placeLabels(
      [
        { x: 10, text: "killed" },
        { x: 20, text: "paused" },
      ],
      room,
    );
    expect(placed.map(({ row }) => row)).toEqual([0, 1]);
  });

  test("are moved to the left at the right end", () => {
    const [label] = placeLabels([{ x: 199, text: "killed" }], room);
    expect(label?.x).toBe(200 - textWidth("killed", 10));
  });

  test("are left out where no row is left", () => {
    const labels = ["a", "b", "c"].map((text) => ({ x: 10, text }));
    expect(placeLabels(labels, room).map(({ text }) => text)).toEqual(["a", "b"]);
  });
});
