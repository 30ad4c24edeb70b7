/**
 * Google's administrative APIs, by their REST addresses: the deployment asks each a few things, so that none is worth a client library.
 *
 * Quota errors are tried again with growing pauses; everything else that is refused is told with what to do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { z as schema } from 'zod';

export interface GoogleOptions {
  /** Address of an API by its host: `run.googleapis.com`. */
  baseOf(host: string): string;
  accessToken(): Promise<string>;
  /** The first pause after a quota error. @default 5 s */
  firstPauseMs?: number;
}

export interface Asked {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  query?: Record<string, string>;
  body?: object;
}

const CALL_LIMIT_MS = 30_000;
const QUOTA_TRIES = 5;
const OPERATION_LIMIT_MS = 10 * 60_000;

/** Google said no. */
export class GoogleRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const Refused = schema.object({ error: schema.object({ message: schema.string().catch(''), status: schema.string().catch('') }) });
const Operation = schema.looseObject({
  name: schema.string(),
  done: schema.boolean().optional(),
  error: schema.object({ message: schema.string().catch('') }).optional(),
});

export class Google {
  private readonly options: GoogleOptions;

  constructor(options: GoogleOptions) {
    this.options = options;
  }

  /** The same, with another address. */
  at(baseOf: GoogleOptions['baseOf']): Google {
    return new Google({ ...this.options, baseOf });
  }

  /** @param path - with the version: `/v2/projects/…`. @throws {GoogleRefusal} */
  async ask<Shape extends z.ZodType>(host: string, path: string, Shape: Shape, asked: Asked = {}): Promise<z.output<Shape>> {
    for (let tried = 1; ; tried += 1) {
      try {
        return Shape.parse(await this.askOnce(host, path, asked)) as z.output<Shape>;
      } catch (error) {
        const isQuota = error instanceof GoogleRefusal && error.status === 429;
        if (!isQuota || tried === QUOTA_TRIES) throw error;
        await sleep((this.options.firstPauseMs ?? 5_000) * 2 ** (tried - 1));
      }
    }
  }

  /** Like `ask`; `undefined` for what is not there yet, an API that is not enabled included. */
  async find<Shape extends z.ZodType>(host: string, path: string, Shape: Shape, asked: Asked = {}): Promise<z.output<Shape> | undefined> {
    try {
      return await this.ask(host, path, Shape, asked);
    } catch (error) {
      const isAbsent = error instanceof GoogleRefusal && (error.status === 404 || /has not been used|is disabled/.test(error.message));
      if (isAbsent) return undefined;
      throw error;
    }
  }

  /** Begins a long operation and waits for its end. @throws {GoogleRefusal} when it fails */
  async operate(host: string, path: string, version: string, asked: Asked): Promise<void> {
    let operation = await this.ask(host, path, Operation, { method: 'POST', ...asked });
    const endAt = performance.now() + OPERATION_LIMIT_MS;
    while (!operation.done && operation.name.includes('operations/')) {
      if (performance.now() > endAt) throw new GoogleRefusal(504, `${host}: ${operation.name} has not ended in time`);
      await sleep(1_000);
      operation = await this.ask(host, `/${version}/${operation.name}`, Operation);
    }
    if (operation.error) throw new GoogleRefusal(500, `${host}: ${operation.error.message}`);
  }

  private async askOnce(host: string, path: string, { method = 'GET', query = {}, body }: Asked): Promise<unknown> {
    const search = new URLSearchParams(query).toString();
    const url = `${this.options.baseOf(host)}${path}${search ? `?${search}` : ''}`;
    const headers = {
      Authorization: `Bearer ${await this.options.accessToken()}`,
      ...(body ? { 'Content-Type': 'application/json' } : {}),
    };
    const answer = await fetch(url, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
    });
    const data: unknown = await answer.json().catch(() => ({}));
    if (answer.ok) return data;
    const said = Refused.safeParse(data).data?.error.message ?? '';
    throw new GoogleRefusal(answer.status, `${method} ${host}${path} was refused (${answer.status}): ${said}`);
  }
}
