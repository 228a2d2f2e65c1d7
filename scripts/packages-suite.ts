/**
 * What is published, used as by somebody who has nothing else: `samsa` and `raft-ts` are packed and installed into an empty project, and everything that they promise there is done,
 * with the Node that this repository has and with the oldest that they name. The examples run there too.
 *
 *   node scripts/packages-suite.ts
 *   node scripts/packages-suite.ts --full [--first 1] [--seeds 200]   the demo in simulation, by so many seeds: the same run on both
 *
 * It needs npm's registry, or a cache of npm's that has what it asks for.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EmptyProject, filesBelow, type NodeVersion, outputOf, THIS_NODE } from "./packages-suite/empty-project.ts";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const OLDEST_NODE = "22.15.0";
const JEST = "30.5.2";
const FULL_SEEDS = 200;
/** Of the packed file. A source map, or a second copy of everything, is more than that. */
const PACKED_KIBIBYTES_MAX: Readonly<Record<string, number>> = { samsa: 1_024, "raft-ts": 256 };

interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

interface Manifest {
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dirname, "..");
const TARBALLS = join(ROOT, "dist/tarballs");
const readManifest = (directory: string): Manifest => JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
const { devDependencies } = readManifest(ROOT);
const say = (line: string): void => void process.stdout.write(`         ${line}\n`);

const suite = new StepList({ isChain: true });
const project = new EmptyProject();

function pack(name: string, script: string): Packed {
  outputOf(process.execPath, [script, join("dist", name)], { cwd: ROOT });
  mkdirSync(TARBALLS, { recursive: true });
  const [packed] = JSON.parse(outputOf("npm", ["pack", "--json", "--pack-destination", TARBALLS, `./dist/${name}`], { cwd: ROOT })) as readonly Packed[];
  assert(packed !== undefined);
  const kibibytes = Math.ceil(packed.size / 1_024);
  say(`${packed.filename}: ${packed.files.length} files, ${kibibytes} KiB, ${Math.ceil(packed.unpackedSize / 1_024)} KiB unpacked`);
  assert(kibibytes <= (PACKED_KIBIBYTES_MAX[name] ?? 0), `${name} is larger than ${PACKED_KIBIBYTES_MAX[name]} KiB`);
  return packed;
}

const pathsOf = ({ files }: Packed): readonly string[] => files.map(({ path }) => path).toSorted();

function packSamsa(): void {
  const packed = pack("samsa", "scripts/pack-samsa.ts");
  const bin = readdirSync(join(ROOT, "bin")).map((file) => `bin/${file}`);
  const expected = [...bin, "LICENSE", "README.md", "config/server.properties", "dist/index.d.mts", "dist/index.mjs", "dist/samsa.mjs", "package.json"];
  const isChunk = (path: string): boolean => /^dist\/chunks\/[\w-]+\.mjs$/.test(path);
  assert.deepEqual(
    pathsOf(packed).filter((path) => !isChunk(path)),
    expected.toSorted(),
  );
  assert(readdirSync(join(ROOT, "dist/samsa/bin")).every((file) => (statSync(join(ROOT, "dist/samsa/bin", file)).mode & 0o111) !== 0));
}

function packRaft(): void {
  const packed = pack("raft-ts", "packages/raft-ts/pack.ts");
  const modules = readdirSync(join(ROOT, "packages/raft-ts/src")).map((file) => file.replace(/\.ts$/, ""));
  const built = modules.flatMap((name) => ["d.ts", "d.ts.map", "js", "js.map"].map((type) => `dist/${name}.${type}`));
  const examples = readdirSync(join(ROOT, "packages/raft-ts/examples")).map((file) => `examples/${file}`);
  const expected = [...built, ...modules.map((name) => `src/${name}.ts`), ...examples, "CHANGELOG.md", "LICENSE", "README.md", "package.json"];
  assert.deepEqual(pathsOf(packed), expected.toSorted());
}

