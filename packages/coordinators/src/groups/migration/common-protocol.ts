import type { ConsumerMember } from "../consumer/consumer-group-state.ts";

/**
 * The first of these names that all the others' lists have, too; undefined where there is none. Lists are as long as clients make them: it is as much work
 * as there are names in all of them.
 */
export function commonProtocol(names: Iterable<string>, others: Iterable<Iterable<string>>): string | undefined {
  let common = new Set(names);
  for (const other of others) {
    const both = new Set(other);
    // In the order of the first list.
    common = new Set([...common].filter((name) => both.has(name)));
  }
  return common.values().next().value;
}

export const namesOf = (protocols: readonly { readonly name: string }[]): readonly string[] => protocols.map(({ name }) => name);

/** The names of each member that uses the classic protocol. */
export const protocolNames = (members: Iterable<ConsumerMember>): readonly (readonly string[])[] =>
  Array.from(members, ({ metadata }) => metadata.classicMemberMetadata).flatMap((classic) => (classic === null ? [] : [namesOf(classic.supportedProtocols)]));
