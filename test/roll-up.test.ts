import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { rollUp, workspaceResolver } from "../scripts/pack-samsa/roll-up.ts";

const made: string[] = [];
afterEach(() => made.splice(0).forEach((directory) => rmSync(directory, { recursive: true, force: true })));

/** Rolls up from `index.d.ts` of files that lie side by side. */
function rolled(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "samsa-roll-up-"));
  made.push(directory);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, `${name}.d.ts`), text);
  return rollUp(join(directory, "index.d.ts"), workspaceResolver(new Map()));
}

test("what is exported comes with what it refers to, through other modules, and with nothing else", () => {
  const text = rolled({
    index: 'export { type Lake } from "./lake.ts";\n',
    lake: 'import { type Fish } from "./all.ts";\nimport { type Boat } from "./boat.ts";\nexport interface Lake {\n    fish: Fish;\n}\nexport type Fleet = Boat[];\n',
    all: 'export * from "./fish.ts";\n',
    fish: "/** It swims. */\nexport interface Fish {\n    lake: number;\n}\n",
    boat: "export interface Boat {\n}\n",
  });
  expect(text).toBe("interface Lake {\n    fish: Fish;\n}\n\n/** It swims. */\ninterface Fish {\n    lake: number;\n}\n\nexport { type Lake };\n");
});

test("a name that is a type and a value is taken as both, and typeof counts as well", () => {
  const text = rolled({
    index: 'export { name } from "./codes.ts";\nexport type { Name } from "./codes.ts";\n',
    codes:
      "export declare const Codes: {\n    readonly A: 1;\n};\nexport type Codes = keyof typeof Codes;\nexport type Name = keyof typeof Codes;\nexport declare function name(code: 1): string;\n",
  });
  expect(text.match(/^(declare const|type) Codes\b/gm)).toEqual(["declare const Codes", "type Codes"]);
  expect(text).toMatch(/\nexport \{ name, type Name \};\n$/);
});

test("a member that is marked as internal is left out, and what only that refers to", () => {
  const text = rolled({
    index:
      'import type { Secret } from "./secret.ts";\nexport declare class Door {\n    open(): void;\n    /** For the lock. @internal */\n    pick(): void;\n    private readonly key;\n    /** Said twice. */\n    close(): void;\n}\n',
    secret: "export interface Secret {\n}\n",
  });
  expect(text).toBe("declare class Door {\n    open(): void;\n    private readonly key;\n    /** Said twice. */\n    close(): void;\n}\n\nexport { Door };\n");
});

test("two things of one name are refused, and so is one with two names, one that is nowhere, and a package from elsewhere", () => {
  const two = { a: "export interface A {\n    x: X;\n}\ninterface X {\n}\n", b: "export interface B {\n    x: X;\n}\ninterface X {\n}\n" };
  expect(() => rolled({ index: 'export type { A } from "./a.ts";\nexport type { B } from "./b.ts";\n', ...two })).toThrow(
    /X is declared by .*a\.d\.ts and by .*b\.d\.ts/,
  );
  expect(() => rolled({ index: 'import type { A as C } from "./a.ts";\nexport type D = C;\n', ...two })).toThrow(/takes A of .*\.\/a\.ts as C/);
  expect(() => rolled({ index: 'export type { Z } from "./a.ts";\n', ...two })).toThrow(/declared nowhere: Z/);
  expect(() => rolled({ index: 'export type { Z } from "elsewhere";\n' })).toThrow(/types of elsewhere, which is not of the workspace/);
});
