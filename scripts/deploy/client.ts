/** Calls the service as somebody outside would: by HTTP, at its public address. */
import { z } from 'zod';
import { Stopped } from './step.ts';

const LIMIT_MS = 30_000;

export interface Answer {
  status: number;
  body: unknown;
}

export interface Outside {
  get(name: string, query?: Record<string, string>): Promise<Answer>;
  post(name: string, body: object): Promise<Answer>;
  /** From now on the calls are this person's. */
  signIn(idToken: string): void;
}

export function outside(serviceUrl: string): Outside {
  let token: string | undefined;
  const call = async (path: string, request: RequestInit): Promise<Answer> => {
    const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    try {
      const answer = await fetch(`${serviceUrl}/${path}`, { ...request, headers, signal: AbortSignal.timeout(LIMIT_MS) });
      return { status: answer.status, body: await answer.json().catch(() => ({})) };
    } catch (error) {
      return { status: 0, body: { code: (error as Error).name } };
    }
  };
  return {
    get: (name, query = {}) => call(`${name}?${new URLSearchParams(query)}`, { method: 'GET' }),
    post: (name, body) => call(name, { method: 'POST', body: JSON.stringify(body) }),
    signIn: (idToken) => {
      token = idToken;
    },
  };
}

/** @throws {Stopped} naming the call and what was answered instead */
export function expected<Shape extends z.ZodType>(what: string, answer: Answer, status: number, Shape: Shape): z.output<Shape> {
  const read = Shape.safeParse(answer.body);
  if (answer.status === status && read.success) return read.data as z.output<Shape>;
  const { code } = z
    .object({ code: z.string().catch('') })
    .catch({ code: '' })
    .parse(answer.body);
  throw new Stopped(`${what} answered ${answer.status || 'nothing'}${code ? ` ${code}` : ''}, not ${status}`, {
    en: 'look at the log of this function; npm run rollback goes back to the release before',
    ko: '이 함수의 로그를 확인하세요. npm run rollback 으로 되돌릴 수 있습니다',
  });
}

const Feature = z.object({ available: z.boolean(), reason: z.string().nullable() });
export const Status = z.object({ phase: z.literal([1, 2]), features: z.record(z.string(), Feature) });
export type Status = z.output<typeof Status>;
