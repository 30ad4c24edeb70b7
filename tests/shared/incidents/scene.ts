/** A project of the test's own, a webhook that is a real server, and a clock that the test moves. */
import type { ServerResponse } from 'node:http';
import { type Finding, type Incident, judgeAll, listIncidents, newMemory, type WebhookBounds } from '#shared/incidents';
import { closeDatabase, database, systemWorld } from '#shared/runtime';
import { TestClock } from '../../support/clock.ts';
import { useOwnProject } from '../../support/service.ts';
import { json, type Received, serve } from '../music/smallServer.ts';

export interface Webhook {
  url: string;
  /** The texts that it took, or was given and did not take. */
  texts: string[];
  /** What it answers from now on. */
  status: number;
  /** How long it thinks before it answers. */
  pauseMs: number;
  /** Called with each message, before it is answered. */
  onMessage: (text: string, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function openWebhook(): Promise<Webhook> {
  const webhook: Webhook = { url: '', texts: [], status: 200, pauseMs: 0, onMessage: () => undefined, close: async () => undefined };
  const { url, close } = await serve(({ body }: Received, response) => {
    const { text } = JSON.parse(body) as { text: string };
    webhook.texts.push(text);
    webhook.onMessage(text, response);
    setTimeout(() => response.destroyed || json(response, {}, webhook.status), webhook.pauseMs);
  });
  return Object.assign(webhook, { url: `${url}/services/T0/B0/secret-of-the-webhook`, close });
}

/** No test waits for the pauses between tries. */
export const QUICK: WebhookBounds = { timeoutMs: 1_000, pausesMs: [0, 0] };

export interface Scene {
  clock: TestClock;
  webhook: Webhook;
  projectId: string;
  /** What one look has found. The memory is one process's. */
  judge(findings: Finding[], memory?: ReturnType<typeof newMemory>): ReturnType<typeof judgeAll>;
  /** The same each minute, for so many minutes. */
  lasts(minutes: number, findings: Finding[]): Promise<void>;
  /** All of them, the newest first. */
  incidents(): Promise<Incident[]>;
  /** Nothing of before is left. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openScene(settings: Record<string, string> = {}): Promise<Scene> {
  const webhook = await openWebhook();
  const projectId = useOwnProject({ ALERT_WEBHOOK_URL: webhook.url, ...settings });
  const clock = new TestClock();
  const world = { ...systemWorld, clock };
  const judge: Scene['judge'] = (findings, memory = newMemory()) => judgeAll(findings, { world, memory, webhook: QUICK });
  return {
    clock,
    webhook,
    projectId,
    judge,
    async lasts(minutes, findings) {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.advance(60_000);
        await judge(findings);
      }
    },
    incidents: async () => (await listIncidents({ limit: 100 })).items,
    async clear() {
      const db = await database();
      for (const name of ['incidents', 'alertStates', 'alertChannels']) await db.recursiveDelete(db.collection(name));
      Object.assign(webhook, { texts: [], status: 200, pauseMs: 0, onMessage: () => undefined });
    },
    async close() {
      await closeDatabase();
      await webhook.close();
    },
  };
}

export function bad(alert: Finding['alert'], observed = 'down', isWorse = false): Finding {
  return { alert, state: 'bad', observed, isWorse };
}

export function good(alert: Finding['alert']): Finding {
  return { alert, state: 'good', observed: 'as it should be' };
}
