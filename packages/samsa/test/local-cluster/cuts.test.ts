import { expect, test } from "vitest";
import { cutOfNode } from "../../src/local-cluster/cuts.ts";
import { clusterFile, nodes } from "./cluster-records.ts";

test("both sides of a cut stop what they dial on the other side: clients' and control listeners", () => {
  const file = clusterFile({ cuts: [{ a: [1], b: [2, 3] }] });
  expect(cutOfNode(1, file)).toEqual({ type: "cut", endpoints: ["127.0.0.1:19093", "127.0.0.1:9093", "127.0.0.1:19094", "127.0.0.1:9094"] });
  expect(cutOfNode(2, file)).toEqual({ type: "cut", endpoints: ["127.0.0.1:19092", "127.0.0.1:9092"] });
});

test("cuts add up, a node of no cut has nothing to do, and a controller has one listener", () => {
  const file = clusterFile({
    nodes: nodes(3, 1),
    cuts: [
      { a: [1], b: [2] },
      { a: [4], b: [1] },
    ],
  });
  expect(cutOfNode(1, file)?.endpoints).toEqual(["127.0.0.1:19093", "127.0.0.1:9093", "127.0.0.1:19095"]);
  expect(cutOfNode(3, file)).toBeUndefined();
});
