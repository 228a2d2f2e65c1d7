import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientKind, clientKinds } from "../../../src/foreign-clients/clients.ts";
import { type Ability, type CommandName, COMPRESSIONS, TRAITS, UNSUPPORTED } from "../../../src/foreign-clients/command.ts";
import { type FeatureName, FEATURES } from "../../../src/foreign-clients/features.ts";
import { startClient } from "../../../src/foreign-clients/start-client.ts";
import { type TestedCluster, testedCluster } from "../running-cluster.ts";
import { TRIALS } from "./features.ts";

const KINDS = clientKinds();
/** Several at once on a busy machine, each with processes of its own. */
const TIMEOUT_MS = 180_000;

let cluster: TestedCluster;
beforeAll(async () => {
  cluster = await testedCluster();
});
afterAll(async () => {
  await cluster.stop();
});

/** Another client that reads every codec: what the one writes the other has to understand. */
const readerBeside = (kind: ClientKind): ClientKind | undefined =>
  KINDS.find(({ name, command, codecs }) => command !== undefined && name !== kind.name && codecs.length === COMPRESSIONS.length);

const isCommand = (ability: Ability): ability is CommandName => !(TRAITS as readonly Ability[]).includes(ability);

/** Most of them wait, for session time-outs above all. */
describe.concurrent.each(KINDS)("$name", (kind) => {
  const isHere = kind.command !== undefined;
  for (const name of Object.keys(FEATURES) as FeatureName[]) {
    const { title, needs } = FEATURES[name];
    // What a client can't do is no test that is left out: it is a cell of docs/compatibility.md.
    if (needs.some((need) => kind.lacks.includes(need))) continue;
    const shown = isHere ? title : `${title}: ${kind.name} IS NOT INSTALLED (${kind.missing} installs it)`;
    test.skipIf(!isHere)(shown, { timeout: TIMEOUT_MS }, () => TRIALS[name]({ kind, reader: readerBeside(kind), cluster }));
  }
  for (const command of isHere ? kind.lacks.filter(isCommand) : [])
    test(`has no ${command}, and says so`, async () => {
      const client = startClient(kind, cluster.bootstrap);
      await expect(client.call(command, {} as never)).rejects.toMatchObject({ name: UNSUPPORTED });
      await client.close();
    });
});
