import { expect, it } from "vitest";
import type { NodePartition } from "../../src/index.ts";
import { cutOfPartition, DECORATED_SUPPORT, partitionOfNode } from "../../src/index.ts";

const endpoints = new Map([1, 2, 3].map((node) => [node, [`h${node}:9092`, `h${node}:9093`]]));
const NODES = [1, 2, 3];

/** Does a byte pass, if only the dialling side of each connection is decorated? */
function passes(partitions: ReadonlyMap<number, NodePartition | undefined>, way: { sender: number; receiver: number; dialler: number }): boolean {
  const { sender, receiver, dialler } = way;
  const partition = partitions.get(dialler);
  const acceptor = dialler === sender ? receiver : sender;
  const isNamed = partition?.endpoints.includes(`h${acceptor}:9092`) === true;
  const stops = dialler === sender ? partition?.stopsOutgoing : partition?.stopsIncoming;
  return !(isNamed && stops === true);
}

for (const isOneWay of [false, true]) {
  for (const from of [[1], [2, 3], [1, 3]]) {
    it(`a ${isOneWay ? "one-way" : "whole"} partition of ${from.join(" and ")} stops exactly the bytes it should, whoever dialled`, () => {
      const partitions = new Map(NODES.map((node) => [node, partitionOfNode({ node, from, isOneWay, forMs: 1, endpoints })]));
      for (const sender of NODES) {
        for (const receiver of NODES.filter((node) => node !== sender)) {
          for (const dialler of [sender, receiver]) {
            const crosses = from.includes(sender) !== from.includes(receiver);
            const isStopped = crosses && (!isOneWay || from.includes(sender));
            expect(passes(partitions, { sender, receiver, dialler }), `${sender} to ${receiver}, dialled by ${dialler}`).toBe(!isStopped);
          }
        }
      }
    });
  }
}

it("a partition as a cut that lasts until the heal keeps its direction, as each node sees it", () => {
  const cutOf = (node: number, isOneWay: boolean) => {
    const partition = partitionOfNode({ node, from: [1], isOneWay, forMs: 1, endpoints });
    return partition && cutOfPartition(partition);
  };
  expect(cutOf(1, false)).toEqual({ type: "cut", endpoints: ["h2:9092", "h2:9093", "h3:9092", "h3:9093"] });
  expect(cutOf(1, true)).toMatchObject({ type: "cut", stops: "outgoing" });
  expect(cutOf(2, true)).toEqual({ type: "cut", endpoints: ["h1:9092", "h1:9093"], stops: "incoming" });
});

it("a partition of all nodes from nobody is nothing", () => {
  expect(partitionOfNode({ node: 1, from: NODES, isOneWay: false, forMs: 1, endpoints })).toBeUndefined();
});

it("a world of decorators can't take the power away", () => {
  expect(DECORATED_SUPPORT["power-loss"]).toBe("refused");
});
