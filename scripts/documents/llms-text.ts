import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** Where documents are found by those who are given nothing but this text. */
const DOCUMENTS = ["docs/*.md", "docs/reference/*.md", "examples/README.md", "CONTRIBUTING.md"];

/** `llms.txt`: what Samsa is, its commands, and where things are, for machines that read (llmstxt.org). `help` is what `samsa --help` prints. */
export function llmsText(help: string): string {
  const [, is = ""] = /^# Samsa\n\n([\s\S]*?)\n\n/m.exec(readFileSync("README.md", "utf8")) ?? [];
  const packages = globSync("packages/*/README.md").toSorted();
  return `${[
    `# Samsa\n\n> ${oneLine(is)}`,
    "To build and try it from a clone: `npm ci && npm start` (a failover with a verdict), `npm ci && npm test` (the suites). Node 20 or later is enough; `npm ci` brings the Node 24 that runs it.",
    `## Commands\n\n\`\`\`\n${help.trimEnd()}\n\`\`\`\n\nKafka's own tools are bin/kafka-*.sh. Every command with its options: docs/reference/cli.md.`,
    `## In a test\n\n\`\`\`ts\n${exampleOf("packages/embedded/README.md")}\n\`\`\``,
    `## Documents\n\n${DOCUMENTS.flatMap((pattern) => globSync(pattern).toSorted())
      .map(link)
      .join("\n")}`,
    `## Packages\n\n${packages.map((path) => `- [${dirname(path)}](${path}): ${about(path)}`).join("\n")}`,
  ].join("\n\n")}\n`;
}

/** Links of a sentence lead on from where it stood, and nowhere from here. */
const oneLine = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\s+/g, " ")
    .trim();

/** The first block of TypeScript. */
const exampleOf = (path: string): string => /```ts\n([\s\S]*?)\n```/.exec(readFileSync(path, "utf8"))?.[1] ?? "";

const titleOf = (path: string): string => /^# (.*)$/m.exec(readFileSync(path, "utf8"))?.[1] ?? path;

const link = (path: string): string => `- [${titleOf(path)}](${path}): ${about(path)}`;

/** The first sentence of the first paragraph. */
function about(path: string): string {
  const paragraph = readFileSync(path, "utf8")
    .split("\n\n")
    .find((part) => /^[A-Z`"_\w]/.test(part) && !part.startsWith("```"));
  return /^.*?[.:](?= |$)/.exec(oneLine(paragraph ?? ""))?.[0].replace(/:$/, ".") ?? oneLine(paragraph ?? "");
}
