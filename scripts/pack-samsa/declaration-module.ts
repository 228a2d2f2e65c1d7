import { readFileSync } from "node:fs";
import { type EcmaScriptModule, parseSync, type Program } from "oxc-parser";
import { referencesOf } from "./references.ts";

export interface Declaration {
  readonly name: string;
  /** Without `export`, with the comment before it, and without members that are marked as internal. */
  readonly text: string;
  /** Names, as its own module knows them. */
  readonly references: ReadonlySet<string>;
}

/** What a module takes from another one. */
export interface Import {
  /** The module, as it is written. */
  readonly from: string;
  /** Its name there; undefined for the module as one object. */
  readonly name: string | undefined;
}

/** One file of declarations. */
export interface DeclarationModule {
  /** What it has from elsewhere, by the name that it has here. */
  readonly imports: ReadonlyMap<string, Import>;
  readonly declarations: readonly Declaration[];
  /** The modules all of whose exports it exports. */
  readonly wholes: readonly string[];
  readonly exports: readonly { readonly name: string; readonly isType: boolean }[];
}

type Statement = Program["body"][number];

/** Throws where it can't be parsed. */
export function readDeclarationModule(file: string): DeclarationModule {
  const source = readFileSync(file, "utf8");
  const { program, module, errors } = parseSync(file, source);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`);
  const declarations: Declaration[] = [];
  let end = 0;
  for (const statement of program.body) {
    declarations.push(...declarationsOf(statement, { source, leading: source.slice(end, statement.start) }));
    end = statement.end;
  }
  const wholes = program.body.flatMap((one) => (one.type === "ExportAllDeclaration" ? [one.source.value] : []));
  // Whatever is declared where it is exported counts as a type for the parser, also a class.
  const declared = program.body.flatMap((one) => (one.type === "ExportNamedDeclaration" && one.declaration !== null ? [one.declaration] : []));
  const isValue = (name: string | null): boolean => declared.some((one) => !TYPES.has(one.type) && namesOf(one).includes(name ?? ""));
  const exports = module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, isType }) => ({ name: exportName.name ?? "default", isType: isType && !isValue(exportName.name) })),
  );
  return { imports: importsOf(module), declarations, wholes, exports };
}

function importsOf({ staticImports, staticExports }: EcmaScriptModule): ReadonlyMap<string, Import> {
  const imports = new Map<string, Import>();
  for (const { moduleRequest, entries } of staticImports)
    for (const { importName, localName } of entries) imports.set(localName.value, { from: moduleRequest.value, name: importName.name ?? undefined });
  for (const { moduleRequest, importName, exportName } of staticExports.flatMap(({ entries }) => entries))
    if (moduleRequest !== null && exportName.name !== null) imports.set(exportName.name, { from: moduleRequest.value, name: importName.name ?? undefined });
  return imports;
}

function declarationsOf(statement: Statement, { source, leading }: { readonly source: string; readonly leading: string }): readonly Declaration[] {
  const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
  if (declared === null || NO_DECLARATIONS.has(declared.type)) return [];
  const documentation = DOCUMENTATION.exec(leading)?.[0] ?? "";
  const text = `${documentation}${withoutInternals(declared, source).replace(/^export /, "")}`;
  return namesOf(declared).map((name) => ({ name, text, references: referencesOf(declared) }));
}

const TYPES: ReadonlySet<string> = new Set(["TSInterfaceDeclaration", "TSTypeAliasDeclaration"]);
const NO_DECLARATIONS: ReadonlySet<string> = new Set(["ImportDeclaration", "ExportAllDeclaration"]);

/** The last comment before a declaration. */
const DOCUMENTATION = /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/;

function namesOf(declared: Statement): readonly string[] {
  switch (declared.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return [declared.id.name];
    case "ClassDeclaration":
    case "TSDeclareFunction":
      return declared.id === null ? [] : [declared.id.name];
    case "VariableDeclaration":
      return declared.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
    default:
      throw new Error(`a ${declared.type} among declarations is not known here`);
  }
}

/** What a class has for its neighbours only is nobody else's business. */
function withoutInternals(declared: Statement, source: string): string {
  if (declared.type !== "ClassDeclaration") return source.slice(declared.start, declared.end);
  let [text, position] = ["", declared.start];
  for (const member of declared.body.body) {
    const upTo = source.slice(position, member.start);
    const documentation = DOCUMENTATION.exec(upTo);
    if (documentation?.[0].includes("@internal") === true) text += upTo.slice(0, documentation.index).trimEnd();
    else text += upTo + source.slice(member.start, member.end);
    position = member.end;
  }
  return text + source.slice(position, declared.end);
}
