import { Kafka, logLevel } from "kafkajs";
import type { Contender } from "./contender.ts";
import type { Report } from "./report.ts";

/** Removes what has been measured, so that a long run does not fill the disk; a cluster that can't delete topics keeps them. */
export class TopicRemover {
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  async remove({ name, brokers }: Contender, topic: string): Promise<void> {
    const addresses = [...brokers.values()].map(({ host, port }) => `${host}:${port}`);
    const admin = new Kafka({ clientId: "samsa-bench", brokers: addresses, logLevel: logLevel.NOTHING, retry: { retries: 1 } }).admin();
    try {
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
    } catch (error) {
      this.report.tellOnce(`${name} keeps the topics that were measured: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await admin.disconnect();
    }
  }
}
