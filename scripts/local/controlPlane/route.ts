/** The form in which each stand-in says what it answers. */
import type { Resources } from './resources.ts';

/** One call, as it came in. */
export interface Call {
  method: string;
  /** Behind the API's host, without the query. */
  path: string;
  query: URLSearchParams;
  /** What the route's pattern has captured. */
  parts: string[];
  /** JSON, where it was JSON. */
  body: Record<string, unknown>;
  bytes: Buffer;
}

export interface Route {
  /** The host of the API, e.g. `run.googleapis.com`. */
  api: string;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Matches the whole path. */
  path: RegExp;
  answer(call: Call, cloud: Cloud): object | Promise<object>;
}

/** What the stand-ins share. */
export interface Cloud {
  resources: Resources;
  /** `http://127.0.0.1:<port>`; an API stands below it, under its host. */
  url: string;
  projectId: string;
  /** Where uploaded sources lie, unpacked, by their digest. */
  sourcesFolder: string;
  /** Where Hosting's versions keep their files. */
  hostingFolder: string;
  /** Makes a key of a service account, as IAM does. */
  createKey(email: string): Promise<object>;
}

/** An answer that says no, in Google's form. */
export class Refusal extends Error {
  readonly code: number;
  readonly status: string;
  constructor(code: number, status: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
  body(): object {
    return { error: { code: this.code, message: this.message, status: this.status } };
  }
}

export function notFound(name: string): Refusal {
  return new Refusal(404, 'NOT_FOUND', `Resource '${name}' was not found`);
}

export function invalid(message: string): Refusal {
  return new Refusal(400, 'INVALID_ARGUMENT', message);
}

export function alreadyThere(name: string): Refusal {
  return new Refusal(409, 'ALREADY_EXISTS', `Resource '${name}' already exists`);
}
