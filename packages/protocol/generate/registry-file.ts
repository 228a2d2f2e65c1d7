import { type GeneratedFile, NOTICE } from "./api-file.ts";
import type { ApiDescription } from "./description.ts";
import { hasRecords, kebabCase } from "./names.ts";
import { isEmpty, parseVersions } from "./versions.ts";

/** The numbers of all APIs, and the types that connect an API's name with its messages. */
export function emitApiTypesFile(apis: readonly ApiDescription[]): GeneratedFile {
  const imports = apis.map((api) => `import type * as ${moduleName(api)} from "./${kebabCase(api.name)}.ts";`);
  const text = [
    NOTICE,
    `${imports.join("\n")}\nimport type { RecordsInput } from "../wire/records-part.ts";`,
    `/** Numbers of the APIs that this package describes. */\nexport const API_KEYS = {\n${apis.map((api) => `  ${api.name}: ${api.key},`).join("\n")}\n} as const;`,
    "export type ApiName = keyof typeof API_KEYS;\nexport type ApiKey = (typeof API_KEYS)[ApiName];",
    `/** What decodes from the wire. */\nexport interface ApiMessages {\n${apis.map((api) => messageTypes(api, "")).join("\n")}\n}`,
    `/** What may be encoded: records also as a list of parts. */\nexport interface ApiInputs {\n${apis.map((api) => messageTypes(api, "<RecordsInput>")).join("\n")}\n}`,
  ].join("\n\n");
  return { path: "api-types.ts", text: `${text}\n` };
}

/** The table of all APIs with their codecs. */
export function emitRegistryFile(apis: readonly ApiDescription[]): GeneratedFile {
  const imports = apis.map((api) => `import * as ${moduleName(api)} from "./${kebabCase(api.name)}.ts";`);
  const text = [
    NOTICE,
    `${imports.join("\n")}\nimport type { ApiCodec } from "../api-codec.ts";\nimport type { ApiName } from "./api-types.ts";`,
    `export const apis: { readonly [N in ApiName]: ApiCodec<N> } = {\n${apis.map(codecEntry).join("\n")}\n};`,
  ].join("\n\n");
  return { path: "registry.ts", text: `${text}\n` };
}

/** Of these files the index does not give everything. */
const NOT_WHOLE = ["headers.ts", "group-records.ts", "consumer-protocol.ts", "registry.ts", "api-types.ts"];

export function emitIndexFile(files: readonly GeneratedFile[]): GeneratedFile {
  const lines = files.filter((file) => !NOT_WHOLE.includes(file.path)).map((file) => `export * from "./${file.path}";`);
  return {
    path: "index.ts",
    text: `${NOTICE}\n\n${lines.join("\n")}\nexport { API_KEYS, type ApiInputs, type ApiKey, type ApiMessages, type ApiName } from "./api-types.ts";\nexport { apis } from "./registry.ts";\n`,
  };
}

const moduleName = (api: ApiDescription): string => api.name.charAt(0).toLowerCase() + api.name.slice(1);

function messageTypes(api: ApiDescription, recordsType: string): string {
  const side = (name: "Request" | "Response", fields: ApiDescription["request"]): string => {
    const type = `${moduleName(api)}.${api.name}${name}`;
    return hasRecords({ struct: name, fields }) ? type + recordsType : type;
  };
  return `  readonly ${api.name}: { readonly request: ${side("Request", api.request)}; readonly response: ${side("Response", api.response)} };`;
}

function codecEntry(api: ApiDescription): string {
  const { low, high } = parseVersions(api.versions);
  const flexible = parseVersions(api.flexible);
  const module = moduleName(api);
  return [
    `  ${api.name}: {`,
    `    key: ${api.key},`,
    `    name: "${api.name}",`,
    `    listeners: ${JSON.stringify(api.listeners)},`,
    `    minVersion: ${low},`,
    `    maxVersion: ${high},`,
    `    flexibleFrom: ${isEmpty(flexible) ? "Number.POSITIVE_INFINITY" : flexible.low},`,
    `    hasFlexibleResponseHeader: ${api.responseHeader !== "always-0"},`,
    `    decodeRequest: ${module}.decode${api.name}Request,`,
    `    encodeRequest: ${module}.encode${api.name}Request,`,
    `    decodeResponse: ${module}.decode${api.name}Response,`,
    `    encodeResponse: ${module}.encode${api.name}Response,`,
    "  },",
  ].join("\n");
}
