import type { TraceEvent } from "@samsa/world";
import { expect, it } from "vitest";
import { deposedOf, DeposedCoordinators } from "../src/deposed-coordinators.ts";

const PLACE = { topic: "orders", partition: 0 };
const office = (node: number, leaderEpoch: number, isActive: boolean, partition = 0): TraceEvent =>
  ({ seq: 0, t: 0, node, event: { kind: "group-coordinator", partition, leaderEpoch, isActive } }) as TraceEvent;

/** `has`: what every coordinator has as committed, now. */
function setup() {
  const has = { offset: 7 };
  const book = new DeposedCoordinators(() => () => {
    const { offset } = has;
    return () => offset;
  });
  const spans = (nowUs: number) => book.spans(nowUs).map(({ node, partition, fromUs, toUs }) => ({ node, partition, fromUs, toUs }));
  return { book, has, spans };
}

it("a coordinator is deposed from when the next one is active until it hears of that, or until nobody waits for it any more", () => {
  const { book, spans } = setup();
  book.add(office(1, 1, true), 10);
  book.add(office(2, 2, true), 20);
  expect(spans(30)).toEqual([{ node: 1, partition: 0, fromUs: 20, toUs: 30 }]);
  book.add(office(1, 1, false), 25);
  expect(spans(30)).toEqual([{ node: 1, partition: 0, fromUs: 20, toUs: 25 }]);
});

it("one that never hears of it is told, in the end, and no other", () => {
  const { book } = setup();
  book.add(office(1, 1, true), 10);
  expect(book.open).toEqual([]);
  book.add(office(2, 2, true), 20);
  expect(book.open).toEqual([{ node: 1, partition: 0 }]);
  book.add(office(1, 1, false), 25);
  expect(book.open).toEqual([]);
});

it("one that steps down before the next one is active was never deposed", () => {
  const { book, spans } = setup();
  book.add(office(1, 1, true), 10);
  book.add(office(1, 1, false), 15);
  book.add(office(2, 2, true), 20);
  expect(spans(30)).toEqual([]);
});

it("one whose process died before the next one is active was never deposed, however late its node starts again", () => {
  const { book, spans } = setup();
  book.add(office(1, 1, true), 10);
  book.died(1, 15);
  book.add(office(2, 2, true), 20);
  expect(spans(30)).toEqual([]);
});

it("one whose process dies answers nobody from then on", () => {
  const { book, spans } = setup();
  book.add(office(1, 1, true), 10);
  book.add(office(2, 2, true), 20);
  book.died(2, 21);
  book.died(1, 22);
  expect(spans(30)).toEqual([{ node: 1, partition: 0, fromUs: 20, toUs: 22 }]);
});

it("one that begins when a later one is active already is deposed at once", () => {
  const { book, spans } = setup();
  book.add(office(2, 2, true), 10);
  book.add(office(1, 1, true), 20);
  expect(spans(30)).toEqual([{ node: 1, partition: 0, fromUs: 20, toUs: 30 }]);
});

it("tells of its own groups only, and what it had when it was deposed, or has in the end", () => {
  const { book, has } = setup();
  book.add(office(1, 1, true, 0), 10);
  book.add(office(1, 4, true, 1), 10);
  book.add(office(2, 2, true, 0), 20);
  has.offset = 9;
  expect(deposedOf(book.spans(30), "group", 1)).toEqual([]);
  const [deposed, ...others] = deposedOf(book.spans(30), "group", 0);
  expect(others).toEqual([]);
  expect(deposed).toMatchObject({ fromUs: 20, toUs: 30 });
  expect(deposed?.tells(PLACE)).toEqual([7, 9]);
});
