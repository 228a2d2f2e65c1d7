/** The names that a declaration refers to as types or in `typeof`; names of members and parameters are none of them. */
export function referencesOf(declaration: object): ReadonlySet<string> {
  const found = new Set<string>();
  collect(declaration, found);
  return found;
}

interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Where a node has a reference, if it is of a type that has one. */
const REFERRING: Readonly<Record<string, string>> = {
  TSTypeReference: "typeName",
  TSTypeQuery: "exprName",
  TSInterfaceHeritage: "expression",
  TSClassImplements: "expression",
  ClassDeclaration: "superClass",
};

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) return value.forEach((one) => collect(one, found));
  if (!isNode(value)) return;
  if (value.type === "TSImportType") throw new Error("import(…) as a type is not known here");
  const referred = value[REFERRING[value.type] ?? ""];
  const name = isNode(referred) ? firstOf(referred) : undefined;
  if (name !== undefined) found.add(name);
  for (const field of Object.values(value)) collect(field, found);
}

const isNode = (value: unknown): value is SyntaxNode => typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

/** `Kafka` of `Kafka.Admin`. */
function firstOf(node: SyntaxNode): string | undefined {
  if (node.type === "Identifier") return String(node.name);
  const left = node.left ?? node.object;
  return isNode(left) ? firstOf(left) : undefined;
}
