import { type Uuid, uuid } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { LogDirectories } from "../../src/replicas/log-directories.ts";

const id = (n: number): Uuid => uuid(`directory${String(n).padStart(13, "0")}`);
const NOBODYS = id(99);

/** `readable`: indexes of the directories whose `meta.properties` could be read. */
function directories(count: number, readable: readonly number[] = [...Array(count).keys()]): LogDirectories {
  const all = new LogDirectories(Array.from({ length: count }, (_, index) => ({ index, path: `/d${index}` })));
  all.identified(new Map(readable.map((index) => [index, id(index)])), new Set());
  return all;
}

describe("A partition that is found nowhere goes", () => {
  test("into the directory with the fewest, the first of several such", () => {
    const all = directories(3);
    expect(["a-0", "a-1", "a-2", "a-3"].map((name) => all.place(name, undefined).directory)).toEqual(["a-0", "@1/a-1", "@2/a-2", "a-3"]);
    all.vacated("@1/a-1");
    expect(all.place("b-0", undefined).directory).toBe("@1/b-0");
  });

  test("into none that has failed", () => {
    const all = directories(2);
    expect([all.failed(1), all.failed(1)]).toEqual([true, false]);
    expect(["a-0", "a-1"].map((name) => all.place(name, undefined))).toEqual([
      { type: "online", directory: "a-0" },
      { type: "online", directory: "a-1" },
    ]);
    expect(all.offlineIds).toEqual([id(1)]);
  });

  test("where the metadata say that it lies, though that has failed: its records may be there", () => {
    const all = directories(2);
    expect(all.place("a-0", id(1))).toEqual({ type: "online", directory: "@1/a-0" });
    all.failed(1);
    expect(all.place("a-1", id(1))).toEqual({ type: "offline", directory: "@1/a-1" });
  });

  test("nowhere, if they name a directory that nobody knows while one can't be read: it may be that one", () => {
    expect(directories(2, [0]).place("a-0", NOBODYS)).toEqual({ type: "offline", directory: "@1/a-0" });
  });

  test("anywhere, if they name one that is gone for good", () => {
    expect(directories(2).place("a-0", NOBODYS)).toEqual({ type: "online", directory: "a-0" });
  });
});

describe("A partition that is found", () => {
  test("stays where it is, whatever the metadata say", () => {
    const all = directories(2);
    all.surveyed(1, ["a-0"]);
    expect(all.place("a-0", undefined).directory).toBe("@1/a-0");
    expect(all.place("a-0", id(0)).directory).toBe("@1/a-0");
  });

  test("twice is the one that the metadata name", () => {
    const all = directories(3);
    for (const index of [0, 1]) all.surveyed(index, ["a-0", "b-0"]);
    expect(all.place("a-0", id(1)).directory).toBe("@1/a-0");
    expect(all.place("b-0", id(2)).directory).toBe("b-0");
  });
});

test("A directory apart for the metadata log is none of the broker's, and the others are told to the controller", () => {
  const all = new LogDirectories([{ index: 1, path: "/d1" }]);
  all.identified(
    new Map([
      [0, id(0)],
      [1, id(1)],
    ]),
    new Set(),
  );
  expect([all.isSeveral, all.place("a-0", undefined).directory, all.online.map((one) => one.id)]).toEqual([true, "@1/a-0", [id(1)]]);
  expect(directories(1).isSeveral).toBe(false);
});

test("A directory that was offline while the others were vouched for has lost its page cache, and they have not", () => {
  const all = new LogDirectories([0, 1].map((index) => ({ index, path: `/d${index}` })));
  all.identified(new Map([0, 1].map((index) => [index, id(index)])), new Set([1]));
  expect(["orders-0", "@1/orders-1"].map((directory) => all.hasLostPageCache(directory))).toEqual([false, true]);
});
