import { LIVE_DATABASE, type Manifest } from '#shared/backups';
import type { RestoreCommand } from './commandLine.ts';
import type { Restored } from './restoreDatabase.ts';

export interface RestoreOutcome {
  isSound: boolean;
  lines: string[];
}

/** What has come back, for people, and what is to be done next. */
export function verdict(
  { differences, accounts, settled, jobs }: Restored,
  { documents, digestPages }: Manifest,
  { to, accounts: mode }: Pick<RestoreCommand, 'to' | 'accounts'>,
): RestoreOutcome {
  const equal = `${documents} documents ${digestPages > 0 ? 'are equal, each compared' : 'by collection, in equal numbers'}`;
  const { closed, givenUp, heldUntil } = settled;
  const lines = [
    differences.length === 0 ? `Equal · 동일: ${equal}` : `NOT equal · 다름:\n${differences.map((path) => `  ${path}`).join('\n')}`,
    mode === 'none' ? 'Accounts: none was touched' : accountsLine(accounts),
    `${closed} accounts that were deleted since are closed, and erased by watchService; ${givenUp} songs that may have been ordered since have failed, with the credit back`,
    `Sweeps are held until ${heldUntil.toISOString()}`,
  ];
  if (jobs.length > 0) lines.push(`JOBS HAVE RUN MEANWHILE, and written into it: ${jobs.join(', ')} · 복원 중에 작업이 실행되었습니다`);
  if (to === LIVE_DATABASE) lines.push(NEXT);
  return { isSound: differences.length === 0 && jobs.length === 0, lines };
}

const NEXT =
  'Next: look at it, then: npm run schedule -- apply, open what is closed (updateSettings), and at last: npm run restore -- release';

function accountsLine({ brought, there, byEmail, deleted }: Restored['accounts']): string {
  const left = [
    `${there} were there and stay as they are`,
    ...(byEmail > 0 ? [`${byEmail} not, for the address is another's by now`] : []),
  ];
  return `Accounts: ${brought} brought back, ${left.join(', ')}, ${deleted} not, for they were deleted since`;
}
