import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type DeclarationModule, readDeclarationModule } from "./declaration-module.ts";

/** The file that declares what `specifier` names where `file` imports it. Throws for what is not of the workspace. */
export type Resolver = (specifier: string, file: string) => string;

/**
 * One text of declarations out of many files: what `entry` exports, and all that these refer to, wherever it is declared.
 *
 * Throws where two things of one name meet, and where a thing has two names.
 */
export function rollUp(entry: string, resolver: Resolver): string {
  const modules = new Map<string, DeclarationModule>();
  const moduleOf = (file: string): DeclarationModule => {
    const module = modules.get(file) ?? readDeclarationModule(file);
    modules.set(file, module);
    return module;
  };
  /** The file that declares a name of `file`; undefined for names of the language, and of type parameters. */
  const ownerOf = (name: string, file: string): string | undefined => {
    const { imports, declarations, wholes } = moduleOf(file);
    const origin = imports.get(name);
    if (origin !== undefined) {
      if (origin.name !== name) throw new Error(`${file} takes ${origin.name ?? "all"} of ${origin.from} as ${name}: here a thing has one name`);
      return ownerOf(name, resolver(origin.from, file));
    }
    if (declarations.some((one) => one.name === name)) return file;
    for (const whole of wholes) {
      const owner = ownerOf(name, resolver(whole, file));
      if (owner !== undefined) return owner;
    }
    return undefined;
  };
  const taken = new Map<string, string>();
  const texts: string[] = [];
  const take = (name: string, file: string): void => {
    const owner = ownerOf(name, file);
    const before = taken.get(name);
    if (owner === undefined || before === owner) return;
    if (before !== undefined) throw new Error(`${name} is declared by ${before} and by ${owner}`);
    taken.set(name, owner);
    const declarations = moduleOf(owner).declarations.filter((one) => one.name === name);
    texts.push(...declarations.map(({ text }) => text));
    for (const { references } of declarations) for (const reference of references) take(reference, owner);
  };
  const { exports } = moduleOf(entry);
  for (const { name } of exports) take(name, entry);
  const missing = exports.filter(({ name }) => !taken.has(name));
  if (missing.length > 0) throw new Error(`${entry} exports what is declared nowhere: ${missing.map(({ name }) => name).join(", ")}`);
  return `${texts.join("\n\n")}\n\nexport { ${exports.map(({ name, isType }) => (isType ? `type ${name}` : name)).join(", ")} };\n`;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
}

/** Of a workspace whose packages export their sources and have the declarations of `src/x.ts` at `dist/x.d.ts`. `directories` are their own, by name. */
export function workspaceResolver(directories: ReadonlyMap<string, string>): Resolver {
  return (specifier, file) => {
    if (specifier.startsWith(".")) return resolve(dirname(file), specifier.replace(/\.ts$/, ".d.ts"));
    const name = /^@[^/]+\/[^/]+|^[^/]+/.exec(specifier)?.[0] ?? specifier;
    const directory = directories.get(name);
    if (directory === undefined) throw new Error(`${file} wants types of ${specifier}, which is not of the workspace`);
    const { exports } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
    const source = exports[`.${specifier.slice(name.length)}`];
    if (source === undefined) throw new Error(`${file} imports ${specifier}, which ${name} does not export`);
    return join(directory, source.replace("./src/", "dist/").replace(/\.ts$/, ".d.ts"));
  };
}
