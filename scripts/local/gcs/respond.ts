import type { ServerResponse } from 'node:http';
import type { GcsError } from '../objectStore/gcsError.ts';

export function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', 'content-length': Buffer.byteLength(text), ...headers });
  response.end(text);
}

export function sendNothing(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-length': 0, ...headers });
  response.end();
}

/** `json` and `xml` are the two APIs; the JSON API answers a refused download as plain text. */
export type RefusalForm = 'json' | 'text' | 'xml';

export function sendRefusal(response: ServerResponse, { refusal }: GcsError, form: RefusalForm, isHead: boolean): void {
  const { status, headers = {} } = refusal;
  const hasBody = status !== 304 && !isHead;
  const { type, text } = { json: jsonRefusal, text: textRefusal, xml: xmlRefusal }[form](refusal);
  response.writeHead(status, { ...(hasBody ? { 'content-type': type, 'content-length': Buffer.byteLength(text) } : {}), ...headers });
  response.end(hasBody ? text : undefined);
}

type Refusal = GcsError['refusal'];

function jsonRefusal({ status, message, reason, location }: Refusal) {
  const where = location ? { locationType: 'header', location } : {};
  const body = { error: { code: status, message, errors: [{ message, domain: 'global', reason, ...where }] } };
  return { type: 'application/json; charset=UTF-8', text: JSON.stringify(body) };
}

function textRefusal({ message }: Refusal) {
  return { type: 'text/html; charset=UTF-8', text: message };
}

function xmlRefusal({ xmlCode, xmlMessage, message, details, xmlExtra = {} }: Refusal) {
  const elements = { Code: xmlCode, Message: xmlMessage, Details: details ?? message, ...xmlExtra };
  const inner = Object.entries(elements).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return { type: 'application/xml; charset=UTF-8', text: `<?xml version='1.0' encoding='UTF-8'?><Error>${inner.join('')}</Error>` };
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
