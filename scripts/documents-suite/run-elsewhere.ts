/** Commands of documents that a suite of its own runs, by that suite's name in `.ci/run`. As short as can be: what is here is not tried as it is written. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["npm ci", "install"],
  ["npm test", "test"],
  ["npx vitest run --root examples vitest", "test"],
  ["node --test examples/node-test/orders.node.ts", "test"],
  ["npx vitest run --root examples --globals jest/", "test"],
  ["docker compose up --build", "compose"],
  ["docker kill $(docker compose ps -q broker-1)", "compose"],
]);

export const SUITES_ELSEWHERE: readonly string[] = [...new Set(ELSEWHERE.values())];

const isElsewhere = (command: string): boolean => ELSEWHERE.has(command.trim());

/** What is left of a line, such as `npm ci && npm start   # three brokers`, when commands that run elsewhere are taken away; empty if nothing is. */
function ownPartOf(line: string): string {
  const [command = ""] = line.split(/ +# /);
  const parts = command.split(" && ");
  return parts.some(isElsewhere) ? parts.filter((part) => !isElsewhere(part)).join(" && ") : line;
}

/** What is to be run of a block; undefined if all of it is run elsewhere. */
export function ownPart(block: string): string | undefined {
  const lines = block.split("\n").map(ownPartOf);
  return lines.some((line) => line.trim() !== "" && !line.trimStart().startsWith("#")) ? lines.join("\n") : undefined;
}
