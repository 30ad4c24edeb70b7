/** The operator's switch, before the first function answers: what a phase holds back was never open. */
import { changeSettings, getServiceSettings } from '#shared/operations';
import { systemWorld } from '#shared/runtime';
import type { Step } from '../step.ts';

export const phase: Step = {
  name: 'phase',
  title: { en: 'phase', ko: '단계' },
  plan: ({ command }) => Promise.resolve([`the service is in phase ${command.phase}`]),
  async run({ command }) {
    const before = await getServiceSettings();
    await setPhase(command.phase, 'deploy');
    return [before.phase === command.phase ? `phase ${command.phase}, as before` : `phase ${before.phase} → ${command.phase}`];
  },
};

/** Written to the audit, as when an operator changes it. @param action - which command it was */
export async function setPhase(wanted: 1 | 2, action: 'deploy' | 'hotfix'): Promise<void> {
  const { newId } = systemWorld;
  const operation = { actorId: 'operator:cli', action, requestId: null, now: new Date(), newId };
  await changeSettings({ phase: wanted }, operation);
}
