import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ownCommands, toolNames } from "../../scripts/documents/cli-document.ts";

/** Blocks of commands are run (npm run test:documents); this is about those that are named within sentences, and about links. */
const documents = ["README.md", "CONTRIBUTING.md", ...globSync("{docs/*.md,docs/adr/*.md,examples/README.md,packages/*/README.md}")];
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Record<string, string>> };

const mentions = documents.flatMap((path) =>
  [
    ...readFileSync(path, "utf8")
      .replace(/^ *```[\s\S]*?^ *```/gm, "")
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, text = ""]) => ({ path, text })),
);

const unknown = (pattern: RegExp, isKnown: (name: string) => boolean): readonly string[] =>
  mentions.flatMap(({ path, text }) => [...text.matchAll(pattern)].filter(([, name = ""]) => !isKnown(name)).map(([found]) => `${path}: ${found}`));

test("every script of npm that a document names is there", () => {
  expect(mentions.filter(({ text }) => text.includes("npm run ")).length).toBeGreaterThan(10);
  expect(unknown(/npm run ([\w:-]+)/g, (name) => scripts[name] !== undefined)).toEqual([]);
});

test("every command of samsa that a document names is there", () => {
  expect(mentions.filter(({ text }) => text.startsWith("samsa ")).length).toBeGreaterThan(10);
  expect(unknown(/^(?:bin\/)?samsa ([a-z][a-z-]+)/g, (name) => [...ownCommands(), ...toolNames(), "kafka-server-stop"].includes(name))).toEqual([]);
});

test("every file that a document runs with Node, and every tool of bin, is there", () => {
  const isFile = (name: string): boolean => existsSync(name) || mentions.some(({ path, text }) => text.includes(name) && existsSync(join(dirname(path), name)));
  expect(unknown(/\bnode ([\w./-]+\.ts)/g, isFile)).toEqual([]);
  expect(unknown(/(?<![/\w])(bin\/kafka-[\w-]+\.sh)/g, existsSync)).toEqual([]);
});

test("every link of a document leads to a file", () => {
  const broken = documents.flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = ""]) => target)
      .filter((target) => !existsSync(join(dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  );
  expect(broken).toEqual([]);
});
