/** Looks on for a while after a deployment: does it stay up, is anything new wrong? */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { listIncidents } from '#shared/incidents';
import { outside } from '../client.ts';
import { type Deployment, type Step, Stopped } from '../step.ts';

const LOOK_EVERY_MS = 5_000;
/** One may be lost on the way; two in a row are the service's. */
const FAILURES_IN_A_ROW = 2;
/** Phase 1 is for going live without them. */
const EXPECTED_IN_PHASE_1 = /^storage_/;

export const watch: Step = {
  name: 'watch',
  title: { en: 'watch', ko: '지켜보기' },
  plan: ({ command }) => Promise.resolve([`${command.watchS} s: health, and critical incidents that open`]),
  async run(deployment) {
    const { command, target } = deployment;
    const service = outside(target.serviceUrl);
    const endAt = performance.now() + command.watchS * 1000;
    let looked = 0;
    let failed = 0;
    do {
      const { status } = await service.get('checkHealth');
      looked += 1;
      failed = status === 200 ? 0 : failed + 1;
      if (failed >= FAILURES_IN_A_ROW) throw stopped(`checkHealth answered ${status || 'nothing'}`);
      const [incident] = await opened(deployment);
      if (incident) throw stopped(`a critical incident has opened: ${incident}`);
      const leftMs = endAt - performance.now();
      if (leftMs > 0) await sleep(Math.min(LOOK_EVERY_MS, leftMs));
    } while (performance.now() < endAt || failed > 0);
    return [`${looked} looks, all well`];
  },
};

async function opened({ release, command }: Deployment): Promise<string[]> {
  const { items } = await listIncidents({ state: 'open', limit: 20 });
  const Row = z.object({ alert: z.string(), severity: z.string(), openedAt: z.string(), title: z.object({ en: z.string() }) });
  return items
    .map((item) => Row.parse(item))
    .filter(({ severity, openedAt }) => severity === 'critical' && openedAt >= release.startedAt)
    .filter(({ alert }) => command.phase === 2 || !EXPECTED_IN_PHASE_1.test(alert))
    .map(({ alert, title }) => `${alert}: ${title.en}`);
}

function stopped(message: string): Stopped {
  return new Stopped(message, {
    en: 'docs/runbook.md has a section for each alert; npm run rollback goes back',
    ko: 'docs/ko/runbook.md 를 확인하세요. npm run rollback 으로 되돌릴 수 있습니다',
  });
}
