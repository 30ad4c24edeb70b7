/** docs/making-a-song.md says what is true of the code: its states, bounds and failures, and which test proves each of them. */
import { describe, expect, it } from '@jest/globals';
import { BOUNDS, Generation } from '#shared/generation';
import { first, quoted, read, tableUnder, unprovenRows } from './documents.ts';

describe('docs/making-a-song.md', () => {
  const path = 'docs/making-a-song.md';
  const text = read(path);

  it('has every state of a generation, in the table and in the picture', () => {
    const states = Generation.shape.state.options;
    expect(tableUnder(path, '## States of a generation').map(([state]) => first(state))).toEqual(states);
    const drawn = [.../```mermaid\n([\s\S]*?)```/.exec(text)![1]!.matchAll(/(\w+) --> (\w+)/g)].flatMap(([, from, to]) => [from!, to!]);
    expect([...new Set(drawn)].sort()).toEqual([...states].sort());
  });

  it('has every bound with its value', () => {
    const shown = tableUnder(path, '## Bounds').map(([name, value]) => [first(name), toNumber(value!)]);
    const flat = Object.entries(BOUNDS).flatMap(([name, bound]) =>
      typeof bound === 'number' ? [[name, bound]] : Object.entries(bound).map(([part, value]) => [`${name}.${part}`, value]),
    );
    expect(shown).toEqual(flat);
  });

  it('has every reason for which a song can fail', () => {
    const codes = Generation.shape.failure.unwrap().shape.code.options;
    const shown = tableUnder(path, '## What can go wrong').flatMap(([, , seen]) => quoted(seen!).filter((word) => word.includes('_')));
    expect([...new Set(shown)].sort()).toEqual([...codes].sort());
  });

  it('names for every row of what can go wrong the tests that prove it, and they are there and not left out', () => {
    expect(unprovenRows(tableUnder(path, '## What can go wrong'), 5)).toEqual([]);
  });
});

/** `10 min` in milliseconds, `10 MiB` in bytes, a plain number as it is. */
function toNumber(value: string): number {
  const units: Record<string, number> = { s: 1_000, min: 60_000, h: 3_600_000, MiB: 1024 * 1024 };
  const [number = '', unit] = value.split(' ');
  return Number(number) * (unit ? units[unit]! : 1);
}
