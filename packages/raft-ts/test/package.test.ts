import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCES = new URL("../src/", import.meta.url);

test("the package imports nothing but itself", () => {
  const files = readdirSync(SOURCES);
  const imports = files.flatMap((file) => [...readFileSync(new URL(file, SOURCES), "utf8").matchAll(/ from "([^"]+)"/g)].map(([, from]) => from ?? ""));
  expect(imports.length).toBeGreaterThan(20);
  expect(imports.filter((from) => !from.startsWith("./"))).toEqual([]);
});

test("the example runs: three nodes commit, lose their leader and go on", () => {
  const example = fileURLToPath(new URL("../examples/three-nodes.ts", import.meta.url));
  const printed = execFileSync(process.execPath, [example], { encoding: "utf8", timeout: 20_000 });
  expect(printed.match(/applies \d: (one|two|three|four)/g)?.length).toBe(11);
});
