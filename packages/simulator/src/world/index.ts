export type { CoveredByte } from "./corruption.ts";
export type { Classifier, ChunkContext } from "./stash.ts";
export { SIMULATED_SUPPORT, type ResolvedFault, type ResolvedFaultOf } from "./fault.ts";
export { Faults, type NodeControl } from "./faults.ts";
export { Directory, FileSystem, type Inode } from "./file-system.ts";
export { SimulatedFile } from "./file.ts";
export type { Host } from "./host.ts";
export {
  DEFAULT_OPTIONS,
  type DiskOptions,
  type Fragmentation,
  type NetworkOptions,
  type TurnOptions,
  type WorldOptions,
  type WorldOptionsInput,
} from "./options.ts";
export { SimulatedWorld, type Counters, type SimulatedWorldInput } from "./world.ts";
