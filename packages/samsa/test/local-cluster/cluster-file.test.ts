import { expect, test } from "vitest";
import { formatClusterFile, parseClusterFile } from "../../src/local-cluster/cluster-file.ts";
import { Unavailable } from "../../src/unavailable.ts";
import { clusterFile, nodes } from "./cluster-records.ts";

const parse = (value: unknown) => parseClusterFile(JSON.stringify(value), "/x/cluster.json");

test("what was written is read again, also nodes that are only controllers and those that were never started", () => {
  const file = clusterFile({ nodes: [...nodes(1, 1), { ...nodes(3)[2]!, process: null, ending: "killed" }], cuts: [{ a: [1], b: [2, 3] }] });
  expect(parseClusterFile(formatClusterFile(file), "f")).toEqual(file);
});

test("another version, half a file and foreign contents are refused with what to do", () => {
  expect(() => parse({ ...clusterFile(), version: 2 })).toThrow("/x/cluster.json has the format version 2, and this samsa reads version 1; if no node");
  expect(() => parseClusterFile('{"version":1,', "/x/cluster.json")).toThrow(Unavailable);
  for (const value of [
    [],
    null,
    { ...clusterFile(), secretFile: 1 },
    { ...clusterFile(), properties: { a: 1 } },
    { ...clusterFile(), nodes: [] },
    { ...clusterFile(), cuts: [{ a: [1] }] },
  ])
    expect(() => parse(value)).toThrow(Unavailable);
});

test("a process that would be a group of processes to a signal is refused", () => {
  for (const pid of [0, -1, 1.5]) {
    const file = clusterFile({ nodes: nodes(1).map((node) => ({ ...node, process: { pid, host: "h", bootId: "b", startedAt: "" } })) });
    expect(() => parse(file)).toThrow("has nodes that can't be read");
  }
});
