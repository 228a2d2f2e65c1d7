import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(path, "utf8");
const isOurs = (path: string): boolean => !/(^|\/)(node_modules|dist|generated)\//.test(path);
const sources = globSync("{packages/*/{src,generate,definitions},scenarios,scripts,mutants}/**/*.ts").filter(isOurs);
const tests = globSync("{packages/*/test,test}/**/*.ts").filter(isOurs);
const packages = globSync("packages/*/package.json");

/** One description after the other: splitting them would hide that they are one table. */
const TABLES = [/^packages\/protocol\/src\/errors\.ts$/, /^packages\/protocol\/definitions\//, /^mutants\//];
const LINES_MAX = 400;

interface Manifest {
  readonly name: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (path: string): Manifest => JSON.parse(read(path)) as Manifest;

test("there is something to look at", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(tests.length).toBeGreaterThan(30);
});

test("no source file is longer than 400 lines, but for tables", () => {
  const long = sources.filter((path) => !TABLES.some((table) => table.test(path))).filter((path) => read(path).split("\n").length - 1 > LINES_MAX);
  expect(long).toEqual([]);
});

test("every file has a kebab-case name that says something", () => {
  const names = [...sources, ...tests].filter((path) => {
    const name = basename(path).replace(/\.ts$/, "");
    return !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(name) || /^(utils?|common|helpers?|misc|shared|types)$/.test(name);
  });
  expect(names).toEqual([]);
});

test("nothing is left for later, skipped or focused", () => {
  const marks = new RegExp(["TO", "DO|FIX", "ME|\\b(?:test|it|describe)\\.(?:skip|only|todo|fails)\\b"].join(""));
  expect([...sources, ...tests].filter((path) => marks.test(read(path)))).toEqual([]);
});

test("every package says in a README what it is, what it does not do and where to start", () => {
  const poor = packages.map((path) => path.replace("package.json", "README.md")).filter((path) => read(path).split("\n").length < 8);
  expect(poor).toEqual([]);
});

test("every package has the project's licence", () => {
  expect(packages.map(manifestOf).filter(({ license }) => license !== "Apache-2.0")).toEqual([]);
});

test("every dependency is pinned exactly, or one of our own", () => {
  const loose = ["package.json", ...packages].flatMap((path) => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifestOf(path);
    const own = (name: string): boolean => name.startsWith("@samsa/") || name === "raft-ts" || name === "samsa";
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
      .filter(([name, version]) => (own(name) ? version !== "*" : !/^\d+\.\d+\.\d+$/.test(version)))
      .map(([name, version]) => `${path}: ${name}@${version}`);
  });
  expect(loose).toEqual([]);
});

test("the lock file knows every Node binary that brings the right Node to npm's scripts", () => {
  const lock = JSON.parse(read("package-lock.json")) as {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>;
  };
  const binaries = Object.entries(manifestOf("package.json").optionalDependencies ?? {});
  expect(binaries.length).toBeGreaterThan(0);
  for (const [name, version] of binaries) {
    expect(version, name).toMatch(/^24\./);
    expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
});
