/**
 * The pages at /docs: everything that a client can call, from the OpenAPI document alone, and the guide for whoever writes one. They load
 * nothing from elsewhere.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiDocument } from './document.ts';
import { fieldTable } from './fieldTable.ts';
import { guidePage } from './guidePage.ts';
import { type Html, html, prose } from './html.ts';
import { type Called, operationSection } from './operationSection.ts';

/** Not even a picture from elsewhere. */
export const DOCS_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export interface DocsFile {
  type: string;
  text: string;
}

/** The files of the page, by their paths. @param openApi - the text of docs/openapi.json */
export async function docsFiles(openApi: string): Promise<Map<string, DocsFile>> {
  const document = ApiDocument.parse(JSON.parse(openApi));
  const own = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  const guide = await readFile(join(import.meta.dirname, '../../docs/clients.md'), 'utf8');
  return new Map([
    ['docs/index.html', { type: 'text/html; charset=utf-8', text: docsPage(document) }],
    ['docs/guide.html', { type: 'text/html; charset=utf-8', text: guidePage(guide) }],
    ['docs/page.css', { type: 'text/css; charset=utf-8', text: await own('page.css') }],
    ['docs/search.js', { type: 'text/javascript; charset=utf-8', text: await own('search.js') }],
    ['docs/openapi.json', { type: 'application/json; charset=utf-8', text: openApi }],
  ]);
}

function docsPage(document: ApiDocument): string {
  const called = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Called => ({ path, method, operation })),
  );
  const areas = document.tags.map(({ name, description }) => ({
    name,
    title: description,
    inside: called.filter(({ operation }) => operation.tags.includes(name) && operation.operationId !== 'answerUnknown'),
  }));
  const { title, summary, description, version } = document.info;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: every function</title>
<link rel="stylesheet" href="/docs/page.css">
<script src="/docs/search.js" defer></script>
</head>
<body>
<a class="skip" href="#functions">To the functions</a>
<header>
<h1>${title} · 소리</h1>
<p>${summary}, version ${version}. The same for machines: <a href="/docs/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
</header>
<main>
${prose(description)}${firstSteps()}<form class="search" role="search"><label for="search">Find a function · 함수 찾기</label>
<input id="search" type="search" autocomplete="off" placeholder="song, upload, 재생목록 …">
<p id="found" class="facts" aria-live="polite"></p></form>
<nav aria-label="Functions">
${areas.map(({ title: heading, inside }) => html`<div data-group><h3>${heading}</h3>\n<ul>\n${inside.map(linkTo)}</ul></div>\n`)}</nav>
<div id="functions">
${areas.map(
  ({ name, title: heading, inside }) => html`<section data-group aria-labelledby="area-${name}"><h2 id="area-${name}">${heading}</h2>
${inside.map((each) => operationSection(each, document))}</section>\n`,
)}</div>
${thingsSection(document)}${errorsSection(document)}</main>
</body>
</html>
`.html;
}

function linkTo({ operation: { operationId: name, summary } }: Called): Html {
  return html`<li data-to="${name}"><a href="#${name}" title="${summary}">${name}</a></li>\n`;
}

const FIRST_STEPS = `BASE=http://localhost:8080   # or the address of the service

# Sign in, and keep the token · 로그인
TOKEN=$(curl -s "$BASE/v1/signIn" -H 'Content-Type: application/json' \\
  -d '{"email":"user01@sori.example","password":"sori-local-only"}' | sed 's/.*"idToken":"\\([^"]*\\)".*/\\1/')

# Ask for a song, and look how it goes · 노래 만들기
curl -s "$BASE/v1/createSong" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -H "Idempotency-Key: $(date +%s)" -d '{"prompt":"a calm song about paper boats"}'
curl -s "$BASE/v1/listGenerations?limit=1" -H "Authorization: Bearer $TOKEN"

# Listen · 듣기
curl -s "$BASE/v1/listSongs?scope=mine&limit=1" -H "Authorization: Bearer $TOKEN"
curl -s "$BASE/v1/getPlayback?songId=…" -H "Authorization: Bearer $TOKEN"`;

function firstSteps(): Html {
  return html`<h2>First steps · 시작하기</h2>\n<pre tabindex="0"><code>${FIRST_STEPS}</code></pre>
<p>How an app signs in and keeps its session, follows a song live, plays, uploads from a browser or a phone, what it does about which error, and what
it may repeat: <a href="/docs/guide.html">Writing a client · 클라이언트 만들기</a>.</p>\n`;
}

function thingsSection({ components }: ApiDocument): Html {
  const things = Object.entries(components.schemas).map(
    ([name, schema]) => html`<article id="${name}"><h3>${name}</h3>\n${fieldTable(schema, `the fields of ${name}`)}</article>\n`,
  );
  return html`<section aria-labelledby="things"><h2 id="things">Things · 데이터</h2>\n${things}</section>\n`;
}

function errorsSection({ components }: ApiDocument): Html {
  const errors = Object.entries(components.examples).map(
    ([code, { value }]) => html`<article id="error-${code}"><h3><span class="verb">${value.status}</span> ${code}</h3>
<p>${value.title}.</p><pre tabindex="0"><code>${JSON.stringify(value, null, 2)}</code></pre></article>\n`,
  );
  return html`<section aria-labelledby="errors"><h2 id="errors">Errors · 오류</h2>\n${errors}</section>\n`;
}
