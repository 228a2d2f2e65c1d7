import type { ForeignClientKind } from "../../packages/scenario-runner/src/foreign-clients/clients.ts";
import { FOREIGN_CLIENTS } from "../../packages/scenario-runner/src/foreign-clients/clients.ts";
import { COMPRESSIONS } from "../../packages/scenario-runner/src/foreign-clients/command.ts";
import { FEATURES, KILLED_ROLES, KILLED_UNDER_CONSUMER_PROTOCOL } from "../../packages/scenario-runner/src/foreign-clients/features.ts";
import { APACHE_KAFKA_VERSIONS } from "./apache-kafka-versions.ts";

export interface VersionRange {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

const HEAD = `# Compatibility

What clients that nobody here wrote can do with Samsa, and which versions of which APIs it advertises. Written from the code by
\`npx vitest run test/compatibility -u\`; a test compares.

## Clients

Each client is a process of its own that is asked the same as all others (\`packages/scenario-runner/src/foreign-clients\`), of three real broker processes.
Every *yes* is a test of \`npm run test:clients\`, and in CI none of them is left out; those of features pass with Apache Kafka 4.3 in the place of Samsa, too. A dash is for what the
client itself has no way to do. KIP-848 is the consumer protocol of groups, \`group.protocol=consumer\`.
`;

const KILLS = `
A kill is SIGKILL while an idempotent producer of the client writes and two of it read in a group, with three combined nodes and with three brokers and three controllers: nothing is lost,
repeated or reordered, no record is given up, the group is given all of it without a gap, and each of its commits in the coordinator's log is of at least as much as the one before. \`npm run test:clients\` has
one of the kills for each client, by turns, with half of the clients in either kind of cluster, and one by KIP-848 for each client that has it; \`npm run test:clients -- --full\` has all of them. kcat is started anew for every 400 records.
@platformatic/kafka commits again, under its next generation, what it was refused under the last one: what its commits go back by is its own doing, and not looked at.
kafka-python forgets an assignment that comes after the poll which asked for it has timed out, where its topic's partitions had just become known: its members poll for three seconds.
In a group of both protocols the members of @platformatic/kafka are not given all, of Apache Kafka neither: the protocol of its groups is not changed.
`;

const NO_ANSWER = "–";

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");

/** The text of docs/compatibility.md. */
export function compatibilityDocument(advertised: readonly VersionRange[]): string {
  const clients: readonly ForeignClientKind[] = Object.entries(FOREIGN_CLIENTS).map(([name, kind]) => ({ name, ...kind }));
  const features = Object.values(FEATURES).map(({ title, needs }) => [
    title,
    ...clients.map(({ lacks }) => (needs.some((need) => lacks.includes(need)) ? NO_ANSWER : "yes")),
  ]);
  const kills = KILLED_ROLES.map((role) => [`goes on across the SIGKILL of the ${role}`, ...clients.map(() => "yes")]);
  const consumerKill = [
    `goes on across the SIGKILL of the ${KILLED_UNDER_CONSUMER_PROTOCOL}, by KIP-848`,
    ...clients.map(({ lacks }) => (lacks.includes("consumer-protocol") ? NO_ANSWER : "yes")),
  ];
  const about = [
    ["version", ...clients.map(({ version }) => version)],
    ["language", ...clients.map(({ language }) => language)],
    ["codecs", ...clients.map(({ codecs }) => (codecs.length === COMPRESSIONS.length ? "all" : codecs.join(", ")))],
  ];
  return `${HEAD}
${table(["", ...clients.map(({ name }) => name)], [...about, ...features, ...kills, consumerKill])}
${KILLS}
## Versions

${versionsTable(advertised)}
`;
}

function versionsTable(advertised: readonly VersionRange[]): string {
  const ours = new Map(advertised.map(({ apiKey, minVersion, maxVersion }) => [apiKey, rangeOf(minVersion, maxVersion)]));
  const rows = APACHE_KAFKA_VERSIONS.map(([key, name, min, max]) => [String(key), name, ours.get(key) ?? NO_ANSWER, rangeOf(min, max)]);
  const same = rows.filter(([, , samsa, kafka]) => samsa === kafka).length;
  return `${same} of Apache Kafka's ${rows.length} APIs, each in every version that it has there.\n\n${table(["key", "API", "Samsa", "Apache Kafka 4.3"], rows)}`;
}

const rangeOf = (min: number, max: number): string => (min === max ? String(min) : `${min}-${max}`);
