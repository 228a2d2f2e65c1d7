import { type NodeId, nodeId } from "@samsa/stdx";

/** Where a voter's control listener is: one entry of `controller.quorum.voters`. */
export interface ControlAddress {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
}

/** Where a node listens for other nodes, and under which host they find it. */
export interface ControlListener {
  readonly host: string;
  readonly advertisedHost: string;
  /** 0: any free one. */
  readonly port: number;
}

export const MAX_NODE_ID = 2 ** 31 - 1;

/** Parses `1@host:port,2@[::1]:port`; undefined if any entry is not of that form. */
export function parseQuorumVoters(text: string): readonly ControlAddress[] | undefined {
  const voters: ControlAddress[] = [];
  for (const entry of text.split(",")) {
    const [, id, address = ""] = /^\s*(\d+)@(\S+)\s*$/.exec(entry) ?? [];
    const parsed = parseAddress(address);
    if (id === undefined || parsed === undefined || Number(id) > MAX_NODE_ID) return undefined;
    voters.push({ nodeId: nodeId(Number(id)), ...parsed });
  }
  return new Set(voters.map((voter) => voter.nodeId)).size === voters.length ? voters : undefined;
}

/** As a voter's address is written in the metadata log: `host:port`, with brackets around an IPv6 address. */
export const addressText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/** The inverse of `addressText`; undefined for anything else. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, address, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = address ?? name;
  return host === undefined || port === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}
