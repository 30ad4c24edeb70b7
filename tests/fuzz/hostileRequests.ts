/** What no proper client sends: requests that are wrong as a whole, for every function, with what must come of them. */
import type { Endpoint } from '#shared/endpoint';
import type { ProblemCode } from '#shared/runtime';

export interface HostileRequest {
  what: string;
  pieces: (string | Buffer)[];
  /** Empty: anything below 500. */
  statuses: number[];
  /** Where another fault would be refused with the same status. */
  code?: ProblemCode;
  /** Judged by the server's own parser, which answers with a bare status and hangs up. */
  isNoHttp?: boolean;
}

const MALFORMED = 'malformed_request' as const;

/** Whom a request claims to come from, and a small body that its function takes. */
interface Own {
  endpoint: Endpoint;
  token: string | undefined;
  address: string;
  body: string;
}

interface Message {
  method?: string;
  target?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export function hostileRequests(own: Own): HostileRequest[] {
  const { endpoint } = own;
  if (endpoint.name === 'answerUnknown')
    return [...methods(own), ...headers(own), ...noHttp(own)].map((each) => ({ ...each, statuses: each.isNoHttp ? each.statuses : [] }));
  const special = endpoint.method === 'POST' ? bodies(own) : queries(own);
  return [...special, ...methods(own), ...paths(own), ...headers(own), ...noHttp(own)];
}

/** One request as it goes over the wire. */
function message({ endpoint, token, address, body: good }: Own, { method = endpoint.method, target, headers = {}, body }: Message): Buffer {
  const content = body ?? (method === 'POST' ? good : '');
  const all: Record<string, string> = {
    Host: 'sori.example',
    'X-Forwarded-For': address,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(content.length > 0 ? { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(content)) } : {}),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${target ?? `/v1/${endpoint.name}`} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(content)]);
}

function bodies(own: Own): HostileRequest[] {
  const { bodyBytes } = own.endpoint.resources;
  const post = (what: string, statuses: number[], more: Message): HostileRequest => ({ what, statuses, pieces: [message(own, more)] });
  const notJson = ['{"a":', '{"a":1,}', "{'a':1}", 'NaN', '{"a":1}{', '\ufeff\ufeff{}', '{"a":"\u0001"}', '[', '{"a":\\u0031}'];
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'application/json-patch+json',
    ';',
    '*/*',
  ];
  const codings = ['gzip', 'br', 'deflate', 'zstd', 'nonsense', 'gzip, gzip'];
  const chunked = { 'Transfer-Encoding': 'chunked' };
  const withoutLength = (more: Record<string, string>) =>
    message(own, { body: '', headers: { 'Content-Type': 'application/json', ...more } });
  return [
    ...notJson.map((body) => post(`the body ${body}`, [400], { body })),
    { ...post('a body that is no UTF-8', [400], { body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) }), code: MALFORMED },
    post('JSON in UTF-16', [400], { body: Buffer.from('{"a":1}', 'utf16le') }),
    post('a deep body', [400], { body: '['.repeat(Math.min(bodyBytes, 60_000)) }),
    ...types.map((type) => post(`a body of type ${type}`, [415], { headers: { 'Content-Type': type }, body: '{"a":1}' })),
    ...codings.map((coding) => post(`a body coded ${coding}`, [415], { headers: { 'Content-Encoding': coding } })),
    post('a body over the bound', [413], { body: `"${'x'.repeat(bodyBytes)}"` }),
    {
      what: 'a length over the bound, and nothing after it',
      statuses: [413],
      pieces: [withoutLength({ 'Content-Length': String(bodyBytes + 1) })],
    },
    { what: 'a length of many digits', statuses: [413], pieces: [withoutLength({ 'Content-Length': '9'.repeat(15) })] },
    { what: 'a body that grows over the bound', statuses: [413], pieces: [withoutLength(chunked), ...chunks(bodyBytes + 1)] },
    { what: 'a body that is announced and never comes', statuses: [408], pieces: [withoutLength({ 'Content-Length': '100' }), '{"a":'] },
    { what: 'a first chunk and no second', statuses: [408], pieces: [withoutLength(chunked), '5\r\n{"a":\r\n'] },
    {
      what: 'an expectation and a body over the bound',
      statuses: [413],
      pieces: [withoutLength({ Expect: '100-continue', 'Content-Length': String(bodyBytes + 1) })],
    },
    ...doubled(own.body).map((body) => ({ ...post(`a field twice: ${body.slice(-60)}`, [400], { body }), code: MALFORMED })),
  ];
}

/** A good body with a field that is given twice: the same, another, written otherwise, further down, and with much that only looks like one. */
function doubled(body: string): string[] {
  const [[name, value] = ['songId', 'a']] = Object.entries(JSON.parse(body) as Record<string, unknown>);
  const both = { [name]: value };
  const own = JSON.stringify(both).slice(1, -1);
  const spelt = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
  const bodyWith = (more: string) => `${JSON.stringify({ ...both, ...JSON.parse(body) }).slice(0, -1)},${more}}`;
  return [
    bodyWith(own),
    bodyWith(`"${name}" \n\t: null`),
    bodyWith(`"${spelt}":1`),
    bodyWith('"x":[[{"a":1,"b":{"a":2,"__proto__":3,"__proto__":4}}]]'),
    bodyWith('"\\"x\\":":"\\\\","y":"\\"y\\":1","y":[]'),
  ];
}

