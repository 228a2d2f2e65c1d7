import { type Declaration, declarationsOf, type Member } from "./declarations.ts";

const INTRODUCTION = `# API

The public API of the packages \`samsa\` and \`raft-ts\`: signatures and docstrings from their sources, written by \`npm run documents\`; a test compares. How \`Cluster\` is used in a test:
[examples](../../examples/README.md). How Raft is driven: [raft-ts](../../packages/raft-ts/README.md).`;

const ENTRIES: ReadonlyMap<string, string> = new Map([
  ["samsa", "packages/samsa/src/index.ts"],
  ["raft-ts", "packages/raft-ts/src/index.ts"],
]);

const resolve = (specifier: string): string | undefined => {
  const [, name] = /^@samsa\/([\w-]+)$/.exec(specifier) ?? [];
  return name === undefined ? undefined : `packages/${name}/src/index.ts`;
};

/** `docs/reference/api.md`. */
export function apiDocument(): string {
  const parts = [...ENTRIES].flatMap(([name, path]) => [`## ${name}`, ...declarationsOf(path, resolve).flatMap(declaration)]);
  return `${[INTRODUCTION, ...parts].join("\n\n")}\n`;
}

const ts = (text: string): string => `\`\`\`ts\n${text}\n\`\`\``;

function declaration({ name, about, signature, members }: Declaration): readonly string[] {
  return [`### ${name}`, ...prose(about), ts(signature), ...members.flatMap((member) => memberText(name, member))];
}

/** Static ones belong to the class, the others to what it makes. */
const memberText = (owner: string, { name, isStatic, about, signature }: Member): readonly string[] => [
  `#### ${isStatic ? owner : `${owner.charAt(0).toLowerCase()}${owner.slice(1)}`}${name}`,
  ts(signature),
  ...prose(about),
];

/** Docstrings are Markdown already; what is indented in them is code. */
const prose = (about: string): readonly string[] => (about === "" ? [] : [about]);
