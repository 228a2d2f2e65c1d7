import {
  ANY_DIRECTORY,
  CorruptSnapshotError,
  NO_NODE,
  type RaftInput,
  type RaftLimits,
  type RaftMessage,
  RaftNode,
  type RaftOutput,
  type Recovered,
  type ReplicaKey,
  type Voter,
} from "../../src/index.ts";
import { Checker } from "./checker.ts";
import { crc32c } from "./crc.ts";
import { voter } from "./replicas.ts";
import { isFor } from "./sim-host.ts";
import { describeEntries, describeMessage, describeReplica, describeVoters, describeWrite } from "./transcript-format.ts";
import { parsePast, TranscriptHost } from "./transcript-host.ts";

/*
 * Transcripts: lines that begin with `>` are commands, `#` comments; all others are what the commands printed. Nothing happens by itself.
 *
 *   voters 1 2 3                      who votes first, with known disks; `voters any 1 2 3` with unknown ones. Whoever is not named observes.
 *   limits maxEntriesPerAppend=1      before the nodes
 *   start 1 2 3                       (re)starts from what is on disk
 *   node 1 term=3 vote=2 log=1,1,3    starts with a past: one entry a term listed
 *   expire 1                          time passes until the node's deadline, and only this node notices
 *   wait 500                          so many milliseconds pass, nobody notices
 *   pass 500 1 2                      so many milliseconds pass among these, who talk and notice; only changes of role and commits are printed
 *   sync 1 · take 1 · store 1         the node's outstanding write becomes durable; its application writes its state down; the snapshot becomes durable
 *   deliver 1>2 [3]                   the next message (or so many) from 1 reaches 2
 *   drop 1>2                          all messages from 1 to 2 are lost
 *   settle 1 2 3                      syncs, takes, stores and delivers among these until nothing is left to do
 *   quietly settle 1 2 3              any command, with only changes of role, commits and snapshots printed
 *   propose 1 x · read 1 · add 1 4 · remove 1 3 · transfer 1 2 · resign 1 · refused 1 2 · reconnect 1 2
 *   crash 1 · power-loss 1 · wipe 1   the process dies; with power loss what was not synced is gone too; with a wipe the whole disk is
 *   lose-snapshot 1                   the process dies, and the file of its snapshot is gone
 *   show [1 2] · who 1                role, term, commit index and terms of the log; the voters as this node knows them
 */
const ELECTION_TIMEOUT_US = 1_000_000;
/** More rounds than any transcript needs: settling must come to an end. */
const SETTLE_ROUNDS_MAX = 200;
const LOUD = /: (leader|follower|candidate|prospective|resigned|observer) of term|committed|restored|stored|refused|violat/;

class Transcript {
  private readonly lines: string[] = [];
  private readonly hosts = new Map<number, TranscriptHost>();
  private readonly links = new Map<string, { readonly from: ReplicaKey; readonly message: RaftMessage }[]>();
  private readonly checker = new Checker();
  private voters: readonly Voter[] = [];
  private limits: Partial<RaftLimits> = {};
  private nowUs = 0;

  run(command: string): readonly string[] {
    this.lines.length = 0;
    const [verb = "", ...words] = command.split(/\s+/);
    this.execute(verb, words);
    return [...this.lines];
  }

  private execute(verb: string, words: readonly string[]): void {
    const ids = words.filter((word) => /^\d+$/.test(word)).map(Number);
    const [id = NO_NODE, other = NO_NODE] = ids;
    switch (verb) {
      case "quietly":
        this.execute(words[0] ?? "", words.slice(1));
        return this.keep(0, LOUD);
      case "voters":
        this.voters = ids.map((each) => (words[0] === "any" ? { ...voter(each), directoryId: ANY_DIRECTORY } : voter(each)));
        return;
      case "limits":
        this.limits = Object.fromEntries(words.map((word) => word.split("=")).map(([name, value]) => [name, Number(value)]));
        return;
      case "start":
        return ids.forEach((each) => this.start(each));
      case "node":
        this.host(id).remember(parsePast(words.slice(1)));
        return this.start(id);
      case "wait":
        this.nowUs += id * 1000;
        return;
      case "pass":
        return this.pass(id, ids.slice(1));
      case "deliver":
        return this.deliver(words[0] ?? "", Number(words[1] ?? 1));
      case "drop":
        this.links.delete(words[0] ?? "");
        return;
      case "settle":
        return this.settle(ids);
      case "refused":
        return this.step(id, { type: "peer-refused", peer: other });
      case "reconnect":
        this.step(id, { type: "peer-reconnected", peer: other });
        return this.step(other, { type: "peer-reconnected", peer: id });
      case "show":
        return (ids.length > 0 ? ids : [...this.hosts.keys()].toSorted((a, b) => a - b)).forEach((each) => this.show(each));
      case "who":
        return this.print(`${id}: voters ${describeVoters(this.node(id).voters)}`);
      default:
        return this.ask(verb, { id, other, text: words[1] ?? "" });
    }
  }