function install(): void {
  project.install(...readdirSync(TARBALLS).map((file) => join(TARBALLS, file)));
  const installed = (name: string): string => join(project.directory, "node_modules", name);
  for (const name of ["samsa", "raft-ts"]) assert.equal(readManifest(installed(name)).engines.node, ">=22.15");
  const { dependencies = {} } = readManifest(installed("samsa"));
  for (const [name, version] of Object.entries(dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/, name);
  assert.equal(readManifest(installed("raft-ts")).dependencies, undefined);
  const foreign = filesBelow(installed("samsa"))
    .filter((file) => /\.[mc]?[jt]s$/.test(file))
    .filter((file) => /["']@samsa\//.test(readFileSync(join(installed("samsa"), file), "utf8")));
  assert.deepEqual(foreign, []);
  say(
    `samsa depends on ${Object.entries(dependencies)
      .map((one) => one.join("@"))
      .join(", ")}`,
  );
}

function checkTypes(): void {
  project.copyIn(join(ROOT, "scripts/packed-project"));
  project.run(THIS_NODE, "node", join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
}

async function useWith(node: NodeVersion): Promise<void> {
  const run = (command: string, ...args: readonly string[]): string => project.run(node, command, ...args);
  await suite.step(`${node.name}: a script has a cluster of three in its own process, produces, and loses a leader`, () => {
    assert.match(run("node", "embed.mjs"), new RegExp(`^v${node.name.split(" ")[1]}: acknowledged, raft-ts function function$`, "m"));
  });
  await suite.step(`${node.name}: npx samsa demo`, () => {
    const output = run("npx", "samsa", "demo");
    say(/^.*longest.*$/im.exec(output)?.[0].trim() ?? "");
    assert.match(output, /^Clean: /m);
  });
  await suite.step(`${node.name}: a cluster of processes, with Kafka's tools by both of their names`, () => {
    const data = ["--data", join(project.directory, "cluster")];
    try {
      const { bootstrap } = JSON.parse(run("npx", "samsa", "up", "--detach", "--json", ...data)) as { readonly bootstrap: string };
      const topic = ["--topic", "orders", "--partitions", "3", "--replication-factor", "3"];
      assert.match(run("npx", "kafka-topics", "--bootstrap-server", bootstrap, "--create", ...topic), /Created topic orders\./);
      assert.equal(run("npx", "kafka-topics.sh", "--bootstrap-server", bootstrap, "--list"), "orders");
    } finally {
      run("npx", "samsa", "down", "--wipe", ...data);
    }
  });
}

interface Demo {
  readonly traceHash: string;
  readonly isClean: boolean;
}

function sameRunOn(nodes: readonly NodeVersion[], seed: number): void {
  const runs = nodes.map((node) => JSON.parse(project.run(node, "npx", "samsa", "demo", "--seed", String(seed), "--json")) as Demo);
  assert(
    runs.every(({ isClean }) => isClean),
    `seed ${seed}: the verdict is not clean`,
  );
  assert.equal(new Set(runs.map(({ traceHash }) => traceHash)).size, 1, `seed ${seed}: ${runs.map(({ traceHash }) => traceHash).join(" and ")}`);
}

async function runExamples(): Promise<void> {
  await suite.step("what the examples need is installed", () => {
    project.copyIn(join(ROOT, "examples"));
    project.install(`vitest@${devDependencies.vitest}`, `kafkajs@${devDependencies.kafkajs}`, `jest@${JEST}`);
  });
  await suite.step("the example for vitest", () => assert.match(project.run(THIS_NODE, "npx", "vitest", "run", "vitest/"), /Tests +1 passed/));
  await suite.step("the example for node:test", () =>
    assert.match(project.run(THIS_NODE, "node", "--test", "--test-reporter", "tap", "node-test/orders.node.ts"), /^# pass 1$/m),
  );
  await suite.step("the example for jest", () => project.run(THIS_NODE, "node", "--experimental-vm-modules", "node_modules/jest/bin/jest.js", "jest/"));
}

const range = seedRangeOf(parseArgs({ options: SEED_OPTIONS }).values, FULL_SEEDS);
let seedsNotReached = 0;
try {
  rmSync(TARBALLS, { recursive: true, force: true });
  await suite.step("samsa is packed, and has what it needs and no more", packSamsa);
  await suite.step("raft-ts is packed, and has what it needs and no more", packRaft);
  await suite.step("both are installed into an empty project", install);
  let oldest = THIS_NODE;
  await suite.step(`Node ${OLDEST_NODE} is there`, () => {
    oldest = project.installNode(OLDEST_NODE);
    assert.equal(project.run(oldest, "node", "--version"), `v${OLDEST_NODE}`);
  });
  const nodes = [THIS_NODE, oldest];
  if (range === undefined) {
    await suite.step("their types hold in a strict project that checks all declarations", checkTypes);
    for (const node of nodes) await useWith(node);
    await suite.step("a simulation is the same on both", () => sameRunOn(nodes, 7));
    await suite.step("nothing was written to the home directory", () => assert.deepEqual(filesBelow(project.home), []));
    await runExamples();
  } else {
    const run = ({ first: seed }: SeedRange, signal: AbortSignal): Promise<void> =>
      suite.step(`seed ${seed} is the same run on both`, () => sameRunOn(nodes, seed), signal);
    seedsNotReached = await walkSeeds({ range, blockSeeds: 1, command: () => "npm run test:packages -- --full", run });
  }
} finally {
  project.dispose();
}
suite.finish(seedsNotReached);
