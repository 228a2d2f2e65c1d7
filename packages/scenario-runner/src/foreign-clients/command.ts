/** Text, for it travels in JSON; null is null, and not empty. */
export type Text = string | null;

export interface ClientRecord {
  readonly key: Text;
  readonly value: Text;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Milliseconds since 1970; the client's own clock where it is left out. */
  readonly timestampMs?: number;
}

export interface StoredRecord extends ClientRecord {
  readonly offset: number;
  readonly timestampMs: number;
}

export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";
export const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Where reading begins: the partition's first record, behind its last one, or at the first one that is not older. */
export type From = "earliest" | "latest" | { readonly timestampMs: number };

export interface GroupDescription {
  /** Kafka's word: `Stable`, `Empty`, … */
  readonly state: string;
  readonly members: number;
}

/** How a member is one: by JoinGroup and SyncGroup, or by ConsumerGroupHeartbeat (KIP-848). */
export type GroupProtocol = "classic" | "consumer";

/** What a client is asked to do, and what it answers. One that can't says `UNSUPPORTED`. */
export interface Commands {
  readonly "create-topic": {
    readonly ask: {
      readonly topic: string;
      readonly partitions: number;
      readonly replicationFactor: number;
      readonly configs: Readonly<Record<string, string>>;
    };
    readonly answer: Nothing;
  };
  readonly "delete-topic": { readonly ask: { readonly topic: string }; readonly answer: Nothing };
  readonly "list-topics": { readonly ask: Nothing; readonly answer: { readonly topics: readonly string[] } };
  /** Adds partitions until there are so many. */
  readonly "grow-topic": { readonly ask: { readonly topic: string; readonly partitions: number }; readonly answer: Nothing };
  readonly "set-topic-config": { readonly ask: { readonly topic: string; readonly name: string; readonly value: string }; readonly answer: Nothing };
  readonly "topic-config": { readonly ask: { readonly topic: string; readonly name: string }; readonly answer: { readonly value: Text } };
  /** Deletes what is before this offset; answers where the log begins now. */
  readonly "delete-records": {
    readonly ask: { readonly topic: string; readonly partition: number; readonly before: number };
    readonly answer: { readonly startOffset: number };
  };
  /** Answered when all are acknowledged; null where the client is not told an offset. */
  readonly produce: {
    readonly ask: {
      readonly topic: string;
      readonly partition: number;
      readonly acks: -1 | 0 | 1;
      readonly compression: Compression;
      readonly isIdempotent: boolean;
      readonly records: readonly ClientRecord[];
    };
    readonly answer: { readonly offsets: readonly (number | null)[] };
  };
  /** Without a group. With `latest` it tells `positioned` first: what is written after it is read. */
  readonly read: {
    readonly ask: { readonly topic: string; readonly partition: number; readonly from: From; readonly count: number };
    readonly answer: { readonly records: readonly StoredRecord[] };
  };
  /**
   * Joins a group, reads from the earliest record on where the group has no offset, commits what it has told; until `leave`. By the consumer protocol a
   * topic that begins with `^` is a regular expression that the coordinator resolves.
   */
  readonly join: { readonly ask: { readonly group: string; readonly topic: string; readonly protocol: GroupProtocol }; readonly answer: Nothing };
  readonly leave: { readonly ask: Nothing; readonly answer: Nothing };
  /** Of each partition that has one. */
  readonly committed: {
    readonly ask: { readonly group: string; readonly topic: string; readonly partitions: number };
    readonly answer: { readonly offsets: readonly (readonly [partition: number, offset: number])[] };
  };
  readonly "list-groups": { readonly ask: Nothing; readonly answer: { readonly groups: readonly string[] } };
  /** As groups are listed: `Classic` or `Consumer`. */
  readonly "group-type": { readonly ask: { readonly group: string }; readonly answer: { readonly type: string } };
  readonly "describe-group": { readonly ask: { readonly group: string }; readonly answer: GroupDescription };
  readonly "delete-group": { readonly ask: { readonly group: string }; readonly answer: Nothing };
}

export type CommandName = keyof Commands;
/** What a client may have or lack besides commands: times of the program's own in records; in groups KIP-848, the change to it and back, and its regular expressions. */
export const TRAITS = ["timestamps", "consumer-protocol", "protocol-change", "server-patterns"] as const;
export type Ability = CommandName | (typeof TRAITS)[number];
export type Nothing = Readonly<Record<never, never>>;

/** What a client tells without being asked. */
export type Told =
  | { readonly event: "positioned" }
  | { readonly event: "assigned"; readonly partitions: readonly number[] }
  | { readonly event: "records"; readonly partition: number; readonly records: readonly (readonly [offset: number, value: Text])[] }
  /** It was told an error, of a commit or of anything else, and goes on. */
  | { readonly event: "member-error"; readonly error: string }
  /** Without having been asked to. */
  | { readonly event: "member-ended"; readonly error: string };

/** A line to a client's program, and one from it. */
export type Asked = { readonly id: number; readonly command: CommandName } & Readonly<Record<string, unknown>>;
export type Said =
  ({ readonly id: number } & Readonly<Record<string, unknown>>) | { readonly id: number; readonly error: string; readonly message: string } | Told;

export const UNSUPPORTED = "UNSUPPORTED";
