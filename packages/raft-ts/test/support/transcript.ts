import {
  type Entry,
  NO_NODE,
  type PersistedWrite,
  type RaftInput,
  type RaftLimits,
  type RaftMessage,
  RaftNode,
  type RaftOutput,
  type Recovered,
} from "../../src/index.ts";
import { Checker } from "./checker.ts";

/*
 * Transcripts: lines that begin with `>` are commands, `#` comments; all others are what the commands printed. Nothing happens by itself.
 *
 *   voters 1 2 3                      who there is; then `start`, or `node` to begin with a past
 *   limits maxEntriesPerAppend=1      before the nodes
 *   start 1 2 3                       (re)starts from what is on disk
 *   node 1 term=3 vote=2 log=1,1,3    starts with a past: one entry a term listed
 *   expire 1                          time passes until the node's deadline, and only this node notices
 *   wait 500                          so many milliseconds pass, nobody notices
 *   pass 500 1 2                      so many milliseconds pass among these, who talk and notice; only changes of role and commits are printed
 *   sync 1                            the node's outstanding write becomes durable
 *   deliver 1>2 [3]                   the next message (or so many) from 1 reaches 2
 *   drop 1>2                          all messages from 1 to 2 are lost
 *   settle 1 2 3                      syncs and delivers among these until nothing is left to do
 *   propose 1 x · refused 1 2 · reconnect 1 2
 *   crash 1 · power-loss 1            the process dies; with power loss what was not synced is gone too
 *   show [1 2]                        role, term, commit index and terms of the log
 */
const ELECTION_TIMEOUT_US = 1_000_000;
/** More rounds than any transcript needs: settling must come to an end. */
const SETTLE_ROUNDS_MAX = 200;

interface Host {
  node: RaftNode | undefined;
  past: Recovered;
  outstanding: { readonly id: number; readonly write: PersistedWrite } | undefined;
}

class Transcript {
  private readonly lines: string[] = [];
  private readonly hosts = new Map<number, Host>();
  private readonly links = new Map<string, RaftMessage[]>();
  private voters: readonly number[] = [];
  private limits: Partial<RaftLimits> = {};
  private checker = new Checker(0);
  private nowUs = 0;

  run(command: string): readonly string[] {
    this.lines.length = 0;
    const [verb = "", ...words] = command.split(/\s+/);
    this.execute(verb, words);
    return [...this.lines];
  }

  private execute(verb: string, words: readonly string[]): void {
    const ids = words.filter((word) => /^\d+$/.test(word)).map(Number);
    const id = ids[0] ?? NO_NODE;
    switch (verb) {
      case "voters":
        this.voters = ids;
        this.checker = new Checker(ids.length);
        return;
      case "limits":
        this.limits = Object.fromEntries(words.map((word) => word.split("=")).map(([name, value]) => [name, Number(value)]));
        return;
      case "start":
        return ids.forEach((each) => this.start(each));
      case "node":
        this.hosts.set(id, { node: undefined, past: parsePast(words.slice(1)), outstanding: undefined });
        return this.start(id);
      case "expire":
        this.nowUs = Math.max(this.nowUs, this.node(id).nextDeadlineUs ?? this.nowUs);
        return this.step(id, { type: "deadline" });
      case "wait":
        this.nowUs += id * 1000;
        return;
      case "pass":
        return this.pass(id, ids.slice(1));
      case "sync":
        return this.sync(id);
      case "deliver":
        return this.deliver(words[0] ?? "", Number(words[1] ?? 1));
      case "drop":
        this.links.delete(words[0] ?? "");
        return;
      case "settle":
        return this.settle(ids);
      case "propose":
        this.print(`${id}: proposed ${JSON.stringify(this.node(id).propose(bytes(words[1] ?? ""), this.nowUs))}`);
        return this.drain(id);
      case "refused":
        return this.step(id, { type: "peer-refused", peer: ids[1] ?? NO_NODE });
      case "reconnect":
        this.step(id, { type: "peer-reconnected", peer: ids[1] ?? NO_NODE });
        return this.step(ids[1] ?? NO_NODE, { type: "peer-reconnected", peer: id });
      case "crash":
      case "power-loss":
        return this.stop(id, verb);
      case "show":
        return (ids.length > 0 ? ids : this.voters).forEach((each) => this.show(each));
      default:
        throw new Error(`unknown command ${verb}`);
    }
  }

