import type { Socket } from "node:net";

const IPV4_MAPPED = "::ffff:";

/** `host:port` of the other side, an IPv4 address as such. */
export function remoteName(socket: Socket): string {
  const address = socket.remoteAddress ?? "unknown";
  const host = address.startsWith(IPV4_MAPPED) ? address.slice(IPV4_MAPPED.length) : address;
  return `${host.includes(":") ? `[${host}]` : host}:${socket.remotePort ?? 0}`;
}

/** The same memory without Buffer's own methods: its `slice` does not copy, and pure code counts on it. */
export const plainBytes = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
