import { type ErrorName, errorName, type JoinGroupResponse, Writer } from "@samsa/protocol";
import { decodeAssignment } from "../../src/groups/migration/consumer-protocol.ts";
import type { GroupWorld } from "./group-world.ts";

type Owned = readonly { readonly name: string; readonly partitions: readonly number[] }[];

const EAGER_VERSION = 0;
const COOPERATIVE_VERSION = 3;

/** What a consumer says in its JoinGroup. */
export function subscriptionOf(topics: readonly string[], owned: Owned, version = COOPERATIVE_VERSION): Uint8Array {
  const writer = new Writer();
  writer.int16(version);
  writer.arrayLength(topics.length);
  for (const topic of topics) writer.string(topic);
  writer.nullableByteString(null);
  if (version > EAGER_VERSION) {
    writer.arrayLength(owned.length);
    for (const { name, partitions } of owned) {
      writer.string(name);
      writer.arrayLength(partitions.length);
      for (const partition of partitions) writer.int32(partition);
    }
    writer.int32(1);
    writer.nullableString("rack");
  }
  return writer.finishBytes();
}

/** A consumer with the classic protocol: it joins again when it is told to, and gives up what it is told not to have. */
export class ClassicConsumer {
  memberId = "";
  generation = -1;
  owned: Owned = [];
  isCooperative = true;
  lastError: string | undefined = "NONE";
  private readonly world: GroupWorld;
  private readonly instanceId: string | null;

  constructor(world: GroupWorld, instanceId: string | null = null) {
    this.world = world;
    this.instanceId = instanceId;
  }

  get partitions(): string {
    return this.owned
      .flatMap(({ partitions }) => partitions)
      .sort((a, b) => a - b)
      .join(" ");
  }

  /** Joins, and asks for what it has. */
  rejoin(): void {
    if (!this.isCooperative) this.owned = [];
    const response = this.join();
    if (response?.errorCode === 0) this.sync();
  }

  join(topics: readonly string[] = ["orders"]): JoinGroupResponse | undefined {
    const subscription = subscriptionOf(topics, this.owned, this.isCooperative ? COOPERATIVE_VERSION : EAGER_VERSION);
    const { response } = this.world.join({ memberId: this.memberId, instanceId: this.instanceId, subscription, apiVersion: 3 });
    this.lastError = response === undefined ? undefined : errorName(response.errorCode);
    if (response?.errorCode === 0) [this.memberId, this.generation] = [response.memberId, response.generationId];
    return response;
  }

  sync(): void {
    const { response } = this.world.sync({ memberId: this.memberId, generationId: this.generation } as JoinGroupResponse, {}, this.instanceId);
    this.lastError = response === undefined ? undefined : errorName(response.errorCode);
    if (response?.errorCode === 0) this.owned = decodeAssignment(response.assignment) ?? [];
  }

  /** What it is told; it does nothing of it. */
  heartbeat(): ErrorName {
    const error = this.world.heartbeat({ memberId: this.memberId, generationId: this.generation }, this.instanceId);
    this.lastError = error;
    return error;
  }

  leave(): ErrorName | readonly ErrorName[] | undefined {
    this.owned = [];
    return this.world.leave([{ memberId: this.memberId, groupInstanceId: this.instanceId, reason: null }]).outcome;
  }

  beat(): void {
    if (this.heartbeat() !== "NONE") this.rejoin();
  }
}
