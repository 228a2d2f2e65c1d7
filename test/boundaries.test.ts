import { describe, expect, test } from "vitest";
import { checkBoundaries } from "../scripts/boundaries/check.ts";
import type { PackageRule } from "../scripts/boundaries/layers.ts";
import type { WorkspacePackage } from "../scripts/boundaries/workspace.ts";

const rules: ReadonlyMap<string, PackageRule> = new Map([
  ["base", { layer: 0, isPure: true, mayImport: [] }],
  ["left", { layer: 1, isPure: true, mayImport: ["base"] }],
  ["right", { layer: 1, isPure: true, mayImport: [] }],
  ["shell", { layer: 2, isPure: false, mayImport: ["left"] }],
]);

interface Sketch {
  readonly files?: Readonly<Record<string, string>>;
  readonly tests?: Readonly<Record<string, string>>;
  readonly dependencies?: readonly string[];
  readonly references?: readonly string[];
}

/** A workspace of the four packages above, each with an empty module unless the sketch says more. */
function problemsOf(sketches: Readonly<Record<string, Sketch>>): readonly string[] {
  const workspace = [...rules.keys()].map((name): WorkspacePackage => {
    const { files = { "index.ts": "export {};" }, tests = {}, dependencies = [], references = dependencies } = sketches[name] ?? {};
    const directory = `packages/${name}`;
    const under = (folder: string, texts: Readonly<Record<string, string>>) =>
      new Map(Object.entries(texts).map(([file, text]) => [`${directory}/${folder}/${file}`, text]));
    return { directory, manifest: { name, exports: ["."], dependencies, references }, sources: under("src", files), tests: under("test", tests) };
  });
  return checkBoundaries(workspace, rules).problems;
}

const importing = (specifier: string): Sketch => ({ files: { "index.ts": `import { x } from "${specifier}";\nexport { x };` }, dependencies: [specifier] });

describe("the boundary check", () => {
  test("has nothing against an import that the table allows", () => {
    expect(problemsOf({ left: importing("base"), shell: importing("left") })).toEqual([]);
    expect(problemsOf({ left: { tests: { "a.test.ts": 'import "../../base/test/fixture.ts";' } } })).toEqual([]);
  });

  test.each([
    ["upwards", { base: importing("left") }, "base (layer 0) imports left (layer 1) upwards"],
    ["sideways", { left: importing("right") }, "left imports right sideways, both are of layer 1"],
    ["down, but not by the table", { right: importing("base") }, "right may not import base"],
    [
      "of an entry that is not exported",
      { left: { files: { "index.ts": 'export * from "base/inside";' }, dependencies: ["base"] } },
      "base does not export ./inside",
    ],
    [
      "of types only, upwards",
      { base: { files: { "index.ts": 'export type { X } from "left";' }, dependencies: ["left"] } },
      "base (layer 0) imports left (layer 1) upwards",
    ],
    [
      "that is dynamic, upwards",
      { base: { files: { "index.ts": 'export const x = import("left");' }, dependencies: ["left"] } },
      "base (layer 0) imports left (layer 1) upwards",
    ],
    ["of node:fs by a pure package", { left: { files: { "index.ts": 'import "node:fs";' } } }, "left is pure and imports node:fs"],
    ["into another package's files", { left: { files: { "index.ts": 'export * from "../../base/src/index.ts";' } } }, "reaches into another package"],
    ["of a test into another package's sources", { left: { tests: { "a.test.ts": 'import "../../base/src/index.ts";' } } }, "reaches into another package"],
    [
      "of a test of fixtures that its package may not know",
      { right: { tests: { "a.test.ts": 'import "../../base/test/fixture.ts";' } } },
      "reaches into another package",
    ],
    [
      "that the manifest does not list",
      { left: { ...importing("base"), dependencies: [], references: ["base"] } },
      "packages/left/package.json: imports base and does not list it",
    ],
    [
      "that TypeScript's references lack",
      { left: { ...importing("base"), references: [] } },
      "packages/left/tsconfig.json: imports base and has no reference to it",
    ],
  ])("fails on an import %s", (_, sketches, problem) => {
    expect(problemsOf(sketches)).toContainEqual(expect.stringContaining(problem));
  });

  test("fails on a dependency that nothing imports", () => {
    expect(problemsOf({ left: { dependencies: ["base"], references: [] } })).toEqual(["packages/left/package.json: lists base and does not import it"]);
  });

  test("fails on a third-party dependency with two owners", () => {
    expect(problemsOf({ left: importing("ws"), shell: importing("ws") })).toContain("ws is imported by left and shell; a dependency has one owner");
  });

  test("fails on a cycle of modules, also of types", () => {
    const files = { "a.ts": 'import type { B } from "./b.ts";\nexport type A = B;', "b.ts": 'import type { A } from "./a.ts";\nexport type B = A;' };
    expect(problemsOf({ left: { files } })).toEqual(["import cycle: packages/left/src/a.ts → packages/left/src/b.ts → packages/left/src/a.ts"]);
  });

  test("fails where it finds no module to check", () => {
    expect(problemsOf(Object.fromEntries([...rules.keys()].map((name) => [name, { files: {} }])))).toContain(
      "0 modules were read: a check of nothing proves nothing",
    );
    expect(checkBoundaries([], new Map()).problems).toHaveLength(1);
  });

  test("fails on a package without a place in the table", () => {
    const stranger: WorkspacePackage = {
      directory: "packages/new",
      manifest: { name: "new", exports: [], dependencies: [], references: [] },
      sources: new Map(),
      tests: new Map(),
    };
    expect(checkBoundaries([stranger], new Map()).problems).toContain("packages/new: new has no place in the table of layers");
  });
});
