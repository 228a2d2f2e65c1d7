import type { ClusterDirectory } from "../local-cluster/cluster-directory.ts";
import type { Ending, NodeRecord } from "../local-cluster/cluster-file.ts";
import { cutOfNode } from "../local-cluster/cuts.ts";
import { DIRECTORY_HELP, DIRECTORY_OPTION, directoryOf } from "../local-cluster/directory-option.ts";
import { injectInto } from "../local-cluster/node-questions.ts";
import { liveProcess, signal, stateOfProcess, untilGone } from "../local-cluster/node-process.ts";
import { selectNodes } from "../local-cluster/select-nodes.ts";
import { SELECTORS_HELP } from "../local-cluster/selectors.ts";
import { withNode } from "../local-cluster/start-cluster.ts";
import { integerOption, readOptions } from "../options.ts";

interface Verb {
  readonly name: string;
  readonly what: string;
  readonly examples: readonly string[];
  /** Undefined: the node was as it is asked to be. Else what has become of it. */
  readonly act: (target: Target) => Promise<string | undefined>;
  /** Why there is nothing to do. */
  readonly inVain: string;
}

interface Target {
  readonly directory: ClusterDirectory;
  readonly id: number;
  readonly timeoutMs: number;
}

const STOP_TIMEOUT_S = 10;

const recordOf = ({ directory, id }: Target): NodeRecord => {
  const node = directory.read().nodes.find((one) => one.id === id);
  if (node === undefined) throw new RangeError(`there is no node ${id}`);
  return node;
};

/** Written down first: whoever looks between that and the signal sees that it was asked for. */
async function end(target: Target, ending: Ending, name: "SIGKILL" | "SIGTERM"): Promise<string | undefined> {
  const { directory, id, timeoutMs } = target;
  // Under the lock: another command may be starting the node.
  const identity = await directory.locked(() => {
    const found = liveProcess(directory, recordOf(target));
    if (found !== undefined) directory.write(withNode(directory.read(), id, { ending }));
    return found;
  });
  if (identity === undefined || !signal(identity, name)) return undefined;
  if (name === "SIGKILL") await untilGone(identity, Number.POSITIVE_INFINITY);
  else {
    // Who stands still hears nothing.
    signal(identity, "SIGCONT");
    if (!(await untilGone(identity, timeoutMs))) {
      signal(identity, "SIGKILL");
      await untilGone(identity, Number.POSITIVE_INFINITY);
      return `did not end within ${timeoutMs / 1000} s of SIGTERM and was killed, pid ${identity.pid}`;
    }
  }
  return `${ending} (${name}, pid ${identity.pid})`;
}

async function pause(target: Target): Promise<string | undefined> {
  const identity = liveProcess(target.directory, recordOf(target));
  if (identity === undefined || stateOfProcess(identity) === "stopped") return undefined;
  signal(identity, "SIGSTOP");
  return `paused (SIGSTOP, pid ${identity.pid})`;
}

async function resume(target: Target): Promise<string | undefined> {
  const { directory, id } = target;
  const identity = liveProcess(directory, recordOf(target));
  if (identity === undefined || stateOfProcess(identity) !== "stopped") return undefined;
  signal(identity, "SIGCONT");
  await catchUp(directory, id);
  return `goes on (SIGCONT, pid ${identity.pid})`;
}

/** What was cut or healed while it stood still, it has not heard. */
async function catchUp(directory: ClusterDirectory, id: number): Promise<void> {
  const file = directory.read();
  const node = file.nodes.find((one) => one.id === id);
  const secret = directory.secretOf(file);
  if (node === undefined || !node.needsFaults) return;
  const cut = cutOfNode(id, file);
  const problems = [await injectInto(node, secret, { type: "heal" }), cut === undefined ? null : await injectInto(node, secret, cut)];
  if (problems.every((problem) => problem === null)) await directory.update((now) => withNode(now, id, { needsFaults: false }));
}

const KILL: Verb = {
  name: "kill",
  what: "SIGKILL: the process is gone at once, its data stay. samsa start brings it back.",
  examples: ["samsa kill 2", "samsa kill leader:orders-0", "samsa kill controller 3"],
  act: (target) => end(target, "killed", "SIGKILL"),
  inVain: "is not running",
};

const STOP: Verb = {
  name: "stop",
  what: "SIGTERM, and waits: the node hands over what it leads, and ends. samsa start brings it back.",
  examples: ["samsa stop 2", "samsa stop coordinator:my-group", "samsa stop 1,2 --timeout 30"],
  act: (target) => end(target, "stopped", "SIGTERM"),
  inVain: "is not running",
};

const PAUSE: Verb = {
  name: "pause",
  what: "SIGSTOP: the process does nothing, but its connections stay open. samsa resume lets it go on.",
  examples: ["samsa pause 2", "samsa pause leader:orders-0"],
  act: pause,
  inVain: "is not running, or is paused already",
};

const RESUME: Verb = {
  name: "resume",
  what: "SIGCONT, to a node that was paused.",
  examples: ["samsa resume 2", "samsa resume 1,2,3"],
  act: resume,
  inVain: "is not paused",
};

const helpOf = ({ name, what, examples }: Verb): string => `${examples.join("\n")}

${what}

${SELECTORS_HELP}

${name === "stop" ? `  --timeout S    seconds until a node that does not end is killed (default ${STOP_TIMEOUT_S})\n` : ""}${DIRECTORY_HELP}

Exit code 0: done. 1: of some node there was nothing to do. 2: the command line can't be understood, or names a node that there is not. 69: there is
no cluster in the directory, or nobody has that role now.
`;

const OPTIONS = { ...DIRECTORY_OPTION, timeout: { type: "string" } } as const;

async function run(verb: Verb, args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, helpOf(verb));
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const directory = directoryOf(values);
  const timeoutMs = integerOption("timeout", values.timeout, STOP_TIMEOUT_S) * 1000;
  const selected = await selectNodes(directory, positionals);
  // To all at once; told in the order in which they were named.
  const acts = selected.map(async ({ id, because }) => ({ id, because, done: await verb.act({ directory, id, timeoutMs }) }));
  let code = 0;
  for (const { id, because, done } of await Promise.all(acts)) {
    const name = because === undefined ? `node ${id}` : `node ${id}, ${because},`;
    if (done === undefined) {
      code = 1;
      process.stderr.write(`samsa: ${name} ${verb.inVain}\n`);
    } else process.stdout.write(`${name} ${done}\n`);
  }
  return code;
}

export const runKill = (args: readonly string[]): Promise<number> => run(KILL, args);
export const runStop = (args: readonly string[]): Promise<number> => run(STOP, args);
export const runPause = (args: readonly string[]): Promise<number> => run(PAUSE, args);
export const runResume = (args: readonly string[]): Promise<number> => run(RESUME, args);
