/** What operators are told of backups: rows of `alerts.ts`. */
import { type AlertRow, MINUTE_MS, USUAL } from './alert.ts';

export const alertsOfBackups = {
  backup_overdue: {
    ...USUAL,
    severity: 'critical',
    echoOf: ['database_down'],
    threshold: 'the newest verified backup is older than 26 hours',
    reason: 'One a day, with 2 hours to make and to verify it.',
    title: { en: 'There is no verified backup of the last day', ko: '최근 하루의 검증된 백업이 없습니다' },
    todo: { en: 'listBackups: how far it came; then startBackup.', ko: 'listBackups를 확인하고 startBackup으로 다시 시작하세요.' },
  },
  backup_failed: {
    ...USUAL,
    severity: 'critical',
    echoOf: ['database_down'],
    threshold: 'a backup has failed and none has been verified since',
    reason: 'It may be the bucket, a right or a quota: the next one would fail too.',
    title: { en: 'A backup has failed', ko: '백업이 실패했습니다' },
    todo: { en: 'listBackups has the reason; mend it, then startBackup.', ko: 'listBackups에서 원인을 고친 뒤 startBackup을 실행하세요.' },
  },
  backup_not_compared: {
    ...USUAL,
    severity: 'critical',
    echoOf: ['database_down'],
    threshold: 'the last weekly backup came back different or could not be compared, or none was found equal for 9 days',
    reason: 'A backup that was never brought back is a hope. One a week, with 2 days to bring it back and to compare it.',
    title: { en: 'No backup was brought back and found equal', ko: '복원하여 비교한 백업이 없습니다' },
    todo: { en: 'listBackups has the reason; mend it, then startBackup.', ko: 'listBackups에서 원인을 고친 뒤 startBackup을 실행하세요.' },
  },
  tombstones_not_copied: {
    ...USUAL,
    severity: 'warning',
    escalatesAfterMs: 60 * MINUTE_MS,
    echoOf: ['database_down'],
    threshold: 'the deletion of an account is not copied to the backup bucket for 10 minutes; critical after an hour',
    reason: 'It is done each minute. If the database were lost now, a restore would bring that account back.',
    title: { en: 'Deletions of accounts are not copied to the backups', ko: '계정 삭제 기록이 백업에 복사되지 않습니다' },
    todo: { en: 'Is the backup bucket there, and may we write to it?', ko: '백업 버킷과 쓰기 권한을 확인하세요.' },
  },
} as const satisfies Record<string, AlertRow>;