  private start(id: number): void {
    const host = this.hosts.get(id) ?? { node: undefined, past: { term: 0, votedFor: NO_NODE, entries: [] }, outstanding: undefined };
    this.hosts.set(id, host);
    this.checker.started(id, host.past, 0);
    // A fixed draw a node: timeouts differ, and never depend on what was drawn before.
    const random = (): number => (id * 0x1000_0000) % 0x1_0000_0000;
    const options = { self: id, voters: this.voters, electionTimeoutUs: ELECTION_TIMEOUT_US, heartbeatIntervalUs: 200_000, random, limits: this.limits };
    host.node = new RaftNode(options, host.past, this.nowUs);
    this.drain(id);
  }

  private stop(id: number, how: "crash" | "power-loss"): void {
    const host = this.host(id);
    if (how === "crash" && host.outstanding !== undefined) this.write(id, host, host.outstanding.write);
    host.node = undefined;
    host.outstanding = undefined;
    for (const link of this.links.keys()) if (link.startsWith(`${id}>`) || link.endsWith(`>${id}`)) this.links.delete(link);
  }

  private write(id: number, host: Host, write: PersistedWrite): void {
    const kept = write.truncateFrom > 0 ? host.past.entries.slice(0, write.truncateFrom - 1) : host.past.entries;
    host.past = { term: write.term, votedFor: write.votedFor, entries: [...kept, ...write.entries] };
    this.checker.synced(id, write);
  }

  private sync(id: number): void {
    const host = this.host(id);
    const { outstanding } = host;
    if (outstanding === undefined) throw new Error(`node ${id} has nothing to sync`);
    host.outstanding = undefined;
    this.write(id, host, outstanding.write);
    this.print(`${id}: synced write ${outstanding.id}`);
    this.step(id, { type: "persisted", id: outstanding.id });
  }

  private deliver(link: string, count: number): void {
    const [from = NO_NODE, to = NO_NODE] = link.split(">").map(Number);
    for (let i = 0; i < count; i++) {
      const message = this.links.get(link)?.shift();
      if (message === undefined) throw new Error(`nothing is on its way ${link}`);
      if (this.hosts.get(to)?.node !== undefined) this.step(to, { type: "message", from, message });
    }
  }

