let calls = 0;

/** As if from an address that nobody has called from before. */
export function fromSomewhere(): { 'x-forwarded-for': string } {
  calls += 1;
  return { 'x-forwarded-for': `10.${(calls >> 16) & 255}.${(calls >> 8) & 255}.${calls & 255}` };
}
