/** How stream bytes arrive: as written, cut into 1–7 bytes, or cut anywhere. Messages are never cut. */
export type Fragmentation = "none" | "tiny" | "random";

export interface NetworkOptions {
  /** A chunk takes the minimum plus an exponential draw of this mean. */
  readonly latencyMinUs: number;
  readonly latencyMeanUs: number;
  /** One direction between two hosts this many times slower. */
  readonly slowLink?: { readonly from: number; readonly to: number; readonly factor: number };
  /** Bytes under way in one direction from which on `write` says false. */
  readonly windowBytes: number;
  /** A dial that gets no answer fails after this. */
  readonly dialTimeoutUs: number;
  /** Connections of a host without power break, for the other side, after at most this. */
  readonly silenceUsMax: number;
  readonly fragmentation: Fragmentation;
  /** Checks on delivery that the sender left alone what it gave away. */
  readonly verifiesSentBuffers: boolean;
}

export interface DiskOptions {
  readonly latencyMinUs: number;
  readonly appendMeanUs: number;
  readonly readMeanUs: number;
  readonly syncMeanUs: number;
  /** Rename, delete, truncate, list, make directory. */
  readonly metadataMeanUs: number;
}

export interface TurnOptions {
  /** Chance in a million that a node's turn comes late, so that inputs gather, as on a busy event loop. */
  readonly delayChancePpm: number;
  readonly delayUsMax: number;
}

/** The constants of one run; a swarm draws them. */
export interface WorldOptions {
  readonly network: NetworkOptions;
  readonly disk: DiskOptions;
  readonly turn: TurnOptions;
  /** Wall clock at time 0. */
  readonly startWallMs: number;
}

export interface WorldOptionsInput {
  readonly network?: Partial<NetworkOptions>;
  readonly disk?: Partial<DiskOptions>;
  readonly turn?: Partial<TurnOptions>;
  readonly startWallMs?: number;
}

export const DEFAULT_OPTIONS: WorldOptions = {
  network: {
    latencyMinUs: 100,
    latencyMeanUs: 400,
    windowBytes: 256 * 1024,
    dialTimeoutUs: 5_000_000,
    silenceUsMax: 15_000_000,
    fragmentation: "none",
    verifiesSentBuffers: false,
  },
  disk: { latencyMinUs: 20, appendMeanUs: 60, readMeanUs: 80, syncMeanUs: 2_000, metadataMeanUs: 60 },
  turn: { delayChancePpm: 100_000, delayUsMax: 300 },
  startWallMs: 1_767_225_600_000,
};

export function withDefaults(input: WorldOptionsInput): WorldOptions {
  return {
    network: { ...DEFAULT_OPTIONS.network, ...input.network },
    disk: { ...DEFAULT_OPTIONS.disk, ...input.disk },
    turn: { ...DEFAULT_OPTIONS.turn, ...input.turn },
    startWallMs: input.startWallMs ?? DEFAULT_OPTIONS.startWallMs,
  };
}
