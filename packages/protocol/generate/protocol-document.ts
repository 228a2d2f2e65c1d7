import type { ApiDescription, Field } from "./description.ts";
import { defaultText, rangeText, typeText } from "./facts.ts";
import { structOf } from "./names.ts";
import { intersect, isEmpty, parseVersions, type VersionRange } from "./versions.ts";

const INTRODUCTION = `# Protocol

Kafka's APIs that Samsa has codecs for, with every version of Apache Kafka 4.3 and every field of those. A broker advertises those that it has a
handler for, and its controllers are asked by a protocol of their own.

Written from \`packages/protocol/definitions\` by \`npm run protocol-document\`; a test compares. With \`-- --schemas DIR\`, where the folders \`message\` and
\`group-coordinator\` have the schemas of Apache Kafka, every fact of every field is compared with them, and \`packages/protocol/schema-digests.json\` is written: by it the comparison
holds where the schemas are not at hand.

Fields are in the order of the wire, tagged ones (tag) behind all others of their struct. *Ignorable*: dropped in a version that lacks it; any other field
that is not at its default cannot be sent in such a version. Produce is advertised from version 0 on, as Kafka does for the sake of librdkafka; 0 to 2
close the connection.`;

/** The text of `docs/protocol.md`. */
export function protocolDocument(apis: readonly ApiDescription[]): string {
  const summary = apis.map(({ key, name, versions, flexible, listeners }) => {
    const known = parseVersions(versions);
    return `| ${key} | [${name}](#${name.toLowerCase()}) | ${versions} | ${rangeText(parseVersions(flexible), known)} | ${listeners.join(", ")} |`;
  });
  const table = ["| key | API | versions | flexible | listeners in Kafka |", "| --: | --- | --- | --- | --- |", ...summary].join("\n");
  return `${[INTRODUCTION, table, ...apis.map(apiSection)].join("\n\n")}\n`;
}

function apiSection(api: ApiDescription): string {
  const known = parseVersions(api.versions);
  const history = Object.entries(api.history).map(([version, text]) => `- ${version}: ${text}`);
  const header = api.responseHeader === "always-0" ? "Answers have response header 0 in every version.\n\n" : "";
  const parts = [`## ${api.name}`, `${header}${history.join("\n")}`.trim()];
  parts.push("### Request", fieldTable(api.request, known), "### Response", fieldTable(api.response, known));
  return parts.filter((part) => part !== "").join("\n\n");
}

function fieldTable(fields: readonly Field[], known: VersionRange): string {
  const rows = fieldRows("", fields, known);
  return rows.length === 0
    ? "No fields."
    : ["| field | type | versions | null in | default | what |", "| --- | --- | --- | --- | --- | --- |", ...rows].join("\n");
}

function fieldRows(parent: string, fields: readonly Field[], known: VersionRange): string[] {
  return fields.flatMap((field) => {
    const versions = intersect(parseVersions(field.versions), known);
    if (isEmpty(versions)) return [];
    const path = `${parent}${field.name}`;
    const nullable = rangeText(parseVersions(field.nullable ?? "none"), versions);
    const cells = [`\`${path}\``, typeText(field.type), rangeText(versions, known), nullable === "none" ? "" : nullable, defaultText(field), remark(field)];
    const struct = structOf(field.type);
    return [`| ${cells.join(" | ")} |`, ...(struct === undefined ? [] : fieldRows(`${path}.`, struct.fields, versions))];
  });
}

function remark({ tag, ignorable, mapKey, flexible, entity, about }: Field): string {
  const facts = [
    tag === undefined ? "" : `tag ${tag}`,
    mapKey === true ? "key" : "",
    ignorable === true ? "ignorable" : "",
    flexible === undefined ? "" : "never compact",
    entity ?? "",
  ].filter((fact) => fact !== "");
  return [facts.join(", "), about ?? ""]
    .filter((text) => text !== "")
    .join(". ")
    .replaceAll("|", "\\|");
}
