import { equalBytes } from "@samsa/stdx";
import type { JoinGroupResponse, SyncGroupResponse } from "@samsa/protocol";

export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

/** A member of a classic group, as its coordinator knows it. */
export interface ClassicMember {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the order in which it prefers them. */
  protocols: readonly MemberProtocol[];
  assignment: Uint8Array;
  /** Since it joined, until its first generation begins. */
  isNew: boolean;
  /** Answers its JoinGroup, which waits for the others. */
  joining: ((response: JoinGroupResponse) => void) | undefined;
  /** Answers its SyncGroup, which waits for the leader's. */
  syncing: ((response: SyncGroupResponse) => void) | undefined;
}

const NO_BYTES = new Uint8Array(0);

export function newMember(
  identity: Pick<ClassicMember, "memberId" | "instanceId" | "clientId" | "clientHost">,
  settings: Pick<ClassicMember, "rebalanceTimeoutMs" | "sessionTimeoutMs" | "protocols">,
): ClassicMember {
  return { ...identity, ...settings, assignment: NO_BYTES, isNew: false, joining: undefined, syncing: undefined };
}

/** What the member says to the others in this protocol: its subscription, for consumers. */
export const metadataOf = (member: ClassicMember, protocol: string | null): Uint8Array =>
  member.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_BYTES;

/** The same protocols, in the same order, with the same metadata: joining again changes nothing. */
export function hasProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every(({ name, metadata }, at) => {
      const other = protocols[at];
      return other !== undefined && name === other.name && equalBytes(metadata, other.metadata);
    })
  );
}
