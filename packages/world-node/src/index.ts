export { readBootId } from "./boot-id.ts";
export { DataDirectoryLocked, LOCK_FILE, lockDataDirectory, type DataDirectoryLock } from "./lock.ts";
export { createLog, LOG_LEVELS, type Log, type LogLevel } from "./log.ts";
export { installNativePorts, NATIVE_CRC_BYTES_MIN, nativeCrc32c, nativeUtf8, type Crc32c } from "./native-ports.ts";
export { DIAL_TIMEOUT_MS, END_TIMEOUT_MS, MESSAGE_BYTES_MAX, MESSAGE_PATH } from "./network-limits.ts";
export { createNodeWorld, type NodeWorld, type NodeWorldOptions } from "./node-world.ts";
export { OPEN_FILES_MAX } from "./descriptors.ts";
export { SYNCS_MAX } from "./sync-gate.ts";
export { NO_TRACE, TRACE_BUFFER_BYTES_MAX, traceLine, traceToFd, type NodeTrace } from "./trace-to-fd.ts";
