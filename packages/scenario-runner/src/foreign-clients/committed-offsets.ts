import kafkajs from "kafkajs";

const LOOK_EVERY_MS = 50;

/** Looks at a group's committed offsets again and again, as far as its coordinator can be asked: none of them may be seen to go back. */
export class CommittedOffsets {
  readonly wentBack: string[] = [];
  private readonly highest = new Map<number, number>();
  private readonly group: string;
  private readonly topic: string;
  private readonly onChange: () => void;
  private readonly loop: Promise<void>;
  private isStopping = false;

  constructor(
    bootstrap: readonly string[],
    { group, topic, onChange = () => undefined }: { readonly group: string; readonly topic: string; readonly onChange?: () => void },
  ) {
    this.group = group;
    this.topic = topic;
    this.onChange = onChange;
    this.loop = this.run(bootstrap);
  }

  /** Of all partitions. */
  get sum(): number {
    return [...this.highest.values()].reduce((sum, offset) => sum + Math.max(0, offset), 0);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  private async run(bootstrap: readonly string[]): Promise<void> {
    const { Kafka, logLevel } = kafkajs;
    const kafka = new Kafka({ clientId: "committed-offsets", brokers: [...bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50 } });
    const admin = kafka.admin();
    // Nobody may be there yet.
    while (
      !this.isStopping &&
      !(await admin.connect().then(
        () => true,
        () => false,
      ))
    );
    while (!this.isStopping) {
      // Who coordinates may have died: asked again.
      const [fetched] = await admin.fetchOffsets({ groupId: this.group, topics: [this.topic] }).catch(() => []);
      for (const { partition, offset } of fetched?.partitions ?? []) this.look(partition, Number(offset));
      await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
    }
    await admin.disconnect();
  }

  private look(partition: number, offset: number): void {
    const before = this.highest.get(partition) ?? -1;
    if (offset < before) this.wentBack.push(`partition ${partition}: from ${before} to ${offset}`);
    this.highest.set(partition, Math.max(before, offset));
    this.onChange();
  }
}
