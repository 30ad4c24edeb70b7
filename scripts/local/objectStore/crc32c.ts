/**
 * CRC-32C (Castagnoli), which Google Cloud Storage gives for every object. `node:zlib` has only the CRC-32 of zip files.
 *
 * @param previous - the checksum of the bytes before, 0 at the start
 * @see RFC 3720, B.4
 */
export function crc32c(bytes: Uint8Array, previous: number): number {
  let crc = ~previous;
  for (let index = 0; index < bytes.length; index++) crc = (TABLE[(crc ^ bytes[index]!) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

const REVERSED_POLYNOMIAL = 0x82f63b78;

const TABLE = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ REVERSED_POLYNOMIAL : value >>> 1;
  return value;
});
