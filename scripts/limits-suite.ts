/**
 * One broker, and far too many clients of bad manners: its memory stays within bounds, and a good client is served all the time.
 * The clients are a process of their own. The kinds come in an order drawn from a seed, one straight after the other, and at last all at once.
 * Then another broker, with 3,000 partitions and `ulimit -n 1024`, which is killed and stopped and serves all of them.
 *
 *   node scripts/limits-suite.ts                               everything once, by a seed drawn and told
 *   node scripts/limits-suite.ts --full [--first 1] [--seeds 5]  again and again on one broker: what leaks adds up
 *
 * Needs about 12,000 descriptors on both sides: `npm run test:limits` raises the soft limit as far as the hard one allows.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { Prng } from "@samsa/stdx";
import { GoodClient } from "./limits-suite/good-client.ts";
import { BadClients, type Burden } from "./limits-suite/bad-clients.ts";
import { LimitedBroker } from "./limits-suite/limited-broker.ts";
import { ManyFilesBroker } from "./limits-suite/open-files.ts";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const FULL_ROUNDS = 5;
const SEEDS = 1_000_000;

const KINDS: readonly Burden[] = [
  { kind: "idle", count: 10_000, name: "connections that say nothing" },
  { kind: "half", count: 1_000, name: "requests that end half way" },
  { kind: "claim", count: 500, name: "claims of 100 MiB, and a few bytes" },
  { kind: "slow-claim", count: 500, name: "claims of 100 MiB whose bytes keep coming" },
  { kind: "slow-reader", count: 100, name: "readers that ask for 50 MiB and read hardly any" },
];

const { values: options } = parseArgs({ options: SEED_OPTIONS });
const suite = new StepList({ isChain: true });
const full = seedRangeOf(options, FULL_ROUNDS);

const broker = await LimitedBroker.start();
const good = await GoodClient.start(broker);
const bad = BadClients.start(broker.address);

/** Bad clients come, do what they do, and go. What the broker takes is looked at all the time, so that those who went before count as well. */
async function burden(name: string, kinds: readonly Burden[]): Promise<void> {
  await suite.step(name, async () => {
    await bad.come(kinds);
    await good.isServed();
    await bad.leave();
    const mebibytes = broker.takePeakMebibytes();
    process.stdout.write(`         ${mebibytes} MiB resident at most\n`);
    broker.check(mebibytes);
    good.check();
  });
}

async function round({ first: seed }: SeedRange): Promise<void> {
  for (const one of shuffled(KINDS, new Prng(seed))) await burden(`${one.count} ${one.name}`, [one]);
  await burden(`all of it at once (seed ${seed})`, shuffled(KINDS, new Prng(seed).fork("all")));
}

function shuffled<T>(all: readonly T[], prng: Prng): readonly T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(prng.below(left.length), 1));
}

async function openFiles(): Promise<void> {
  const broker = await ManyFilesBroker.start();
  const step = (name: string, run: () => Promise<void>): Promise<void> =>
    suite.step(name, async () => {
      await run();
      process.stdout.write(`         ${broker.check()} descriptors at most\n`);
    });
  const serve = async (): Promise<void> => {
    await broker.readAll();
    await broker.produceToAll();
    await broker.readAll();
  };
  try {
    await step("3,000 partitions on one broker with 1,024 descriptors", () => broker.createAll());
    await step("a record to each of them at once, and all are read", async () => {
      await broker.produceToAll();
      await broker.readAll();
    });
    for (const signal of ["SIGKILL", "SIGTERM"] as const)
      await step(`all are served after ${signal}`, async () => {
        await broker.restart(signal);
        await serve();
      });
  } finally {
    await broker.dispose();
  }
}

let notReached = 0;
try {
  if (full === undefined) await round({ first: randomInt(1, SEEDS), seeds: 1 });
  else notReached = await walkSeeds({ range: full, blockSeeds: 1, command: () => "npm run test:limits -- --full", run: round });
} finally {
  bad.end();
  await good.stop();
  await broker.dispose();
}
if (full === undefined) await openFiles();
suite.finish(notReached);
