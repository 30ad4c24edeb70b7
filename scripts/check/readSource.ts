/**
 * What the rules of the code base need to know of one TypeScript file, read off its syntax tree: a comment or a string that looks
 * like an import is none.
 */
import { parseSync } from '@swc/core';

export interface SourceFile {
  /** From the project's folder, with slashes. */
  path: string;
  text: string;
  lineCount: number;
  imports: Import[];
  /** What the file gives out; `default` and `*` as they are. */
  exports: Export[];
  /** The `name` that a `defineEndpoint({ name })` of this file gives. */
  endpointNames: string[];
  functions: { line: number; lineCount: number }[];
  tests: TestCall[];
  /** Lines that read the environment, and lines that say `any`. */
  environmentLines: number[];
  anyLines: number[];
}

export interface Import {
  from: string;
  line: number;
  isTypeOnly: boolean;
}

export interface Export {
  name: string;
  isType: boolean;
}

/** A call of `it`, `test` or `describe`, or of one of their forms that leave tests out. */
export interface TestCall {
  line: number;
  callee: string;
  title: string | undefined;
}

interface Node {
  type: string;
  span: { start: number; end: number };
  [key: string]: unknown;
}

/** @throws naming the file, when its text does not parse */
export function readSource(path: string, text: string): SourceFile {
  // swc counts positions in bytes from a start of its own: the statement put in front shows where that is
  const tree = parse(path, `;${text}`);
  const [front] = tree['body'] as Node[];
  const bytes = Buffer.from(text);
  const offset = front!.span.end;
  const lineOf = (node: Node) => countLines(bytes.subarray(0, node.span.start - offset));
  const nodes = [...descendants(tree)];
  const linesOf = (matches: (node: Node) => boolean) => nodes.filter(matches).map(lineOf);

  return {
    path,
    text,
    lineCount: countLines(bytes) - (text.endsWith('\n') ? 1 : 0),
    imports: nodes.flatMap((node) => importOf(node, lineOf(node))),
    exports: nodes.flatMap(exportsOf),
    endpointNames: nodes.flatMap(endpointNameOf),
    functions: nodes.filter(isFunction).map((node) => ({
      line: lineOf(node),
      lineCount: countLines(bytes.subarray(node.span.start - offset, node.span.end - offset)),
    })),
    tests: nodes.flatMap((node) => testCallOf(node, lineOf(node))),
    environmentLines: linesOf(readsEnvironment),
    anyLines: linesOf((node) => node.type === 'TsKeywordType' && node['kind'] === 'any'),
  };
}

function parse(path: string, text: string): Node {
  try {
    return parseSync(text, { syntax: 'typescript', target: 'esnext' }) as unknown as Node;
  } catch (cause) {
    throw new Error(`${path} does not parse`, { cause });
  }
}

function* descendants(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* descendants(item);
  } else if (typeof value === 'object' && value !== null) {
    if (isNode(value)) yield value;
    for (const inner of Object.values(value)) yield* descendants(inner);
  }
}

function isNode(value: object): value is Node {
  return 'type' in value && typeof value.type === 'string' && 'span' in value;
}

function countLines(bytes: Buffer): number {
  return bytes.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1);
}

function importOf(node: Node, line: number): Import[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      const source = node['source'] as Node | null | undefined;
      return source ? [{ from: String(source['value']), line, isTypeOnly: node['typeOnly'] === true }] : [];
    }
    case 'TsImportType':
      return [{ from: String((node['argument'] as Node)['value']), line, isTypeOnly: true }];
    case 'CallExpression': {
      const isImport = (node['callee'] as Node).type === 'Import' || nameOf(node['callee']) === 'require';
      const from = isImport ? stringOf(firstArgument(node)) : undefined;
      return from === undefined ? [] : [{ from, line, isTypeOnly: false }];
    }
    default:
      return [];
  }
}

function exportsOf(node: Node): Export[] {
  switch (node.type) {
    case 'ExportDefaultDeclaration':
    case 'ExportDefaultExpression':
      return [{ name: 'default', isType: false }];
    case 'ExportAllDeclaration': // a generated file is its own list of names
      return JSON.stringify(node['source']).includes('.generated.') ? [] : [{ name: '*', isType: false }];
    case 'ExportNamedDeclaration':
      return (node['specifiers'] as Node[]).map((specifier) => ({
        name: nameOf(specifier['exported'] ?? specifier['orig']) ?? '*',
        isType: node['typeOnly'] === true || specifier['isTypeOnly'] === true,
      }));
    case 'ExportDeclaration':
      return declaredBy(node['declaration'] as Node);
    default:
      return [];
  }
}

function declaredBy(declaration: Node): Export[] {
  const declared = declaration.type === 'VariableDeclaration' ? (declaration['declarations'] as Node[]) : [declaration];
  const isType = declaration.type.startsWith('Ts');
  return declared.flatMap((each) => {
    const name = nameOf(each['identifier'] ?? each['id']);
    return name === undefined ? [] : [{ name, isType }];
  });
}

function endpointNameOf(node: Node): string[] {
  if (node.type !== 'CallExpression' || nameOf(node['callee']) !== 'defineEndpoint') return [];
  const properties = (firstArgument(node)?.['properties'] ?? []) as Node[];
  return properties.filter((property) => nameOf(property['key']) === 'name').flatMap((property) => stringOf(property['value']) ?? []);
}

const FUNCTION_TYPES = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'MethodProperty',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
]);

function isFunction(node: Node): boolean {
  return FUNCTION_TYPES.has(node.type);
}

const TEST_CALLEE = /^(x|f)?(it|test|describe)(\.\w+)*$/;

function testCallOf(node: Node, line: number): TestCall[] {
  if (node.type !== 'CallExpression') return [];
  const called = node['callee'] as Node;
  const isOfTable = called.type === 'CallExpression'; // it.each(rows)(title, …): its second call has the title
  const callee = dottedName(isOfTable ? called['callee'] : called);
  if (!callee || !TEST_CALLEE.test(callee) || callee.endsWith('.each') !== isOfTable) return [];
  return [{ line, callee, title: stringOf(firstArgument(node)) }];
}

function readsEnvironment(node: Node): boolean {
  if (node.type === 'MemberExpression') return dottedName(node) === 'process.env';
  if (node.type === 'ImportDeclaration' && /^(node:)?process$/.test(String((node['source'] as Node)['value']))) return true;
  // const { env } = process
  return node.type === 'VariableDeclarator' && nameOf(node['init']) === 'process';
}

function firstArgument(call: Node): Node | undefined {
  const [first] = (call['arguments'] ?? []) as { expression: Node }[];
  return first?.expression;
}

function nameOf(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as { type?: string; value?: unknown };
  return (type === 'Identifier' || type === 'StringLiteral') && typeof value === 'string' ? value : undefined;
}

function dottedName(node: unknown): string | undefined {
  const { type, object, property } = (node ?? {}) as { type?: string; object?: unknown; property?: unknown };
  if (type !== 'MemberExpression') return nameOf(node);
  const [left, right] = [dottedName(object), nameOf(property)];
  return left && right ? `${left}.${right}` : undefined;
}

function stringOf(node: unknown): string | undefined {
  const { type, value, quasis } = (node ?? {}) as { type?: string; value?: unknown; quasis?: { cooked?: string }[] };
  if (type === 'TemplateLiteral') return quasis?.map(({ cooked }) => cooked ?? '').join('…');
  return type === 'StringLiteral' ? String(value) : undefined;
}
