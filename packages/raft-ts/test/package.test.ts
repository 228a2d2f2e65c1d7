import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const SOURCES = join(PACKAGE, "src");

test("the package imports nothing but itself, and speaks of nothing that a browser lacks", () => {
  const texts = readdirSync(SOURCES).map((file) => readFileSync(join(SOURCES, file), "utf8"));
  const imports = texts.flatMap((text) => [...text.matchAll(/ from "([^"]+)"/g)].map(([, from]) => from ?? ""));
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter((from) => !from.startsWith("./"))).toEqual([]);
  for (const text of texts) expect(text).not.toMatch(/\b(Buffer\.|process\.\w|setTimeout\(|Date\.|Math\.random|console\.)/);
});

test("the example over memory runs: three nodes commit, lose their leader and go on", () => {
  expect(run("three-nodes").match(/applies \d: (one|two|three|four)/g)?.length).toBe(11);
});

test("the example over sockets runs: a leader dies, the others go on, and it comes back from its disk", () => {
  expect(run("over-sockets").match(/has one two three four five six seven$/gm)?.length).toBe(3);
});

test("what is published is JavaScript with types, and runs where it is installed", () => {
  const directory = mkdtempSync(join(tmpdir(), "raft-ts-"));
  const [packed, installed] = [join(directory, "packed"), join(directory, "node_modules/raft-ts")];
  try {
    execFileSync(process.execPath, [join(PACKAGE, "pack.ts"), packed]);
    execFileSync("npm", ["pack", "--silent", packed], { cwd: directory });
    mkdirSync(installed, { recursive: true });
    execFileSync("tar", ["xzf", join(directory, "raft-ts-0.1.0.tgz"), "-C", installed, "--strip-components=1"]);
    expect(readdirSync(installed).toSorted()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "examples", "package.json", "src"]);
    expect(readdirSync(join(installed, "dist")).filter((file) => file.startsWith("index."))).toEqual([
      "index.d.ts",
      "index.d.ts.map",
      "index.js",
      "index.js.map",
    ]);
    writeFileSync(join(directory, "main.mjs"), 'import { RaftNode, recover } from "raft-ts"; console.log(typeof RaftNode, typeof recover);');
    const printed = execFileSync(process.execPath, ["--no-experimental-strip-types", "main.mjs"], { cwd: directory, encoding: "utf8" });
    expect(printed).toBe("function function\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

const run = (example: string): string => execFileSync(process.execPath, [join(PACKAGE, `examples/${example}.ts`)], { encoding: "utf8", timeout: 30_000 });
