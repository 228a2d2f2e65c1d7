import { type Crc32cPort, portableCrc32c, useCompression, useCrc32c } from "@samsa/protocol/records";
import { installNativePorts } from "@samsa/world-node";

/** Native code where it is the quicker one, and the codecs that only Node has; of use to the whole process, and what it computes is the same. */
export function installNativeCode(): void {
  const native = installNativePorts();
  const crc32c: Crc32cPort = (bytes, start, end, seed) =>
    end - start >= native.crc32cBytesMin ? native.crc32c(bytes, start, end, seed) : portableCrc32c(bytes, start, end, seed);
  useCrc32c(crc32c);
  useCompression(native.compression);
}
