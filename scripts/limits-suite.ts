/**
 * One broker, and far too many clients of bad manners: its memory stays within bounds, and a good client is served all the time.
 * The clients are a process of their own.
 *
 *   node scripts/limits-suite.ts                           everything once
 *   node scripts/limits-suite.ts --full [--seeds 5]        again and again on one broker: what leaks adds up
 *
 * Needs about 12,000 descriptors on both sides: `npm run test:limits` raises the soft limit as far as the hard one allows.
 */
import { parseArgs } from "node:util";
import { GoodClient } from "./limits-suite/good-client.ts";
import { BadClients } from "./limits-suite/bad-clients.ts";
import { LimitedBroker } from "./limits-suite/limited-broker.ts";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const FULL_ROUNDS = 5;
const IDLE_CONNECTIONS = 10_000;
const HALF_FRAMES = 1_000;
const CLAIMS = 500;
const SLOW_READERS = 100;

const { values: options } = parseArgs({ options: SEED_OPTIONS });
const suite = new StepList({ isChain: true });
const full = seedRangeOf(options, FULL_ROUNDS);

const broker = await LimitedBroker.start();
const good = await GoodClient.start(broker);
const bad = BadClients.start(broker.address);

/** Bad clients come, do what they do, and go; what they cost is looked at while they are there. */
async function burden(name: string, kind: Parameters<BadClients["come"]>[0], count: number): Promise<void> {
  await suite.step(name, async () => {
    await bad.come(kind, count);
    await good.isServed();
    const mebibytes = broker.takePeakMebibytes();
    await bad.leave();
    process.stdout.write(`         ${mebibytes} MiB resident at most\n`);
    broker.check(mebibytes);
    good.check();
  });
}

async function round(): Promise<void> {
  await burden(`${IDLE_CONNECTIONS} connections that say nothing`, "idle", IDLE_CONNECTIONS);
  await burden(`${HALF_FRAMES} requests that end half way`, "half", HALF_FRAMES);
  await burden(`${CLAIMS} claims of 100 MiB, and a few bytes`, "claim", CLAIMS);
  await burden(`${SLOW_READERS} readers that ask for 50 MiB and read hardly any`, "slow-reader", SLOW_READERS);
  await burden(`${CLAIMS} claims of 100 MiB whose bytes keep coming`, "slow-claim", CLAIMS);
  await burden("all of it at once", "all", 1);
}

let notReached = 0;
try {
  if (full === undefined) await round();
  else notReached = await walkSeeds({ range: full, blockSeeds: 1, command: () => "npm run test:limits -- --full", run: round });
} finally {
  bad.end();
  await good.stop();
  await broker.dispose();
}
suite.finish(notReached);
