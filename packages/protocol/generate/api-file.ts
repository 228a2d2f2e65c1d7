import { emitDecoder } from "./decoder.ts";
import type { ApiDescription, Field, MessageDescription, StructType } from "./description.ts";
import { emitEncoder } from "./encoder.ts";
import { defaultConstant, emitDefault, emitFactory, emitInterface, emitIsDefault } from "./interfaces.ts";
import { checkMessage, type Message, structsOf } from "./message.ts";
import { kebabCase } from "./names.ts";
import { parseVersions, type VersionRange } from "./versions.ts";

export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

export const NOTICE = "// Generated from packages/protocol/definitions; changes are lost.";

/** What a generated file may need, by the module it comes from. Only the names that occur in the text are imported. */
const IMPORTS: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> = {
  "@samsa/stdx": { values: ["ZERO_UUID"], types: ["Uuid"] },
  "../wire/errors.ts": { values: ["failDecodeVersion", "failEncodeVersion", "failNullField", "failUnsupportedField"], types: [] },
  "../wire/no-bytes.ts": { values: ["NO_BYTES"], types: [] },
  "../wire/reader.ts": { values: [], types: ["Reader"] },
  "../wire/records-part.ts": { values: [], types: ["Records", "RecordsInput", "UnknownTaggedField"] },
  "../wire/writer.ts": { values: [], types: ["Writer"] },
};

export function messagesOf(api: ApiDescription): readonly [request: Message, response: Message] {
  const side = (name: string, fields: readonly Field[]): Message =>
    message(`${api.name}${name}`, fields, parseVersions(api.versions), parseVersions(api.flexible));
  return [side("Request", api.request), side("Response", api.response)];
}

export function messageOfDescription({ name, fields, versions, flexible }: MessageDescription): Message {
  return message(name, fields, parseVersions(versions), parseVersions(flexible));
}

function message(name: string, fields: readonly Field[], versions: VersionRange, flexible: VersionRange): Message {
  const result = { root: { struct: name, fields }, versions, flexible };
  checkMessage(result);
  return result;
}

export function emitApiFile(api: ApiDescription): GeneratedFile {
  const history = Object.entries(api.history).map(([version, text]) => ` * ${version}: ${text}`);
  const title = ["/**", ` * ${api.name} (key ${api.key}), versions ${api.versions}, flexible ${api.flexible}.`, " *", ...history, " */"].join("\n");
  return { path: `${kebabCase(api.name)}.ts`, text: emitFile(title, messagesOf(api)) };
}

export function emitMessagesFile(path: string, title: string, descriptions: readonly MessageDescription[]): GeneratedFile {
  return { path, text: emitFile(`/** ${title} */`, descriptions.map(messageOfDescription)) };
}

/** The interfaces that several APIs have in common. */
export function emitSharedFile(apis: readonly ApiDescription[]): GeneratedFile {
  const shared = new Map<string, StructType>();
  for (const struct of apis.flatMap(messagesOf).flatMap(structsOf)) {
    if (struct.isShared !== true) continue;
    const known = shared.get(struct.struct);
    if (known !== undefined && known !== struct) throw new Error(`two shared structs are called ${struct.struct}`);
    shared.set(struct.struct, struct);
  }
  const body = [...shared.values()].flatMap((struct) => [emitInterface(struct), emitFactory(struct), emitDefault(struct)]).join("\n\n");
  return { path: "shared-structs.ts", text: withImports("/** Structs that several APIs have in common. */", body, []) };
}

function emitFile(title: string, messages: readonly Message[]): string {
  const blocks: string[] = [];
  const shared = new Map<string, StructType>();
  const done = new Set<string>();
  for (const current of messages) {
    for (const struct of structsOf(current)) {
      if (struct.isShared === true) shared.set(struct.struct, struct);
      else blocks.push(emitInterface(struct), emitFactory(struct), ...(isPlainField(current, struct) ? [emitDefault(struct)] : []));
      if (done.has(struct.struct)) continue;
      done.add(struct.struct);
      blocks.push(emitIsDefault(struct), emitDecoder(current, struct), emitEncoder(current, struct));
    }
  }
  return withImports(title, dropUnusedPredicates(blocks).join("\n\n"), [...shared.values()]);
}

/** Whether the struct is a field itself somewhere, not only the element of arrays: then it needs a default. */
function isPlainField(message: Message, struct: StructType): boolean {
  return structsOf(message).some((parent) => parent.fields.some((field) => field.type === struct));
}

/** Only tagged and not ignorable structs are ever compared with their default. */
function dropUnusedPredicates(blocks: readonly string[]): readonly string[] {
  const used = blocks.filter((block) => {
    const name = /^function (isDefault\w+)\(/.exec(block)?.[1];
    return name === undefined || blocks.some((other) => other !== block && other.includes(`${name}(`));
  });
  // One may have been used by another that is not.
  return used.length === blocks.length ? used : dropUnusedPredicates(used);
}

function withImports(title: string, body: string, shared: readonly StructType[]): string {
  const lines: string[] = [];
  const occurs = (name: string): boolean => new RegExp(`\\b${name}\\b`).test(body);
  const add = (module: string, values: readonly string[], types: readonly string[]): void => {
    const needed = types.filter(occurs);
    const names = [...values.filter(occurs), ...needed.map((name) => `type ${name}`)];
    if (names.length > 0)
      lines.push(names.length > needed.length ? `import { ${names.join(", ")} } from "${module}";` : `import type { ${needed.join(", ")} } from "${module}";`);
  };
  for (const [module, names] of Object.entries(IMPORTS)) add(module, names.values, names.types);
  add(
    "./shared-structs.ts",
    shared.map(defaultConstant),
    shared.map((struct) => struct.struct),
  );
  return `${NOTICE}\n\n${lines.join("\n")}\n\n${title}\n\n${body}\n`;
}