  /** What is done to one node. */
  private ask(verb: string, { id, other, text }: { readonly id: number; readonly other: number; readonly text: string }): void {
    const host = this.host(id);
    switch (verb) {
      case "expire":
        this.nowUs = Math.max(this.nowUs, this.node(id).nextDeadlineUs ?? this.nowUs);
        return this.step(id, { type: "deadline" });
      case "sync":
        return this.sync(host);
      case "take":
        return this.take(host);
      case "store":
        return this.store(host);
      case "crash":
        host.sync();
        return this.stop(host);
      case "power-loss":
        return this.stop(host);
      case "wipe":
        this.stop(host);
        return host.wipe();
      case "lose-snapshot":
        this.stop(host);
        return host.loseSnapshot();
      case "propose":
        return this.answer(id, "proposed", this.node(id).propose(bytes(text), this.nowUs));
      case "add":
        return this.answer(id, "add", this.node(id).changeVoters({ type: "add", voter: { ...this.host(other).key, address: "" } }, this.nowUs));
      case "remove": {
        const removed = this.node(id).voters.find((each) => each.id === other) ?? this.host(other).key;
        return this.answer(id, "remove", this.node(id).changeVoters({ type: "remove", voter: removed }, this.nowUs));
      }
      case "transfer":
        return this.answer(id, "transfer", this.node(id).transferLeadership(other === NO_NODE ? undefined : other, this.nowUs));
      case "resign":
        this.node(id).resign(this.nowUs);
        return this.drain(id);
      case "read": {
        const asked = this.node(id).readIndex(this.nowUs);
        if (asked.ok) this.checker.asked(id, asked.id);
        return this.answer(id, "read", asked);
      }
      default:
        throw new Error(`unknown command ${verb}`);
    }
  }

  private answer(id: number, what: string, answer: object): void {
    this.print(`${id}: ${what} ${JSON.stringify(answer)}`);
    this.drain(id);
  }

  private start(id: number): void {
    const host = this.host(id);
    const recovered = this.recover(host);
    if (recovered === undefined) return;
    this.checker.started(host.key, recovered, 0);
    // A fixed draw a node: timeouts differ, and never depend on what was drawn before.
    const random = (): number => (id * 0x1000_0000) % 0x1_0000_0000;
    const isVoter = this.voters.some((each) => each.id === id);
    const options = { electionTimeoutUs: ELECTION_TIMEOUT_US, heartbeatIntervalUs: 200_000, random, crc: crc32c, limits: this.limits };
    const seeds = this.voters.map((each) => each.id);
    host.node = new RaftNode({ ...options, self: host.key, voters: isVoter ? this.voters : [], seeds }, recovered, this.nowUs);
    this.drain(id);
  }

  private recover(host: TranscriptHost): Recovered | undefined {
    try {
      return host.recover();
    } catch (error) {
      if (!(error instanceof CorruptSnapshotError)) throw error;
      this.print(`${host.id}: does not start: ${error.message}`);
      return undefined;
    }
  }

  private stop(host: TranscriptHost): void {
    host.stop();
    for (const link of this.links.keys()) if (link.startsWith(`${host.id}>`) || link.endsWith(`>${host.id}`)) this.links.delete(link);
  }

  private sync(host: TranscriptHost): void {
    const synced = host.sync();
    if (synced === undefined) throw new Error(`node ${host.id} has nothing to sync`);
    this.checker.synced(host.key, synced.write);
    this.print(`${host.id}: synced write ${synced.id}`);
    this.step(host.id, { type: "persisted", id: synced.id });
  }

  private take(host: TranscriptHost): void {
    const { taking } = host;
    if (taking === undefined) throw new Error(`node ${host.id} was asked for no snapshot`);
    host.taking = undefined;
    this.step(host.id, { type: "snapshot-taken", ...taking });
  }

