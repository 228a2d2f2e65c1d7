/*
 * Three nodes over TCP and files: they elect a leader and commit, the leader dies, the others go on, and it comes back from its disk.
 * Run: node examples/over-sockets.ts
 *
 * A shell in full, but for authentication: a real one proves who is at the other end before it believes a hello.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  ANY_DIRECTORY,
  encodeWrite,
  parseRaftMessage,
  type PersistedWrite,
  RaftNode,
  type RaftInput,
  type RaftOutput,
  recover,
  type ReplicaKey,
  type Voter,
} from "raft-ts";

const REDIAL_MS = 50;

/** A write-ahead log and a snapshot in one directory. */
class Files {
  private readonly directory: string;
  private wal: number;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    this.wal = openSync(join(directory, "wal"), "a");
  }

  recover() {
    const snapshot = join(this.directory, "snapshot");
    const wal = readFileSync(join(this.directory, "wal"));
    const { recovered, validBytes } = recover(wal, existsSync(snapshot) ? readFileSync(snapshot) : undefined, crc32);
    this.replaceWal(wal.subarray(0, validBytes));
    return recovered;
  }

  write(write: PersistedWrite): void {
    const frame = encodeWrite(write, crc32);
    if (write.base !== undefined) return this.replaceWal(frame);
    writeSync(this.wal, frame);
    fsyncSync(this.wal);
  }

  /** At once or not at all: a new file takes the place of the old one. */
  replace(name: string, bytes: Uint8Array): void {
    const path = join(this.directory, name);
    const file = openSync(`${path}.new`, "w");
    writeSync(file, bytes);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.new`, path);
    const directory = openSync(this.directory, "r");
    fsyncSync(directory);
    closeSync(directory);
  }

  private replaceWal(bytes: Uint8Array): void {
    closeSync(this.wal);
    this.replace("wal", bytes);
    this.wal = openSync(join(this.directory, "wal"), "a");
  }
}

/** One node: its process, so to say. */
class Shell {
  readonly key: ReplicaKey;
  readonly node: RaftNode;
  /** The application: a list of what was committed. */
  applied: string[] = [];
  private readonly files: Files;
  private readonly server: Server;
  /** By id, once the other end has said who it is. */
  private readonly peers = new Map<number, { readonly key: ReplicaKey; readonly socket: Socket }>();
  private readonly sockets = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(key: ReplicaKey, directory: string) {
    this.key = key;
    this.files = new Files(directory);
    const times = { electionTimeoutUs: 500_000, heartbeatIntervalUs: 100_000, random: () => Math.floor(Math.random() * 0x1_0000_0000) };
    this.node = new RaftNode({ self: key, voters: VOTERS, ...times, crc: crc32, limits: { snapshotAfterEntries: 4 } }, this.files.recover(), nowUs());
    this.server = createServer((socket) => this.accept(socket)).listen(portOf(key.id), "127.0.0.1");
    // The lower id dials, so that two nodes have one connection.
    for (const { id } of VOTERS) if (id > key.id) this.dial(id);
    this.turn();
  }

  propose(text: string): boolean {
    const isTaken = this.node.propose(new TextEncoder().encode(text), nowUs()).ok;
    this.turn();
    return isTaken;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private step(input: RaftInput): void {
    if (this.isStopped) return;
    this.node.step(input, nowUs());
    this.turn();
  }

  private turn(): void {
    for (const output of this.node.drain()) this.perform(output);
    clearTimeout(this.timer);
    const { nextDeadlineUs } = this.node;
    if (nextDeadlineUs !== undefined) this.timer = setTimeout(() => this.step({ type: "deadline" }), Math.max(0, (nextDeadlineUs - nowUs()) / 1000 + 1));
  }

  private perform(output: RaftOutput): void {
    switch (output.type) {
      case "persist":
        this.files.write(output.write);
        return void setImmediate(() => this.step({ type: "persisted", id: output.id }));
      case "send":
        return this.send(output.to, output.message);
      case "restore":
        this.applied = JSON.parse(new TextDecoder().decode(output.snapshot.data)) as string[];
        return say(`${this.key.id} restores ${this.applied.join(" ")}`);
      case "committed":
        for (const { kind, payload } of output.entries) if (kind === "data") this.apply(new TextDecoder().decode(payload));
        return;
      case "take-snapshot": {
        const data = new TextEncoder().encode(JSON.stringify(this.applied));
        return void setImmediate(() => this.step({ type: "snapshot-taken", index: output.index, data }));
      }
      case "store-snapshot":
        this.files.replace("snapshot", output.snapshot.file);
        return void setImmediate(() => this.step({ type: "snapshot-stored", id: output.id }));
      case "read":
        return;
      case "role":
        return say(`${this.key.id} is ${output.role} of term ${output.term}${output.leader === -1 ? "" : `, led by ${output.leader}`}`);
    }
  }

  private apply(text: string): void {
    this.applied.push(text);
    say(`${this.key.id} applies ${text}`);
  }

  private send(to: ReplicaKey, message: unknown): void {
    const peer = this.peers.get(to.id);
    if (peer === undefined || (to.directoryId !== ANY_DIRECTORY && to.directoryId !== peer.key.directoryId)) return;
    peer.socket.write(frame(message));
  }

  private dial(id: number): void {
    if (this.isStopped) return;
    const socket = connect(portOf(id), "127.0.0.1", () => this.accept(socket));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") this.step({ type: "peer-refused", peer: id });
    });
    socket.on("close", () => setTimeout(() => this.dial(id), REDIAL_MS));
  }

  /** Both ends say who they are first; messages follow. */
  private accept(socket: Socket): void {
    this.sockets.add(socket);
    let from: ReplicaKey | undefined;
    let received = Buffer.alloc(0);
    socket.setNoDelay(true).write(frame(this.key));
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]);
      for (let size = 4; received.length >= 4 && received.length >= (size = 4 + received.readUInt32BE()); received = received.subarray(size)) {
        const value = JSON.parse(received.toString("utf8", 4, size), revive) as unknown;
        if (from === undefined) this.meet((from = value as ReplicaKey), socket);
        else this.receive(from, value);
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.sockets.delete(socket);
      if (from !== undefined && this.peers.get(from.id)?.socket === socket) this.peers.delete(from.id);
    });
  }

  private meet(key: ReplicaKey, socket: Socket): void {
    this.peers.set(key.id, { key, socket });
    this.step({ type: "peer-reconnected", peer: key.id });
  }

  private receive(from: ReplicaKey, value: unknown): void {
    const message = parseRaftMessage(value);
    if (message !== undefined) this.step({ type: "message", from, message });
  }
}

/** A length, and JSON with byte arrays in base64. */
function frame(value: unknown): Buffer {
  const text = JSON.stringify(value, (_, field: unknown) => (field instanceof Uint8Array ? { base64: Buffer.from(field).toString("base64") } : field));
  const bytes = Buffer.alloc(4 + Buffer.byteLength(text));
  bytes.writeUInt32BE(bytes.length - 4);
  bytes.write(text, 4);
  return bytes;
}

function revive(_: string, field: unknown): unknown {
  if (typeof field !== "object" || field === null || !("base64" in field) || typeof field.base64 !== "string") return field;
  return new Uint8Array(Buffer.from(field.base64, "base64"));
}

const nowUs = (): number => Math.floor(performance.now() * 1000);
const say = (text: string): void => console.log(`${performance.now().toFixed(0).padStart(6)} ms  ${text}`);

async function until(what: string, isDone: () => boolean): Promise<void> {
  for (let waited = 0; !isDone(); waited += 10) {
    if (waited > 15_000) throw new Error(`it took too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const root = mkdtempSync(join(tmpdir(), "raft-ts-"));
const ports = [await freePort(), await freePort(), await freePort()];
const portOf = (id: number): number => ports[id - 1] ?? 0;
const VOTERS: readonly Voter[] = [1, 2, 3].map((id) => ({ id, directoryId: ANY_DIRECTORY, address: `127.0.0.1:${portOf(id)}` }));
const start = (id: number): Shell => new Shell({ id, directoryId: `disk-${id}` }, join(root, `node-${id}`));
const shells = new Map(VOTERS.map(({ id }) => [id, start(id)]));
const leader = (): Shell | undefined => [...shells.values()].find(({ node }) => node.role === "leader");

async function proposeAll(texts: readonly string[]): Promise<void> {
  for (const text of texts) await until(`${text} is taken`, () => leader()?.propose(text) === true);
  const last = texts.at(-1) ?? "";
  await until(`${last} is everywhere`, () => [...shells.values()].every(({ applied }) => applied.includes(last)));
}

await proposeAll(["one", "two", "three"]);
const dead = leader();
if (dead === undefined) throw new Error("nobody leads");
say(`${dead.key.id} dies`);
dead.stop();
shells.delete(dead.key.id);
await proposeAll(["four", "five", "six"]);
say(`${dead.key.id} is back`);
shells.set(dead.key.id, start(dead.key.id));
await proposeAll(["seven"]);
for (const shell of shells.values()) say(`${shell.key.id} has ${shell.applied.join(" ")}`);
for (const shell of shells.values()) shell.stop();
rmSync(root, { recursive: true });
process.exit(0);
