import { listGroupDetails, type ListedGroup } from "../admin/groups.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import type { Session } from "../session/session.ts";
import type { ToolIo } from "../tool.ts";
import { uncheckedAnswerOf } from "./futures.ts";
import type { ResetWish } from "./reset-wish.ts";

/** One action of the tool. */
export interface Run {
  readonly session: Session;
  readonly parsed: ParsedOptions;
  readonly io: ToolIo;
  readonly wish: ResetWish;
}

/** Groups of consumers of both protocols, and those that only have offsets. */
export async function listConsumerGroups(session: Session): Promise<readonly ListedGroup[]> {
  const groups = await listGroupDetails(session);
  return groups.filter(({ protocol }) => protocol === "" || protocol === "consumer");
}

/** Ids of the groups that the options speak of. */
export async function wantedGroups({ session, parsed }: Run): Promise<readonly string[]> {
  if (!parsed.has("all-groups")) return parsed.valuesOf("group");
  return (await uncheckedAnswerOf(listConsumerGroups(session))).filter(isOfConsumers).map(({ id }) => id);
}

/** Not one of another type, whatever its protocol is called. */
export const isOfConsumers = ({ type }: ListedGroup): boolean => ["", "classic", "consumer"].includes(type.toLowerCase());