  private store(host: TranscriptHost): void {
    const stored = host.store();
    if (stored === undefined) throw new Error(`node ${host.id} has nothing to store`);
    this.checker.stored(host.key, stored.snapshot);
    this.print(`${host.id}: stored snapshot ${stored.snapshot.index}/${stored.snapshot.term}`);
    this.step(host.id, { type: "snapshot-stored", id: stored.id });
  }

  private deliver(link: string, count: number): void {
    const to = Number(link.split(">")[1]);
    for (let i = 0; i < count; i++) {
      const sent = this.links.get(link)?.shift();
      if (sent === undefined) throw new Error(`nothing is on its way ${link}`);
      if (this.hosts.get(to)?.node !== undefined) this.step(to, { type: "message", ...sent });
    }
  }

  private settle(ids: readonly number[]): void {
    for (let round = 0; round < SETTLE_ROUNDS_MAX; round++) {
      const links = ids.flatMap((from) => ids.map((to) => `${from}>${to}`)).filter((link) => (this.links.get(link)?.length ?? 0) > 0);
      const busy = ids.map((id) => this.host(id)).filter((host) => host.isBusy);
      if (links.length + busy.length === 0) return;
      for (const link of links) this.deliver(link, 1);
      for (const host of busy) {
        if (host.outstanding !== undefined) this.sync(host);
        if (host.taking !== undefined) this.take(host);
        if (host.storing.length > 0) this.store(host);
      }
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
    this.keep(printed, LOUD);
  }

  private keep(from: number, pattern: RegExp): void {
    const kept = this.lines.slice(from).filter((line) => pattern.test(line));
    this.lines.splice(from, Infinity, ...kept);
  }

  private step(id: number, input: RaftInput): void {
    this.node(id).step(input, this.nowUs);
    this.drain(id);
  }

  private drain(id: number): void {
    const node = this.node(id);
    this.checker.stepped(id, node);
    for (const output of node.drain()) this.perform(this.host(id), output);
    this.checker.stepped(id, node);
    this.checker.drained(id, node);
  }

  private perform(host: TranscriptHost, output: RaftOutput): void {
    const { id } = host;
    switch (output.type) {
      case "persist":
        host.outstanding = output;
        return this.print(`${id}: write ${output.id}: ${describeWrite(output.write)}`);
      case "send":
        return this.send(host, output.to, output.message);
      case "restore":
        this.print(`${id}: restored snapshot ${output.snapshot.index}/${output.snapshot.term}`);
        host.application.restore(output.snapshot);
        return this.checker.restored(id, output.snapshot);
      case "committed":
        this.print(`${id}: committed${describeEntries(output.entries)}`);
        for (const entry of output.entries) host.application.apply(entry);
        return this.checker.applied(id, output.entries);
      case "take-snapshot":
        host.taking = { index: output.index, data: host.application.write() };
        return this.print(`${id}: is asked for a snapshot at ${output.index}`);
      case "store-snapshot":
        host.storing.push(output);
        return;
      case "read":
        this.print(`${id}: read ${output.id} ${output.index === undefined ? "is refused" : `sees all up to ${output.index}`}`);
        return this.checker.answered(id, output.id, output.index);
      case "role":
        return this.print(`${id}: ${output.role} of term ${output.term}${output.leader === NO_NODE ? "" : `, leader ${output.leader}`}`);
    }
  }

  private send(host: TranscriptHost, to: ReplicaKey, message: RaftMessage): void {
    const link = `${host.id}>${to.id}`;
    const peer = this.host(to.id);
    this.checker.sent(host.key, to, message);
    if (peer.node !== undefined && !isFor(to, peer.key))
      return this.print(`${link} not sent, for ${describeReplica(peer.key)} is there: ${describeMessage(message)}`);
    if (peer.node !== undefined) this.links.set(link, [...(this.links.get(link) ?? []), { from: host.key, message }]);
    this.print(`${link} ${describeMessage(message)}`);
  }

  private show(id: number): void {
    const node = this.hosts.get(id)?.node;
    if (node === undefined) return this.print(`${id}: down`);
    const { base } = node;
    const terms = Array.from({ length: node.lastIndex - base.index }, (_, i) => node.termAt(base.index + i + 1));
    const from = base.index > 0 ? ` behind ${base.index}/${base.term}:` : "";
    this.print(`${id}: ${node.role} of term ${node.term}, commit ${node.commitIndex}, log${from} ${terms.join(" ")}`.trimEnd());
  }

  private print(line: string): void {
    this.lines.push(line);
  }

  private host(id: number): TranscriptHost {
    const host = this.hosts.get(id) ?? new TranscriptHost(id);
    this.hosts.set(id, host);
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

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
