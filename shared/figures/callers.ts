/**
 * How many different people there were, without a list that grows for ever.
 *
 * Up to `MOST_BY_NAME` they are counted by their hashes: exactly. Beyond, by a HyperLogLog sketch of 4,096 registers, whose standard
 * error is 1.04 / sqrt(4096) = 1.6 %. Either form can be joined with either: the union of what processes and minutes have seen.
 *
 * @see Flajolet et al., HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm (2007)
 */

/** Hashes of 16 hex digits, or the registers of a sketch. */
export type Callers = ReadonlySet<string> | Uint8Array;

export const MOST_BY_NAME = 512;

const REGISTERS = 4096;
const HASH_DIGITS = 16;
/** Bits of a hash that are left when 12 have chosen the register. */
const REST_BITS = 52;

/** @param callerHash - 16 hex digits, as `hashUid` gives them */
export function addCaller(callers: Callers, callerHash: string): Callers {
  if (callers instanceof Uint8Array) {
    note(callers, callerHash);
    return callers;
  }
  if (callers.has(callerHash)) return callers;
  if (callers.size < MOST_BY_NAME) return (callers as Set<string>).add(callerHash);
  return addCaller(sketchOf(callers), callerHash);
}

/** Everybody who is in one of the two. */
export function joinCallers(one: Callers, other: Callers): Callers {
  if (one instanceof Uint8Array || other instanceof Uint8Array) {
    const [a, b] = [sketchOf(one), sketchOf(other)];
    return a.map((rank, at) => Math.max(rank, b[at] ?? 0));
  }
  const all = new Set([...one, ...other]);
  return all.size <= MOST_BY_NAME ? all : sketchOf(all);
}

export function countCallers(callers: Callers): number {
  return callers instanceof Uint8Array ? estimate(callers) : callers.size;
}

/** In the form that holds nobody's hash. */
export function sketchOf(callers: Callers): Uint8Array {
  if (callers instanceof Uint8Array) return callers;
  const registers = new Uint8Array(REGISTERS);
  for (const hash of callers) note(registers, hash);
  return registers;
}

function note(registers: Uint8Array, hash: string): void {
  const at = Number.parseInt(hash.slice(0, 3), 16);
  const rest = Number.parseInt(hash.slice(3, HASH_DIGITS), 16); // 52 bits: exact in a double
  const rank = rest === 0 ? REST_BITS + 1 : REST_BITS - Math.floor(Math.log2(rest));
  registers[at] = Math.max(registers[at] ?? 0, rank);
}

function estimate(registers: Uint8Array): number {
  const sum = registers.reduce((total, rank) => total + 2 ** -rank, 0);
  const alpha = 0.7213 / (1 + 1.079 / REGISTERS);
  const raw = (alpha * REGISTERS ** 2) / sum;
  const unused = registers.reduce((zeros, rank) => zeros + (rank === 0 ? 1 : 0), 0);
  // While many registers are unused, how many they are says more.
  return Math.round(raw <= 2.5 * REGISTERS && unused > 0 ? REGISTERS * Math.log(REGISTERS / unused) : raw);
}

/** As it is stored. */
export function callersToText(callers: Callers): string {
  if (callers instanceof Uint8Array) return `sketch:${Buffer.from(callers).toString('base64')}`;
  return `names:${[...callers].sort().join('')}`;
}

/** What is neither form is nobody. */
export function callersFromText(text: string): Callers {
  const [form, content = ''] = text.split(':');
  if (form === 'sketch') {
    const registers = new Uint8Array(Buffer.from(content, 'base64'));
    return registers.length === REGISTERS ? registers : new Set();
  }
  return new Set(form === 'names' ? content.match(/[\da-f]{16}/g) : []);
}
