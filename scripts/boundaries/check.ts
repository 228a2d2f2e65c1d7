import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { findCycles, relativeImports } from "./cycles.ts";
import { PACKAGE_RULES, type PackageRule } from "./layers.ts";
import { importsOf, type SourceImport } from "./source-imports.ts";
import type { WorkspacePackage } from "./workspace.ts";

export interface BoundaryReport {
  readonly modules: number;
  readonly imports: number;
  readonly problems: readonly string[];
}

/** `@scope/name/entry` → `@scope/name`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** Holds every module's imports against the table of layers, and every manifest against the imports. */
export function checkBoundaries(workspace: readonly WorkspacePackage[], rules: ReadonlyMap<string, PackageRule> = PACKAGE_RULES): BoundaryReport {
  const check = new BoundaryCheck(workspace, rules);
  for (const one of workspace) check.package(one);
  check.owners();
  for (const name of rules.keys())
    if (!workspace.some(({ manifest }) => manifest.name === name)) check.problems.push(`${name} is in the table of layers, but there is no such package`);
  if (check.modules === 0) check.problems.push("0 modules were read: a check of nothing proves nothing");
  return check;
}

class BoundaryCheck implements BoundaryReport {
  modules = 0;
  imports = 0;
  readonly problems: string[] = [];
  private readonly byName: ReadonlyMap<string, WorkspacePackage>;
  private readonly rules: ReadonlyMap<string, PackageRule>;
  private readonly ownersOf = new Map<string, Set<string>>();

  constructor(workspace: readonly WorkspacePackage[], rules: ReadonlyMap<string, PackageRule>) {
    this.byName = new Map(workspace.map((one) => [one.manifest.name, one]));
    this.rules = rules;
  }

  package(one: WorkspacePackage): void {
    const { name } = one.manifest;
    const rule = this.rules.get(name);
    if (rule === undefined) return void this.problems.push(`${one.directory}: ${name} has no place in the table of layers`);
    if (one.sources.size === 0) this.problems.push(`${one.directory}: no module was found`);
    const used = new Set<string>();
    const graph = new Map<string, readonly string[]>();
    for (const [path, text] of one.sources) {
      const imports = importsOf(path, text);
      this.modules++;
      this.imports += imports.length;
      graph.set(
        path,
        imports.map(({ specifier }) => specifier),
      );
      for (const each of imports) this.sourceImport({ one, rule, path, used }, each);
    }
    for (const cycle of findCycles(relativeImports(graph))) this.problems.push(`import cycle: ${cycle.join(" → ")}`);
    for (const [path, text] of one.tests) for (const each of importsOf(path, text)) this.testImport({ one, rule, path }, each);
    this.manifest(one, used);
  }

  /** Each third-party dependency is one package's business, so that it can be replaced in one place. */
  owners(): void {
    for (const [dependency, owners] of this.ownersOf) {
      if (owners.size > 1) this.problems.push(`${dependency} is imported by ${[...owners].join(" and ")}; a dependency has one owner`);
    }
  }

  private sourceImport(
    { one, rule, path, used }: { one: WorkspacePackage; rule: PackageRule; path: string; used: Set<string> },
    { specifier, line }: SourceImport,
  ): void {
    const at = `${path}:${line}`;
    const { name } = one.manifest;
    if (specifier.startsWith(".")) return this.staysInside(one, path, { specifier, line });
    if (isBuiltin(specifier)) {
      if (rule.isPure) this.problems.push(`${at}: ${name} is pure and imports ${specifier}`);
      return;
    }
    const target = packageOf(specifier);
    used.add(target);
    const targetRule = this.rules.get(target);
    if (targetRule === undefined) {
      this.ownersOf.set(target, (this.ownersOf.get(target) ?? new Set()).add(name));
      return;
    }
    if (targetRule.layer === rule.layer) this.problems.push(`${at}: ${name} imports ${specifier} sideways, both are of layer ${rule.layer}`);
    else if (targetRule.layer > rule.layer) this.problems.push(`${at}: ${name} (layer ${rule.layer}) imports ${specifier} (layer ${targetRule.layer}) upwards`);
    else if (!rule.mayImport.includes(specifier) && !(rule.layer > 3 && rule.mayImport.includes(target)))
      this.problems.push(`${at}: ${name} may not import ${specifier}`);
    const entry = `.${specifier.slice(target.length)}`;
    if (this.byName.get(target)?.manifest.exports.includes(entry) === false) this.problems.push(`${at}: ${target} does not export ${entry}`);
  }

  /** A test may use the fixtures of a package that its own package may import. */
  private testImport({ one, rule, path }: { one: WorkspacePackage; rule: PackageRule; path: string }, each: SourceImport): void {
    const target = posix.join(posix.dirname(path), each.specifier);
    const isFixture = [...this.byName.values()].some(
      ({ directory, manifest }) => target.startsWith(`${directory}/test/`) && rule.mayImport.includes(manifest.name),
    );
    if (!isFixture) this.staysInside(one, path, each);
  }

  /** A relative import that leaves the package goes round its public face. */
  private staysInside(one: WorkspacePackage, path: string, { specifier, line }: SourceImport): void {
    if (!specifier.startsWith(".")) return;
    const target = posix.join(posix.dirname(path), specifier);
    const entersOther = [...this.byName.values()].some((other) => other !== one && target.startsWith(`${other.directory}/`));
    if (entersOther) this.problems.push(`${path}:${line}: ${specifier} reaches into another package; import it by its name`);
  }

  private manifest({ directory, manifest }: WorkspacePackage, used: ReadonlySet<string>): void {
    const { dependencies, references } = manifest;
    for (const name of used) if (!dependencies.includes(name)) this.problems.push(`${directory}/package.json: imports ${name} and does not list it`);
    for (const name of dependencies) if (!used.has(name)) this.problems.push(`${directory}/package.json: lists ${name} and does not import it`);
    for (const name of used)
      if (this.rules.has(name) && !references.includes(name)) this.problems.push(`${directory}/tsconfig.json: imports ${name} and has no reference to it`);
    for (const name of references) if (!used.has(name)) this.problems.push(`${directory}/tsconfig.json: refers to ${name} and does not import it`);
  }
}
