import fc from "fast-check";
import type { Victim } from "@samsa/world";

export const SWARM_TOPIC = "orders";
/** The host of the swarm's own clients; those of other topics have the next ones. */
export const SWARM_CLIENTS = 100;
/** Of three brokers and three controllers, the most nodes there are. Faults may name nodes that a smaller cluster lacks: those strike nobody. */
export const NODES_MAX = 6;

export const millis = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

export const anyNode: fc.Arbitrary<Victim> = fc
  .oneof({ weight: 5, arbitrary: millis(1, 3) }, { weight: 2, arbitrary: millis(4, NODES_MAX) })
  .map((id) => ({ type: "node", id }));

export const restart = fc.oneof(
  { weight: 3, arbitrary: millis(5, 400) },
  { weight: 3, arbitrary: millis(400, 6_000) },
  { weight: 1, arbitrary: millis(6_000, 20_000) },
);
