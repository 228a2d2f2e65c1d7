import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runSimulation, type SimulationInput } from "@samsa/simulator";
import { expect, it } from "vitest";

interface Regression {
  readonly bug: string;
  readonly input: SimulationInput;
}

/** Inputs that once broke something, kept: each must stay green. */
const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".json"));

it.each(files)("stays fixed: %s", (file) => {
  const { bug, input } = JSON.parse(readFileSync(join(import.meta.dirname, file), "utf8")) as Regression;
  expect(runSimulation(input).violations, bug).toEqual([]);
});
