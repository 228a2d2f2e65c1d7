import { globSync, readFileSync } from "node:fs";
import { apiDocument } from "./api-document.ts";
import { cliDocument } from "./cli-document.ts";
import { configsDocument } from "./configs-document.ts";
import { llmsText } from "./llms-text.ts";

/** Documents that are written from the code, by their paths. Those of the protocol and of compatibility have generators of their own. */
export async function generatedDocuments(): Promise<ReadonlyMap<string, string>> {
  const broker = globSync("packages/broker/src/**/*.ts")
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const cli = await cliDocument();
  const [, help = ""] = /^### samsa\n\n```\n([\s\S]*?)\n```/m.exec(cli) ?? [];
  return new Map([
    ["docs/reference/configs.md", configsDocument({ broker })],
    ["docs/reference/cli.md", cli],
    ["docs/reference/api.md", apiDocument()],
    ["llms.txt", llmsText(help)],
  ]);
}
