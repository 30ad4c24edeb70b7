import { catalogue } from '#shared/runtime';

/** An answer, however it was got. Names of headers in lower case. */
export interface SomeAnswer {
  status: number;
  headers: Record<string, string>;
  text: string;
}

const SECURITY_HEADERS = {
  'strict-transport-security': /^max-age=31536000; includeSubDomains$/,
  'content-security-policy': /^default-src 'none'/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'referrer-policy': /^no-referrer$/,
};

/** What is wrong with an answer, whatever it answers: nothing of this may ever be seen. */
export function answerFaults({ status, headers }: SomeAnswer): string[] {
  const missing = Object.entries(SECURITY_HEADERS).filter(([name, form]) => !form.test(headers[name] ?? ''));
  return [
    ...(status >= 500 ? [`status ${status}`] : []),
    ...(/^req_\w{20}$/.test(headers['x-request-id'] ?? '') ? [] : ['no X-Request-Id']),
    ...missing.map(([name]) => `header ${name}: ${headers[name]}`),
  ];
}

/** What is wrong with a refusal: it must be a problem of the catalogue, under its status, and not be kept by anyone. */
export function problemFaults(answer: SomeAnswer, method = 'GET'): string[] {
  const { status, headers, text } = answer;
  const type = headers['content-type'];
  const faults = answerFaults(answer);
  if (headers['cache-control'] !== 'no-store') faults.push(`Cache-Control: ${headers['cache-control']}`);
  if (type !== 'application/problem+json; charset=utf-8') return [...faults, `Content-Type: ${type}, ${text.slice(0, 200)}`];
  return method === 'HEAD' ? faults : [...faults, ...bodyFaults(status, headers, text)];
}

function bodyFaults(status: number, headers: Record<string, string>, text: string): string[] {
  const body = JSON.parse(text) as Record<string, unknown>;
  const entry = Object.entries(catalogue).find(([code]) => code === body['code'])?.[1];
  const expected = {
    type: `urn:sori:problem:${body['code']}`,
    title: entry?.title,
    status: entry?.status,
    requestId: headers['x-request-id'],
  };
  const wrong = Object.entries(expected).filter(([name, value]) => body[name] !== value);
  return [
    ...(entry ? [] : [`code ${body['code']} is not in the catalogue`]),
    ...(body['status'] === status ? [] : [`says status ${body['status']}, is ${status}`]),
    ...wrong.map(([name]) => `${name} is ${String(body[name])}`),
    ...(typeof body['detail'] === 'string' && body['detail'] !== '' ? [] : ['no detail']),
  ];
}
