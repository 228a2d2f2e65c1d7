import type { LocalNode } from "@samsa/scenario-runner";
import type { ProcessIdentity } from "@samsa/world-node";
import { Unavailable } from "../unavailable.ts";

export const FORMAT_VERSION = 1;

/** How an operator ended a node; a node that is gone without it ended by itself. */
export type Ending = "killed" | "stopped";

export interface NodeRecord extends LocalNode {
  /** The newest process of this node, which may be gone. Null: it was never started. */
  readonly process: ProcessIdentity | null;
  /** Written before the signal is sent. Null: it is to run. */
  readonly ending: Ending | null;
  /** It runs, and has not been told of the newest cuts, or of their end: it stood still. */
  readonly needsFaults: boolean;
}

/** No bytes pass between the nodes of `a` and those of `b`. */
export interface Cut {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** All that is kept of a local cluster between two commands. Where nodes are, never how they are: that is asked. */
export interface ClusterFile {
  readonly version: typeof FORMAT_VERSION;
  /** Beside this file. */
  readonly secretFile: string;
  /** Configuration of every node, by Kafka's keys; goes before what makes it a node of this cluster. */
  readonly properties: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeRecord[];
  readonly cuts: readonly Cut[];
}

export const formatClusterFile = (file: ClusterFile): string => `${JSON.stringify(file, undefined, 2)}\n`;

/** Throws `Unavailable` for what this version did not write. `path` is for the message. */
export function parseClusterFile(text: string, path: string): ClusterFile {
  const value = parseJson(text);
  const fault = faultOf(value);
  if (fault === undefined) return value as ClusterFile;
  throw new Unavailable(`${path} ${fault}; if no node of it runs any more, delete it, or choose another directory with --data`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return "is no JSON object";
  if (value["version"] !== FORMAT_VERSION) return `has the format version ${JSON.stringify(value["version"])}, and this samsa reads version ${FORMAT_VERSION}`;
  const { secretFile, properties, nodes, cuts } = value;
  if (typeof secretFile !== "string") return "names no secret";
  if (!isObject(properties) || !Object.values(properties).every((one) => typeof one === "string")) return "has properties that are no texts";
  if (!Array.isArray(nodes) || nodes.length === 0 || !nodes.every(isNodeRecord)) return "has nodes that can't be read";
  if (!Array.isArray(cuts) || !cuts.every(isCut)) return "has cuts that can't be read";
  return undefined;
}

function isNodeRecord(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { id, isBroker, isController, clientPort, controlPort, process, ending, needsFaults } = value;
  return (
    isNatural(id) &&
    typeof isBroker === "boolean" &&
    typeof isController === "boolean" &&
    (clientPort === undefined ? !isBroker : isNatural(clientPort)) &&
    isNatural(controlPort) &&
    (process === null || isProcess(process)) &&
    (ending === null || ending === "killed" || ending === "stopped") &&
    typeof needsFaults === "boolean"
  );
}

function isProcess(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { pid, host, bootId, startedAt } = value;
  // 0 and negative numbers are groups of processes to a signal.
  return isNatural(pid) && pid > 0 && [host, bootId, startedAt].every((one) => typeof one === "string");
}

const isCut = (value: unknown): boolean => isObject(value) && [value["a"], value["b"]].every((side) => Array.isArray(side) && side.every(isNatural));
const isNatural = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
