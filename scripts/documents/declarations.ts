import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type ClassElement, type Comment, type ParamPattern, parseSync, type Program } from "oxc-parser";

/** What a module exports, as its source has it. */
export interface Declaration {
  readonly name: string;
  /** The docstring's text, without its stars; empty if there is none. */
  readonly about: string;
  /** Its declaration, without bodies, initial values of constants that are no literals, and private members. */
  readonly signature: string;
  /** Of a class: what it has in public. */
  readonly members: readonly Member[];
}

export interface Member {
  /** As it stands behind its owner: `.kill`, `[Symbol.dispose]`. */
  readonly name: string;
  readonly isStatic: boolean;
  readonly about: string;
  readonly signature: string;
}

/** Where a package's name leads: the module that it exports as `.`. */
export type Resolve = (specifier: string) => string | undefined;

interface Module {
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
}

type Statement = Program["body"][number];

/** All that a module exports, through whatever it exports again, in its order. Throws for what it can't follow. */
export function declarationsOf(path: string, resolve: Resolve): readonly Declaration[] {
  const module = read(path);
  return module.program.body.flatMap((statement) => {
    if (statement.type === "ExportAllDeclaration") return declarationsOf(follow(module, statement.source.value, resolve), resolve);
    if (statement.type !== "ExportNamedDeclaration") return [];
    if (statement.declaration !== null) return namesIn(statement.declaration).map((name) => declare(module, statement, name));
    const { source } = statement;
    if (source === null) throw new SyntaxError(`${path}: a list of exports without a module is not followed`);
    const all = declarationsOf(follow(module, source.value, resolve), resolve);
    return statement.specifiers.map(({ local, exportKind }) => {
      const name = local.type === "Literal" ? local.value : local.name;
      const found = all.find((one) => one.name === name);
      if (found === undefined) throw new SyntaxError(`${path}: ${source.value} does not export ${name}`);
      // Of what is exported as a type only, nobody outside makes one.
      const isType = statement.exportKind === "type" || exportKind === "type";
      return isType ? { ...found, members: found.members.filter((member) => member.name !== ".constructor") } : found;
    });
  });
}

const modules = new Map<string, Module>();

function read(path: string): Module {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const module = { path, text, program, comments };
  modules.set(path, module);
  return module;
}

function follow({ path }: Module, specifier: string, resolve: Resolve): string {
  const target = specifier.startsWith(".") ? join(dirname(path), specifier) : resolve(specifier);
  if (target === undefined) throw new SyntaxError(`${path}: there is no source of ${specifier}`);
  return target;
}

type Declared = NonNullable<Extract<Statement, { readonly type: "ExportNamedDeclaration" }>["declaration"]>;

function namesIn(declared: Declared): readonly string[] {
  if (declared.type === "VariableDeclaration") return declared.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  return "id" in declared && declared.id !== null && declared.id.type === "Identifier" ? [declared.id.name] : [];
}

function declare(module: Module, statement: Statement, name: string): Declaration {
  const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : null;
  if (declared === null) throw new SyntaxError(`${module.path}: ${name} is not declared where it is exported`);
  const about = docstringBefore(module, statement.start);
  if (declared.type === "ClassDeclaration") {
    const members = declared.body.body.flatMap((element) => memberOf(module, element));
    return { name, about, signature: sliced(module, declared.start, declared.body.start), members };
  }
  if (declared.type === "FunctionDeclaration")
    return { name, about, signature: sliced(module, declared.start, declared.body?.start ?? declared.end, declared.params), members: [] };
  if (declared.type !== "VariableDeclaration") return { name, about, signature: sliced(module, declared.start, declared.end), members: [] };
  const [one] = declared.declarations.filter(({ id }) => id.type === "Identifier" && id.name === name);
  const value = one?.init;
  const isArrow = value?.type === "ArrowFunctionExpression";
  const end = isArrow ? value.body.start : declared.end;
  return { name, about, signature: sliced(module, declared.start, end, isArrow ? value.params : []).replace(/ =>$/, ""), members: [] };
}

function memberOf(module: Module, element: ClassElement): readonly Member[] {
  if (element.type !== "MethodDefinition" && element.type !== "PropertyDefinition") return [];
  const about = docstringBefore(module, element.start);
  const { key } = element;
  if (element.accessibility === "private" || about.includes("@internal") || key.type === "PrivateIdentifier") return [];
  const isMethod = element.type === "MethodDefinition";
  const text = module.text.slice(key.start, key.end);
  const end = isMethod ? (element.value.body?.start ?? element.end) : (element.value?.start ?? element.end);
  const signature = sliced(module, element.start, end, isMethod ? element.value.params : []).replace(/( =|;)$/, "");
  return [{ name: element.computed ? `[${text}]` : `.${text}`, isStatic: element.static, about, signature }];
}

/**
 * With the indentation of the source taken away. What is taken apart where it comes in is called `options`: how a function does that, and by which
 * constants, is not its caller's business; nor is that it is async.
 */
function sliced({ text }: Module, start: number, end: number, parameters: readonly ParamPattern[] = []): string {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const indentation = /^ */.exec(text.slice(lineStart))?.[0] ?? "";
  let signature = "";
  let from = start;
  for (const parameter of parameters) {
    const pattern = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
    if (pattern.type !== "ObjectPattern" || !pattern.typeAnnotation) continue;
    signature += `${text.slice(from, pattern.start)}options`;
    from = pattern.typeAnnotation.start;
  }
  return (signature + text.slice(from, end))
    .trimEnd()
    .replaceAll(`\n${indentation}`, "\n")
    .replace(/^(static )?async /, "$1");
}

function docstringBefore({ text, comments }: Module, start: number): string {
  const found = comments.find(({ type, value, end }) => type === "Block" && value.startsWith("*") && end <= start && text.slice(end, start).trim() === "");
  const lines = (found?.value.slice(1) ?? "").split("\n").map((line) => line.replace(/^\s*\*( |$)/, "").trimEnd());
  return lines.join("\n").trim();
}