  private settle(ids: readonly number[]): void {
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      const links = ids.flatMap((from) => ids.map((to) => `${from}>${to}`)).filter((link) => (this.links.get(link)?.length ?? 0) > 0);
      const syncing = ids.filter((id) => this.host(id).outstanding !== undefined);
      if (links.length + syncing.length === 0) return;
      for (const link of links) this.deliver(link, 1);
      for (const id of syncing) this.sync(id);
    }
    throw new Error("it does not settle");
  }

  private pass(durationMs: number, ids: readonly number[]): void {
    const printed = this.lines.length;
    const endUs = this.nowUs + durationMs * 1000;
    for (;;) {
      const [next] = ids.map((id) => ({ id, atUs: this.node(id).nextDeadlineUs ?? Infinity })).toSorted((a, b) => a.atUs - b.atUs);
      if (next === undefined || next.atUs > endUs) break;
      this.nowUs = Math.max(this.nowUs, next.atUs);
      this.step(next.id, { type: "deadline" });
      this.settle(ids);
      for (const link of this.links.keys()) if (!ids.includes(Number(link.split(">")[1]))) this.links.delete(link);
    }
    this.nowUs = endUs;
    const kept = this.lines.slice(printed).filter((line) => / of term |committed/.test(line));
    this.lines.splice(printed, Infinity, ...kept);
  }

  private step(id: number, input: RaftInput): void {
    this.node(id).step(input, this.nowUs);
    this.drain(id);
  }

  private drain(id: number): void {
    const node = this.node(id);
    for (const output of node.drain()) this.perform(id, node, output);
    this.checker.stepped(id, node);
  }

  private perform(id: number, node: RaftNode, output: RaftOutput): void {
    switch (output.type) {
      case "persist":
        this.host(id).outstanding = output;
        return this.print(`${id}: write ${output.id}: ${describeWrite(output.write)}`);
      case "send": {
        const link = `${id}>${output.to}`;
        this.links.set(link, [...(this.links.get(link) ?? []), output.message]);
        this.checker.sent(id, output.to, output.message);
        return this.print(`${link} ${describeMessage(output.message)}`);
      }
      case "committed":
        this.print(`${id}: committed ${output.entries.map(describeEntry).join(" ")}`);
        return this.checker.committed(id, output.entries, node);
      case "role":
        return this.print(`${id}: ${output.role} of term ${output.term}${output.leader === NO_NODE ? "" : `, leader ${output.leader}`}`);
    }
  }

  private show(id: number): void {
    const node = this.hosts.get(id)?.node;
    if (node === undefined) return this.print(`${id}: down`);
    const terms = Array.from({ length: node.lastIndex }, (_, index) => node.termAt(index + 1));
    this.print(`${id}: ${node.role} of term ${node.term}, commit ${node.commitIndex}, log ${terms.join(" ")}`);
  }

  private print(line: string): void {
    this.lines.push(line);
  }

  private host(id: number): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no node ${id}`);
    return host;
  }

  private node(id: number): RaftNode {
    const { node } = this.host(id);
    if (node === undefined) throw new Error(`node ${id} is down`);
    return node;
  }
}

/** Runs the commands of a transcript and returns it with what they print now. */
export function runTranscript(text: string): string {
  const transcript = new Transcript();
  const kept = text.split("\n").filter((line) => line === "" || line.startsWith("#") || line.startsWith(">"));
  return kept.flatMap((line) => (line.startsWith(">") ? [line, ...transcript.run(line.slice(1).trim())] : [line])).join("\n");
}

function parsePast(words: readonly string[]): Recovered {
  const fields = new Map(words.map((word): [string, string] => [word.split("=")[0] ?? "", word.split("=")[1] ?? ""]));
  const terms = (fields.get("log") ?? "").split(",").filter(Boolean).map(Number);
  const entries = terms.map((term, i) => ({ index: i + 1, term, payload: bytes(`${i + 1}/${term}`) }));
  return { term: Number(fields.get("term") ?? 0), votedFor: Number(fields.get("vote") ?? NO_NODE), entries };
}

function describeWrite(write: PersistedWrite): string {
  const cut = write.truncateFrom > 0 ? `, cut at ${write.truncateFrom}` : "";
  const entries = write.entries.length > 0 ? `, ${write.entries.map(describeEntry).join(" ")}` : "";
  return `term ${write.term}, vote ${write.votedFor}${cut}${entries}`;
}

function describeMessage(message: RaftMessage): string {
  switch (message.type) {
    case "pre-vote-request":
    case "vote-request":
      return `${message.type} term ${message.term}, log ends ${message.lastIndex}/${message.lastTerm}`;
    case "pre-vote-response":
    case "vote-response":
      return `${message.type} term ${message.term}, ${message.isGranted ? "granted" : "refused"}`;
    case "append-request":
      return [
        `append term ${message.term} #${message.sequence} after ${message.previousIndex}/${message.previousTerm}, commit ${message.commitIndex}`,
        ...message.entries.map(describeEntry),
      ].join(" ");
    case "append-matched":
      return `matched term ${message.term} #${message.sequence} up to ${message.matchIndex}`;
    case "append-conflict":
      return `conflict term ${message.term} #${message.sequence}: term ${message.conflictTerm} from ${message.conflictIndex}`;
  }
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const describeEntry = ({ index, term, payload }: Entry): string => `${index}/${term}${payload.length > 0 ? `:${String.fromCharCode(...payload)}` : ""}`;
