/*
 * Three nodes in one process on virtual time: they elect a leader, commit three entries, lose the leader and go on.
 * Run: node examples/three-nodes.ts
 */
import { crc32 } from "node:zlib";
import { EMPTY_PAST, RaftNode, type RaftInput, type RaftOptions, type Voter } from "raft-ts";

const VOTERS: readonly Voter[] = [1, 2, 3].map((id) => ({ id, directoryId: `disk-${id}`, address: `node-${id}` }));
const LATENCY_US = 500;
const SYNC_US = 2_000;

interface Event {
  readonly atUs: number;
  readonly to: number;
  readonly input: RaftInput;
}

let nowUs = 0;
const events: Event[] = [];
const nodes = new Map(VOTERS.map((self) => [self.id, new RaftNode(optionsOf(self), EMPTY_PAST, nowUs)]));

function optionsOf(self: Voter): RaftOptions {
  const random = () => Math.floor(Math.random() * 0x1_0000_0000);
  return { self, voters: VOTERS, electionTimeoutUs: 1_000_000, heartbeatIntervalUs: 200_000, random, crc: crc32 };
}

/** The shell: does what the node asks for. A real one would write a file and sockets here. */
function perform(id: number, node: RaftNode): void {
  for (const output of node.drain()) {
    switch (output.type) {
      case "persist":
        events.push({ atUs: nowUs + SYNC_US, to: id, input: { type: "persisted", id: output.id } });
        break;
      case "send":
        events.push({
          atUs: nowUs + LATENCY_US,
          to: output.to.id,
          input: { type: "message", from: { id, directoryId: `disk-${id}` }, message: output.message },
        });
        break;
      case "committed":
        for (const entry of output.entries) if (entry.kind === "data") say(`${id} applies ${entry.index}: ${new TextDecoder().decode(entry.payload)}`);
        break;
      case "role":
        say(`${id} is ${output.role} of term ${output.term}${output.leader === -1 ? "" : `, led by ${output.leader}`}`);
        break;
    }
  }
}

function say(text: string): void {
  console.log(`${(nowUs / 1000).toFixed(1).padStart(8)} ms  ${text}`);
}

function step(id: number, input: RaftInput): void {
  const node = nodes.get(id);
  if (node === undefined) return;
  node.step(input, nowUs);
  perform(id, node);
}

/** Runs events and deadlines in order of time. */
function runUntil(isDone: () => boolean): void {
  while (!isDone()) {
    const deadlines = [...nodes].map(([to, node]): Event => ({ atUs: node.nextDeadlineUs ?? Infinity, to, input: { type: "deadline" } }));
    const [next] = [...events, ...deadlines].toSorted((a, b) => a.atUs - b.atUs);
    if (next === undefined) return;
    if (events.includes(next)) events.splice(events.indexOf(next), 1);
    nowUs = Math.max(nowUs, next.atUs);
    step(next.to, next.input);
  }
}

const leader = () => [...nodes].find(([, node]) => node.role === "leader")?.[0];
const isCommitted = (count: number) => () => [...nodes.values()].every((node) => node.commitIndex >= count);

function propose(text: string): void {
  const id = leader() ?? 0;
  const node = nodes.get(id);
  if (node === undefined) return;
  say(`propose ${text} to ${id}: ${JSON.stringify(node.propose(new TextEncoder().encode(text), nowUs))}`);
  perform(id, node);
}

for (const [id, node] of nodes) perform(id, node);
runUntil(() => leader() !== undefined);
for (const text of ["one", "two", "three"]) propose(text);
runUntil(isCommitted(4));

const dead = leader() ?? 0;
say(`${dead} dies`);
nodes.delete(dead);
for (const id of nodes.keys()) step(id, { type: "peer-refused", peer: dead });
runUntil(() => leader() !== undefined);
propose("four");
runUntil(isCommitted(6));
