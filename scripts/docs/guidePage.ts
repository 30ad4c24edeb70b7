/** The guide for whoever writes a client, `docs/clients.md`, as a page beside the functions. */
import { type Html, html } from './html.ts';

/** A run of lines that belong together, told apart by how they begin. What the guide uses of Markdown, and no more. */
interface Block {
  begins: RegExp;
  /** Whether a line goes on with the block that its first line opened. */
  goesOn(line: string, lines: string[]): boolean;
  show(lines: string[]): Html;
}

const isText = (line: string) => line.trim() !== '' && !/^(#|\||- |```)/.test(line);

const BLOCKS: Block[] = [
  { begins: /^```/, goesOn: (_line, lines) => lines.length === 1 || lines.at(-1) !== '```', show: (lines) => code(lines.slice(1, -1)) },
  { begins: /^ {4}/, goesOn: (line) => /^ {4}/.test(line), show: (lines) => code(lines.map((line) => line.slice(4))) },
  { begins: /^#/, goesOn: () => false, show: ([line = '']) => heading(line) },
  { begins: /^\|/, goesOn: (line) => line.startsWith('|'), show: table },
  { begins: /^- /, goesOn: (line) => line.startsWith('- ') || /^ {2}\S/.test(line), show: list },
  { begins: /\S/, goesOn: isText, show: (lines) => html`<p>${inline(lines.join(' '))}</p>\n` },
];

/** @param markdown - the text of docs/clients.md */
export function guidePage(markdown: string): string {
  const title = /^# (.*)/.exec(markdown)?.[1] ?? '';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sori: ${title}</title>
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<header><p><a href="/docs">Every function · 모든 함수</a></p></header>
<main>
${blocksOf(markdown.split('\n'))}</main>
</body>
</html>
`.html;
}

function blocksOf(lines: string[]): Html[] {
  const found: Html[] = [];
  const waiting = [...lines];
  for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
    const first = line;
    const block = BLOCKS.find(({ begins }) => begins.test(first));
    if (!block) continue;
    const own = [first];
    while (waiting.length > 0 && block.goesOn(waiting[0]!, own)) own.push(waiting.shift()!);
    found.push(block.show(own));
  }
  return found;
}

function code(lines: string[]): Html {
  return html`<pre tabindex="0"><code>${lines.join('\n')}</code></pre>\n`;
}

function heading(line: string): Html {
  const [, signs = '', text = ''] = /^(#+) (.*)/.exec(line) ?? [];
  const id = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
  const inner = inline(text);
  if (signs.length === 1) return html`<h1 id="${id}">${inner}</h1>\n`;
  return signs.length === 2 ? html`<h2 id="${id}">${inner}</h2>\n` : html`<h3 id="${id}">${inner}</h3>\n`;
}

function table([head = '', , ...rows]: string[]): Html {
  const cells = (row: string) =>
    row
      .slice(1, row.lastIndexOf('|'))
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim().replaceAll('\\|', '|')));
  const heads = cells(head).map((cell) => html`<th scope="col">${cell}</th>`);
  const body = rows.map((row) => html`<tr>${cells(row).map((cell) => html`<td>${cell}</td>`)}</tr>\n`);
  return html`<div class="scroll"><table>
<thead><tr>${heads}</tr></thead>
<tbody>
${body}</tbody>
</table></div>\n`;
}

function list(lines: string[]): Html {
  const items = lines.join('\n').split(/^- /m).slice(1);
  return html`<ul>\n${items.map((item) => html`<li>${inline(item.replaceAll(/\s*\n\s*/g, ' '))}</li>\n`)}</ul>\n`;
}

/** Code, links and bold words. Links to other pages of the repository are not followed: they are not served. */
function inline(text: string): Html[] {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)]+\))/);
  return parts.map((part, at) => {
    if (at % 2 === 0) return html`${part}`;
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith('*')) return html`<strong>${inline(part.slice(2, -2))}</strong>`;
    const [, words = '', to = ''] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? [];
    return /^(#|https:)/.test(to) ? html`<a href="${to}">${inline(words)}</a>` : html`${inline(words)}`;
  });
}
