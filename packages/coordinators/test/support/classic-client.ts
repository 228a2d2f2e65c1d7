import { errorName, type JoinGroupResponse, type SyncGroupResponse } from "@samsa/protocol";
import { decodeAssignment, decodeSubscription, encodeAssignment } from "../../src/groups/migration/consumer-protocol.ts";
import { type ClassicConsumer, subscriptionOf } from "./classic-consumer.ts";
import type { Asked, GroupWorld } from "./group-world.ts";

const TOPIC = "orders";

/** A consumer with the classic protocol in a group of any kind: its answers may wait for other members, and where it leads it assigns. */
export class ClassicClient {
  owned: ClassicConsumer["owned"] = [];
  isCooperative = true;
  private memberId = "";
  private generation = -1;
  private joining: Asked<JoinGroupResponse> | undefined;
  private syncing: Asked<SyncGroupResponse> | undefined;
  private readonly world: GroupWorld;

  constructor(world: GroupWorld) {
    this.world = world;
  }

  /** Takes an answer that has come, or says that it lives; whatever follows from either it does. */
  step(): void {
    if (this.joining !== undefined) return this.takeJoin(this.joining);
    if (this.syncing !== undefined) return this.takeSync(this.syncing);
    if (this.memberId === "") return this.join();
    const error = this.world.heartbeat({ memberId: this.memberId, generationId: this.generation });
    if (error === "UNKNOWN_MEMBER_ID") this.forget();
    if (error !== "NONE") this.join();
  }

  leave(): void {
    if (this.memberId !== "") this.world.leave([{ memberId: this.memberId, groupInstanceId: null, reason: null }]);
  }

  /** It will ask again, and lives by no generation until then. */
  joinUnheard(): void {
    if (this.memberId === "" || this.joining !== undefined) return;
    this.join();
    this.joining = undefined;
    this.syncing = undefined;
    this.generation = -1;
  }

  private join(): void {
    if (!this.isCooperative) this.owned = [];
    const subscription = subscriptionOf([TOPIC], this.owned, this.isCooperative ? 3 : 0);
    this.joining = this.world.join({ memberId: this.memberId, subscription, apiVersion: 3 });
  }

  private takeJoin({ response }: Asked<JoinGroupResponse>): void {
    if (response === undefined) return;
    this.joining = undefined;
    const error = errorName(response.errorCode);
    if (error === "UNKNOWN_MEMBER_ID") this.forget();
    if (error !== "NONE") return;
    [this.memberId, this.generation] = [response.memberId, response.generationId];
    this.syncing = this.world.syncOf(response, response.leader === response.memberId ? this.assign(response) : new Map());
  }

  private takeSync({ response }: Asked<SyncGroupResponse>): void {
    if (response === undefined) return;
    this.syncing = undefined;
    const error = errorName(response.errorCode);
    if (error === "UNKNOWN_MEMBER_ID") this.forget();
    if (error === "NONE") this.owned = decodeAssignment(response.assignment) ?? [];
    else this.join();
  }

  /** It has to give up all at once: others have it. */
  private forget(): void {
    this.memberId = "";
    this.owned = [];
  }

  /** Everybody keeps what it says that it has, and the least loaded get what nobody has. */
  private assign({ members }: JoinGroupResponse): ReadonlyMap<string, Uint8Array> {
    const topic = this.world.topics.topicByName(TOPIC);
    const shares = new Map(
      members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata)?.owned.flatMap(({ partitions }) => partitions) ?? []]),
    );
    for (let partition = 0; partition < (topic?.partitions.length ?? 0); partition++) {
      const [least] = [...shares.values()].sort((one, other) => one.length - other.length);
      if (![...shares.values()].some((share) => share.includes(partition))) least?.push(partition);
    }
    const encoded = (partitions: readonly number[]): Uint8Array =>
      topic === undefined ? new Uint8Array(0) : encodeAssignment(new Map([[topic.topicId, new Map(partitions.map((one) => [one, 1]))]]), this.world.topics);
    return new Map(Array.from(shares, ([memberId, partitions]) => [memberId, encoded(partitions)]));
  }
}
