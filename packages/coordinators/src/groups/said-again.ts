import { encodeUtf8 } from "@samsa/stdx";
import { MEMBER_ID_SUFFIX_LENGTH } from "./member-id.ts";

/** Of a string in Kafka's protocol. */
const STRING_BYTES_MAX = 0x7fff;
/** A UTF-16 unit has at most three bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * Whether a name that one client gave can be told to another one, with `more` bytes behind it: one that is no UTF-8 grows when it is said again, and an
 * answer that can't be said costs who asked its connection.
 */
function fits(name: string | null, more = 0): boolean {
  const max = STRING_BYTES_MAX - more;
  return name === null || name.length * BYTES_PER_UNIT_MAX <= max || encodeUtf8(name).length <= max;
}

/** What others are told of a member: by DescribeGroups, by ListGroups, and by the answers to its group's joins. */
export interface SaidOfMember {
  readonly clientId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string }[];
}

/** Whether all of it, and the member's id that is made of it, can be said. */
export function canBeSaidAgain({ clientId, groupInstanceId, protocolType, protocols }: SaidOfMember): boolean {
  const canHaveId = fits(groupInstanceId ?? clientId, MEMBER_ID_SUFFIX_LENGTH);
  return canHaveId && fits(clientId) && fits(protocolType) && protocols.every(({ name }) => fits(name));
}

export const isSayableGroupId = (groupId: string): boolean => fits(groupId);

/** Of anything that a member gave, and that others are told. */
export const canBeSaid = (name: string | null): boolean => fits(name);

/** Longest explanation that a client is told, in UTF-16 units: the names in it may be as long as a string can be. */
const MESSAGE_LENGTH_MAX = 1_000;

export function shortMessage(message: string | null): string | null {
  return message === null || message.length <= MESSAGE_LENGTH_MAX ? message : `${message.slice(0, MESSAGE_LENGTH_MAX)}…`;
}
