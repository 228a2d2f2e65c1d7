import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const DOCUMENT = readFileSync("docs/ERRORS.md", "utf8");
/** What worlds promise is shown on machines that exit with codes of no meaning. */
const sources = globSync("packages/*/src/**/*.ts").filter((path) => !path.includes("/generated/") && !path.includes("/conformance/"));

interface ErrorClass {
  readonly name: string;
  readonly path: string;
  readonly codes: readonly string[];
}

/** The classes that extend Error, with the literals of their `code`. */
const classes: readonly ErrorClass[] = sources.flatMap((path) => {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/class (\w+) extends Error \{([\s\S]*?)\n\}/g)].map(([, name = "", body = ""]) => {
    const [, literal, type] = /readonly code(?: = "([A-Z_]+)"|: (\w+));/.exec(body) ?? [];
    const union = type === undefined ? "" : (new RegExp(`type ${type} =([\\s\\S]*?);`).exec(text)?.[1] ?? "");
    return { name, path, codes: literal === undefined ? [...union.matchAll(/"([A-Z_]+)"/g)].map(([, code = ""]) => code) : [literal] };
  });
});

const documented = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code = ""]) => code);

test("every error class has a literal code", () => {
  expect(classes.length).toBeGreaterThan(5);
  expect(classes.filter(({ codes }) => codes.length === 0)).toEqual([]);
});

test("docs/ERRORS.md has every code, and none that is gone", () => {
  expect(documented.toSorted()).toEqual([...new Set(classes.flatMap(({ codes }) => codes))].toSorted());
});

const exitCodes = [...DOCUMENT.matchAll(/^\| (\d+) /gm)].map(([, code = ""]) => code);

/** As literals of the effect, or as constants by the names of sysexits.h's numbers. */
const EXITS = [/type: "exit",\s+code: (\d+)/g, /const [A-Z_]+ = (69|7[0-8]|130);/g];

test("docs/ERRORS.md has every exit code that a node gives", () => {
  const given = sources.flatMap((path) => EXITS.flatMap((exit) => [...readFileSync(path, "utf8").matchAll(exit)].map(([, code = ""]) => code)));
  expect(given.length).toBeGreaterThan(10);
  expect([...new Set(given)].filter((code) => !exitCodes.includes(code))).toEqual([]);
});

test("the README of samsa has the exit codes of docs/ERRORS.md, and no other", () => {
  const [, list = ""] = /Exit codes: ([^.]+)\./.exec(readFileSync("packages/samsa/README.md", "utf8")) ?? [];
  expect([...list.matchAll(/\b\d+\b/g)].map(([code]) => code)).toEqual(exitCodes);
});
