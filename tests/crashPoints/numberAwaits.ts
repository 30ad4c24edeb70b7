/**
 * Makes every place where our code waits a point where it may die: each `await`, each `yield` of an asynchronous generator and
 * each turn of a `for await`. Found in the syntax tree, so that a new one is a new point by itself.
 *
 *     await X                     becomes  soriAfter(id, await soriDuring(id, (soriBefore(id), X)))
 *     yield X                     becomes  soriAfter(id, yield (soriBefore(id), X))
 *     for await (const a of X) Y  becomes  for await (const a of (soriBefore(id), X)) { soriAfter(id); Y }
 *
 * What the code does stays the same: what is passed through these three comes out as it is, at the same moment.
 */
import { parseSync } from '@swc/core';
import { soriAfter, soriBefore, soriDuring } from './crashPoint.ts';

interface Node {
  type: string;
  span: { start: number; end: number };
  [key: string]: unknown;
}

/** Positions are bytes of the text. */
interface Edit {
  at: number;
  insert: string;
}

/** @param path - from the project's folder; a point is called `<path>:<line>:<column>` after where its `await` begins */
export function numberAwaits(path: string, text: string): string {
  // swc counts positions from a start of its own: the statement put in front shows where that is
  const tree = parseSync(`;${text}`, { syntax: 'typescript', target: 'esnext' }) as unknown as { body: Node[] };
  const offset = tree.body[0]!.span.end;
  const bytes = Buffer.from(text);
  const edits = editsOf(tree.body, { isAsyncGenerator: false, idOf: (node) => idOf(path, bytes, node.span.start - offset) });
  return applied(
    bytes,
    edits.map(({ at, ...edit }) => ({ at: at - offset, ...edit })),
  );
}

interface Context {
  isAsyncGenerator: boolean;
  idOf(node: Node): string;
}

/** In the order of the text as far as it matters: what goes in at the same place stands in the order that it is to have there. */
function editsOf(value: unknown, context: Context): Edit[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => editsOf(item, context));
  const inner = isFunction(value) ? { ...context, isAsyncGenerator: value.async && value.generator } : context;
  const [front, back] = isNode(value) ? editsAround(value, context) : [[], []];
  return [...front, ...Object.values(value).flatMap((each) => editsOf(each, inner)), ...back];
}

/** The functions that the program is bundled with, by their names. */
const [BEFORE, DURING, AFTER] = [soriBefore.name, soriDuring.name, soriAfter.name];

function editsAround(node: Node, { isAsyncGenerator, idOf }: Context): [front: Edit[], back: Edit[]] {
  const { start, end } = node.span;
  const id = () => JSON.stringify(idOf(node));
  const argument = (node['argument'] ?? undefined) as Node | undefined;
  if (node.type === 'AwaitExpression' && argument) {
    const inner = { at: argument.span.start, insert: `${DURING}(${id()}, (${BEFORE}(${id()}), ` };
    return [[{ at: start, insert: `${AFTER}(${id()}, ` }, inner], [{ at: end, insert: ')))' }]];
  }
  if (node.type === 'YieldExpression' && isAsyncGenerator) {
    const front = { at: start, insert: `${AFTER}(${id()}, ` };
    if (!argument) return [[front], [{ at: end, insert: ` ${BEFORE}(${id()}))` }]];
    return [[front, { at: argument.span.start, insert: `(${BEFORE}(${id()}), ` }], [{ at: end, insert: '))' }]];
  }
  if (node.type === 'ForOfStatement' && node['await']) {
    const [source, body] = [node['right'] as Node, node['body'] as Node];
    const front = [
      { at: source.span.start, insert: `(${BEFORE}(${id()}), ` },
      { at: body.span.start, insert: `{ ${AFTER}(${id()}); ` },
    ];
    return [
      front,
      [
        { at: source.span.end, insert: ')' },
        { at: end, insert: ' }' },
      ],
    ];
  }
  return [[], []];
}

/** Stable: edits at one place keep their order. */
function applied(bytes: Buffer, edits: Edit[]): string {
  let done = 0;
  const pieces: string[] = [];
  for (const { at, insert } of edits.toSorted((a, b) => a.at - b.at)) {
    pieces.push(bytes.toString('utf8', done, at), insert);
    done = at;
  }
  return pieces.join('') + bytes.toString('utf8', done);
}

function idOf(path: string, bytes: Buffer, at: number): string {
  const lines = bytes.toString('utf8', 0, at).split('\n');
  return `${path}:${lines.length}:${lines.at(-1)!.length + 1}`;
}

function isNode(value: object): value is Node {
  return 'type' in value && 'span' in value;
}

function isFunction(value: object): value is { async: boolean; generator: boolean } {
  return 'async' in value && 'generator' in value;
}
