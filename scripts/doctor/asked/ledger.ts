import { type LedgerReport, verifyLedger } from '#shared/operations';
import { broken, type Check, type Finding, sound } from '../check.ts';

export const ledgerCheck: Check = {
  name: 'ledger',
  list: 'asked',
  summary: { en: 'every balance is the sum of its entries, every reservation has ended as its request did', ko: '크레딧 장부 전체' },
  limitMs: 6 * 60 * 60_000, // it reads every entry there is
  look: async ({ sinceAt, progress }) =>
    findingOf(
      await verifyLedger({
        ...(sinceAt ? { sinceAt } : {}),
        progress: ({ entries, requests, balances }) => progress(`${entries} entries, ${requests} requests, ${balances} balances`),
      }),
    ),
};

const MEANINGS: Record<LedgerReport['discrepancies'][number]['kind'], string> = {
  entry_unreadable: 'an entry has fields that no entry may have',
  entry_amount: 'an entry has an amount that its kind may not have',
  entry_id: 'an entry stands under another id than its own: it may stand twice',
  entry_day: 'an entry is booked on another day than it was made',
  balance_is_not_the_sum: 'a balance is not the sum of its entries',
  balance_unreadable: 'a balance is no whole number',
  balance_missing: 'there are entries of somebody who has no balance',
  request_unreadable: 'a request cannot be read',
  request_without_reservation: 'a request has cost no credit',
  reservation_without_request: 'a credit was taken for a request that is not there',
  reservation_of_another: 'a request has cost the credit of somebody else',
  reservation_not_ended: 'a request has ended, but its credit was neither spent nor given back',
  end_without_reservation: 'a credit was spent or given back that was never reserved',
  end_contradicts_request: 'a credit has ended otherwise than its request',
  credits_contradict_state: 'a request shows another end of its credit than its state allows',
};

function findingOf({ checked, discrepancyCount, discrepancies }: LedgerReport): Finding {
  const looked = `Checked ${checked.entries} entries, ${checked.requests} requests and ${checked.balances} balances.`;
  if (discrepancyCount === 0) return sound(looked);
  const told = discrepancies.map(({ kind, uid, generationId, entryId, said, found }) => {
    const where = uid ? `quotas/${uid}` : generationId ? `generationWork/${generationId}` : `ledger/${entryId}`;
    return `  ${where}: ${MEANINGS[kind]} (${kind}; said: ${said}, found: ${found})`;
  });
  const more = discrepancyCount > discrepancies.length ? [`  … and ${discrepancyCount - discrepancies.length} more`] : [];
  return broken([looked, `${discrepancyCount} discrepancies:`, ...told, ...more], {
    en: 'Look at the documents named here and at the logs of their requests; nothing was changed. Entries never change: set a wrong balance in quotas/<uid> to the sum of its entries.',
    ko: '위 문서와 그 요청의 로그를 확인하세요. 항목은 바꾸지 말고 quotas/<uid>의 잔액을 항목의 합으로 고치세요.',
  });
}
