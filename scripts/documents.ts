/** Writes the documents that are made from the code: docs/reference/ and llms.txt. Needs dist/samsa.mjs, which prints its help. */
import { mkdirSync, writeFileSync } from "node:fs";
import { generatedDocuments } from "./documents/generated-documents.ts";

mkdirSync("docs/reference", { recursive: true });
for (const [path, text] of await generatedDocuments()) writeFileSync(path, text);
