import { ProcessCluster } from "@samsa/scenario-runner/process-cluster";

const START_LIMIT_MS = 20_000;
const SAMPLE_EVERY_MS = 50;
const RESIDENT_MEBIBYTES_MAX = 400;
const MEBIBYTE = 1024 * 1024;

/** One broker as a process of its own, as users start it, whose memory is looked at all the time. */
export class LimitedBroker {
  readonly address: { readonly host: string; readonly port: number };
  private readonly cluster: ProcessCluster;
  private readonly sampler: NodeJS.Timeout;
  private peakBytes = 0;

  private constructor(cluster: ProcessCluster) {
    const [host = "", port = ""] = (cluster.bootstrap[0] ?? "").split(":");
    this.address = { host, port: Number(port) };
    this.cluster = cluster;
    this.sampler = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
  }

  static async start(): Promise<LimitedBroker> {
    let isReady = false;
    const cluster = await ProcessCluster.start({
      bundle: "dist/samsa.mjs",
      brokers: 1,
      areFaultsEnabled: false,
      onEvent: (event) => {
        if (event.kind === "broker-unfenced") isReady = true;
        cluster.poke();
      },
    });
    if (!(await cluster.until(() => isReady, START_LIMIT_MS))) throw new Error("the broker did not start");
    return new LimitedBroker(cluster);
  }

  /** Since the last call. */
  takePeakMebibytes(): number {
    this.sample();
    const peak = this.peakBytes;
    this.peakBytes = 0;
    return Math.round(peak / MEBIBYTE);
  }

  check(mebibytes: number): void {
    const [node] = this.cluster.nodes;
    if (node?.isRunning !== true) throw new Error(node?.failure ?? "the broker has ended");
    if (mebibytes > RESIDENT_MEBIBYTES_MAX) throw new Error(`the broker took ${mebibytes} MiB; ${RESIDENT_MEBIBYTES_MAX} are allowed`);
  }

  async dispose(): Promise<void> {
    clearInterval(this.sampler);
    await this.cluster.dispose();
  }

  private sample(): void {
    this.peakBytes = Math.max(this.peakBytes, this.cluster.nodes[0]?.residentBytes ?? 0);
  }
}
