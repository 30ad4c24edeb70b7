import { describe, expect, it } from '@jest/globals';
import { FloodGate } from '#shared/limits';
import { TestClock } from '../../support/clock.ts';

function admitted(gate: FloodGate, key: string, count: number, clock: TestClock): number {
  let through = 0;
  for (let each = 0; each < count; each += 1) {
    try {
      gate.admit(key, clock);
      through += 1;
    } catch (error) {
      expect(error).toMatchObject({ code: 'rate_limited' });
    }
  }
  return through;
}

describe('A flood from one place', () => {
  it('is let through up to the limit of a minute, and the next minute again', () => {
    const clock = new TestClock();
    const gate = new FloodGate(600);
    expect(admitted(gate, '192.0.2.1', 700, clock)).toBe(600);
    clock.advance(59_999);
    expect(admitted(gate, '192.0.2.1', 1, clock)).toBe(0);
    clock.advance(1);
    expect(admitted(gate, '192.0.2.1', 700, clock)).toBe(600);
  });

  it('takes nothing from other places', () => {
    const clock = new TestClock();
    const gate = new FloodGate(3);
    admitted(gate, '192.0.2.1', 10, clock);
    expect(admitted(gate, '192.0.2.2', 10, clock)).toBe(3);
  });

  it('is told the seconds until the minute is over', () => {
    const clock = new TestClock();
    const gate = new FloodGate(1);
    gate.admit('192.0.2.1', clock);
    clock.advance(17_500);
    expect(() => gate.admit('192.0.2.1', clock)).toThrow(expect.objectContaining({ params: { retryAfterS: 43 } }));
  });
});