function chunks(bytes: number): string[] {
  const size = 1000;
  return Array.from({ length: Math.ceil(bytes / size) }, () => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`);
}

function queries(own: Own): HostileRequest[] {
  const get = (what: string, statuses: number[], query: string, more: Message = {}): HostileRequest => ({
    what,
    statuses,
    pieces: [message(own, { target: `/v1/${own.endpoint.name}?${query}`, ...more })],
  });
  const broken = ['a=%', 'a=%z1', 'a=%ff', 'a=%C3', '%=1', 'a=%ED%A0%80'];
  return [
    { ...get('a parameter twice', [400], 'songId=a&songId=b'), code: MALFORMED },
    get('an unknown parameter twice', [400], 'x=1&x=2'),
    ...broken.map((query) => ({ ...get(`the query ${query}`, [400], query), code: MALFORMED })),
    get('a long query', [400], `x=${'y'.repeat(10_000)}`),
    get('a thousand parameters', [400], Array.from({ length: 1000 }, (_, at) => `p${at}=1`).join('&')),
    get('brackets', [400], 'a[b][c]=1&a[__proto__][x]=1'),
    get('names of prototypes', [400], '__proto__=1&constructor=1'),
    get('a query in a query', [400], '?a=1?b=2'),
    get('a body where none belongs', [], '', { body: '{"a":1}' }),
  ];
}

function methods(own: Own): HostileRequest[] {
  const wrong = ['TRACE', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'LINK', own.endpoint.method === 'GET' ? 'POST' : 'GET'];
  return wrong.map((method) => ({ what: `the method ${method}`, statuses: [405], pieces: [message(own, { method, body: '' })] }));
}

function paths(own: Own): HostileRequest[] {
  const { name } = own.endpoint;
  const strange = [
    `//v1/${name}`,
    `/v1/${name}/x`,
    `/v1/${name}%00`,
    `/v1/${name};x=1`,
    `/v1/${name}.json`,
    `/v1/%2e%2e/${name}`,
    `/v1/x/../${name}`,
    `/v1/${name}/%2e%2e/${name}`,
    `/v1/%${name}`,
    `/v1/%ff${name}`,
    `/v1\\${name}`,
    `/v1/${name.toUpperCase()}`,
    `/v2/${name}`,
    '/favicon.ico',
    '/robots.txt',
    `http://elsewhere.example/v1/${name}`,
  ];
  return strange.map((target) => ({ what: `the path ${target}`, statuses: [], pieces: [message(own, { target })] }));
}

function headers(own: Own): HostileRequest[] {
  const odd: [name: string, values: string[]][] = [
    [
      'Range',
      ['bytes=', 'bytes=-', 'bytes=9-2', 'bytes=0-0,1-1', 'lines=1-2', `bytes=${'0-1,'.repeat(900)}0-1`, 'bytes=99999999999999999999-'],
    ],
    ['If-Range', ['"', 'W/"x"', 'Thu, 99 Foo 2026']],
    ['If-None-Match', ['*', ',,,', '"'.repeat(500), 'W/']],
    ['Idempotency-Key', ['x'.repeat(129), 'ÿ', 'a b', '']],
    ['Authorization', ['Bearer', 'Bearer ', 'Basic eDp5', 'bearer x y', `Bearer ${'x'.repeat(9000)}`, 'Bearer \u00ff', '\u0000'.slice(1)]],
    ['X-Forwarded-For', [',,,', '::1', 'x'.repeat(3000), '1.2.3.4, '.repeat(300), "'; drop"]],
    ['Origin', ['null', 'https://evil.example', 'x', '*', 'https://a b']],
    ['Host', ['x y', 'evil.example:99999', '[::1', '']],
    ['traceparent', [`00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`, 'junk', `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]],
    ['Accept', ['text/html', 'x'.repeat(3000)]],
    ['Cookie', [`a=${'x'.repeat(8000)}`]],
    ['Upgrade', ['websocket', 'h2c']],
    ['Connection', ['upgrade', 'close, close', 'x-forwarded-for']],
    ['X-HTTP-Method-Override', ['DELETE']],
    ['Access-Control-Request-Method', ['DELETE', 'x y']],
  ];
  return odd.flatMap(([name, values]) =>
    values.map((value) => ({
      what: `${name}: ${value.slice(0, 40)}`,
      statuses: name === 'Authorization' ? [401] : [],
      pieces: [message(own, { headers: { [name]: value } })],
    })),
  );
}

/** What Node's parser does not take for HTTP. */
function noHttp(own: Own): HostileRequest[] {
  const bare = (what: string, statuses: number[], piece: string | Buffer): HostileRequest => ({
    what,
    statuses,
    pieces: [piece],
    isNoHttp: true,
  });
  const withHeaders = (more: Record<string, string>) => message(own, { headers: more });
  return [
    bare('a header of 100 kB', [431], withHeaders({ Authorization: `Bearer ${'x'.repeat(100_000)}` })),
    bare('a target of 100 kB', [431], message(own, { target: `/v1/${own.endpoint.name}?${'x'.repeat(100_000)}` })),
    bare('a method that nobody knows', [400], message(own, { method: 'STEAL', body: '' })),
    bare(
      'a length and chunks at once',
      [400],
      message(own, { method: 'POST', headers: { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' } }),
    ),
    bare('a length that is no number', [400], message(own, { method: 'POST', headers: { 'Content-Length': '-1' }, body: '' })),
    bare('a header that is none', [400], `GET /v1/${own.endpoint.name} HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n`),
    bare('no host', [400], `GET /v1/${own.endpoint.name} HTTP/1.1\r\n\r\n`),
    bare('a greeting of TLS', [400], Buffer.from('16030100a5010000a10303', 'hex')),
  ];
}
