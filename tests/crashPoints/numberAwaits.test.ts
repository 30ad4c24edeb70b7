import { describe, expect, it } from '@jest/globals';
import { transformSync } from 'esbuild';
import { numberAwaits } from './numberAwaits.ts';

interface Trace {
  answer: unknown;
  hits: string[];
}

/** Runs the body of an asynchronous function, numbered or as it is. */
async function run(body: string, isNumbered = true): Promise<Trace> {
  const text = `async function main() {\n${body}\n}`;
  const { code } = transformSync(isNumbered ? numberAwaits('a.ts', text) : text, { loader: 'ts' });
  const hits: string[] = [];
  const hook = (kind: string) => (point: string, value?: unknown) => {
    hits.push(`${point.slice('a.ts:'.length)} ${kind}`);
    return value;
  };
  const main = new Function('soriBefore', 'soriDuring', 'soriAfter', `${code}; return main();`) as (...hooks: unknown[]) => unknown;
  return { answer: await main(hook('before'), (_point: string, value: unknown) => value, hook('after')), hits };
}

describe('a program with numbered awaits', () => {
  it('says its place before and after each await, in the order in which they happen', async () => {
    const { answer, hits } = await run('const list = await Promise.all([1, 2].map(async (n) => (await n) + 1));\n  return list;');
    expect(answer).toEqual([2, 3]);
    expect(hits).toEqual(['2:14 before', '2:57 before', '2:57 before', '2:57 after', '2:57 after', '2:14 after']);
  });

  it('says its place at each turn of a loop over what comes, and at each value that it gives', async () => {
    const { answer, hits } = await run(
      'async function* give() {\n yield 1;\n yield* [2, 3];\n}\nconst got: number[] = [];\nfor await (const n of give()) got.push(n);\nreturn got;',
    );
    expect(answer).toEqual([1, 2, 3]);
    const turn = '7:1 after';
    expect(hits).toEqual(['7:1 before', '3:2 before', turn, '3:2 after', '4:2 before', turn, turn, '4:2 after']);
  });

  it.each([
    'const nested = await await Promise.resolve(Promise.resolve(7)); return nested;',
    'return (await Promise.resolve({ a: () => 5 })).a() + (await 1 as number);',
    "try { await Promise.reject(new Error('no')); } catch (error) { return (error as Error).message; }",
    'function* plain() { yield 1; const x: number = yield 2; return x; } return [...plain()];',
    'class A { static async *b() { const got: unknown = yield; return got; } } const b = A.b(); await b.next(); return b.next(9);',
    'const ümlaut = "ö" + (await Promise.resolve("ü")) + (await "ß"); return ümlaut;',
    'const f = async () => await 3; const { x = await f() }: { x?: number } = {}; return x;',
    'let sum = 0; outer: for await (const a of [[1, 2], [3]]) { for await (const b of a) { if (b === 2) continue outer; sum += b; } } return sum;',
  ])('does what it did before: %s', async (body) => {
    expect((await run(body)).answer).toEqual((await run(body, false)).answer);
  });

  it('leaves alone what only looks like an await', () => {
    const text = "/* await x */ const s = 'await y';\nfunction* plain() { yield 1; }\n";
    expect(numberAwaits('a.ts', text)).toBe(text);
  });
});
