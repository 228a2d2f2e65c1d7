import { installNativeCode } from "@samsa/embedded/native-code";
import { Node, type NodeConfig, NodeFaults } from "@samsa/server";
import { Prng } from "@samsa/stdx";
import { type OperatorFault, Shell } from "@samsa/world";
import {
  collectUnderPressure,
  countBuffersAsHeap,
  createLog,
  createNodeWorld,
  DataDirectoryLocked,
  DataDirectoryUnusable,
  type DataDirectoryLock,
  type Log,
  LOG_LEVELS,
  type LogLevel,
  lockDataDirectory,
  NO_TRACE,
  nodeFaultTimer,
  type NodeWorld,
  traceToFd,
} from "@samsa/world-node";
import { loadConfig, loadSecret } from "../node-process.ts";
import { readOptions } from "../options.ts";
import { type LoggedTrace, traceToLog } from "../trace-to-log.ts";
import { parseValidFault } from "../parse-fault.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa broker --config server.properties
samsa broker --config server.properties --override node.id=2 --override log.dirs=/var/lib/samsa/2

Starts one node (process.roles: broker, controller, or both), and runs it in the foreground until SIGTERM or SIGINT.

  --config FILE         Kafka's server.properties; may be left out where overrides say all that is needed
  --override KEY=VALUE  a key that the file has otherwise or not at all; may be repeated
  --trace               one line of JSON on stdout for everything that happens inside
  --enable-faults       faults may be injected over the control listener (samsa inject)
  --fault JSON          one of them from the first moment on (as samsa inject takes it); may be repeated
  --log-level LEVEL     ${LOG_LEVELS.join(", ")} (default info)
`;

const OPTIONS = {
  config: { type: "string" },
  override: { type: "string", multiple: true },
  trace: { type: "boolean" },
  "enable-faults": { type: "boolean" },
  fault: { type: "string", multiple: true },
  "log-level": { type: "string" },
} as const;

const CANT_START = 69;
const CANT_STOP = 75;
/** Without a majority of controllers nobody can take over what the node leads. Less than Docker waits before it kills. */
const STOP_TIMEOUT_MS = 8_000;

/** Ends when the node does, with its exit code. */
export async function runBroker(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values } = parsed;
  const overrides = values.override ?? [];
  if (values.config === undefined && overrides.length === 0) throw new UsageError("--config FILE or --override KEY=VALUE is needed");
  const level = levelOf(values["log-level"]);
  const log = createLog({ level, name: "samsa" });
  if (values.fault !== undefined && values["enable-faults"] !== true) throw new UsageError("--fault needs --enable-faults");
  const config = loadConfig(values.config, overrides, ({ key, problem }) => log.warn(`${key} ${problem}`));
  const faults = (values.fault ?? []).map((text) => parseValidFault(text, config.nodeId));
  try {
    const locks = lockAll(config, log);
    const nodeLog = log.with({ node: config.nodeId });
    const trace = traceToLog(values.trace === true ? traceToFd(1) : NO_TRACE, nodeLog, level);
    return await run(config, nodeLog, { trace, areFaultsEnabled: values["enable-faults"] === true, firstFaults: faults }).finally(() => {
      for (const lock of locks) lock.release();
    });
  } catch (error) {
    if (!(error instanceof DataDirectoryLocked || error instanceof DataDirectoryUnusable)) throw error;
    log.error(error.message);
    return CANT_START;
  }
}

/** Another directory than the first that can't be locked, but by nobody else's fault, is offline: the node finds that out by itself. */
function lockAll({ logDir, furtherLogDirs }: NodeConfig, log: Log): readonly DataDirectoryLock[] {
  const locks = [lockDataDirectory(logDir)];
  for (const path of furtherLogDirs) {
    try {
      locks.push(lockDataDirectory(path));
    } catch (error) {
      if (error instanceof DataDirectoryLocked) {
        for (const lock of locks) lock.release();
        throw error;
      }
      log.error(error instanceof Error ? error.message : String(error));
    }
  }
  return locks;
}

function levelOf(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((one) => one === (text ?? "info"));
  if (level === undefined) throw new UsageError(`--log-level must be one of ${LOG_LEVELS.join(", ")}`);
  return level;
}

async function run(
  config: NodeConfig,
  log: Log,
  { trace, areFaultsEnabled, firstFaults }: { readonly trace: LoggedTrace; readonly areFaultsEnabled: boolean; readonly firstFaults: readonly OperatorFault[] },
): Promise<number> {
  installNativeCode();
  countBuffersAsHeap();
  collectUnderPressure();
  const secret = loadSecret(config);
  const exitCode = await new Promise<{ readonly code: number; readonly world: NodeWorld }>((resolve) => {
    const onExit = (code: number, reason: string): void => {
      if (code === 0) log.info(reason);
      else log.error(reason);
      resolve({ code, world });
    };
    const world = createNodeWorld({ dataDir: config.logDir, furtherDirs: config.furtherLogDirs, onExit, trace });
    const faults = areFaultsEnabled ? nodeFaults(config, world, () => node) : undefined;
    const node: Node = new Node({ config, boot: world, secret, ...(faults === undefined ? {} : { inject: ({ fault }) => faults.inject(fault) }) });
    node.outbox.isDetailed = trace.isDetailed;
    for (const fault of firstFaults) demandDone(fault, faults?.inject(fault));
    const shell = new Shell({ ports: faults?.decorate(world) ?? world, node: config.nodeId, machine: node });
    const stop = (): void => {
      shell.requestStop();
      setTimeout(() => world.exit(CANT_STOP, `it could not stop in order in ${STOP_TIMEOUT_MS} ms, and stops as it is`), STOP_TIMEOUT_MS).unref();
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
    shell.start();
  });
  await exitCode.world.close();
  return exitCode.code;
}

function demandDone({ type }: OperatorFault, problem: string | null | undefined): void {
  if (typeof problem === "string") throw new UsageError(`--fault ${type}: ${problem}`);
}

function nodeFaults(config: NodeConfig, { seed }: NodeWorld, node: () => Node): NodeFaults {
  return new NodeFaults({
    nodeId: config.nodeId,
    timer: nodeFaultTimer,
    prng: new Prng(seed).fork("faults"),
    topicName: (id) => node().controller.image.topicById(id)?.name,
    fired: (fault, detail) => node().outbox.trace({ kind: "fault", fault, detail }),
  });
}
