import type { FieldFacts, MessageFacts } from "./facts.ts";

/** One line for each fact in which ours is not Kafka's. */
export function differencesOf(ours: MessageFacts, kafkas: MessageFacts): string[] {
  const lines: string[] = [];
  compare(ours.name, ours, kafkas, lines);
  return lines;
}

function compare(where: string, ours: MessageFacts | FieldFacts, kafkas: MessageFacts | FieldFacts, lines: string[]): void {
  const known = new Map<string, unknown>(Object.entries(kafkas));
  for (const [fact, value] of Object.entries(ours)) {
    const theirs = known.get(fact);
    if (fact !== "fields" && JSON.stringify(value) !== JSON.stringify(theirs))
      lines.push(`${where}: ${fact} is ${JSON.stringify(value)} here, ${JSON.stringify(theirs)} in Kafka`);
  }
  compareFields(where, ours.fields, kafkas.fields, lines);
}

function compareFields(where: string, ours: readonly FieldFacts[], kafkas: readonly FieldFacts[], lines: string[]): void {
  const byName = new Map(kafkas.map((field) => [field.name, field]));
  for (const field of ours) {
    const theirs = byName.get(field.name);
    if (theirs === undefined) lines.push(`${where}: ${field.name} is not in Kafka`);
    else compare(`${where}.${field.name}`, field, theirs, lines);
  }
  const names = ours.map(({ name }) => name);
  for (const { name } of kafkas) if (!names.includes(name)) lines.push(`${where}: ${name} is missing here`);
  const common = kafkas.map(({ name }) => name).filter((name) => names.includes(name));
  const order = names.filter((name) => byName.has(name));
  if (order.join() !== common.join()) lines.push(`${where}: the order of the fields is ${order.join(", ")} here, ${common.join(", ")} in Kafka`);
}
