/**
 * What operators are told of: every alert with its threshold, the reason for it, its titles and what to do, as data. The pages
 * docs/runbook.md and docs/ko/runbook.md have a section for each, under its name; the files in scripts/monitoring/ are held against it.
 */
import { type AlertRow, MINUTE_MS, USUAL } from './alert.ts';
import { alertsOfBackups } from './alertsOfBackups.ts';

const HOUR_MS = 60 * MINUTE_MS;

/** Of shares and percentiles: they look back over minutes, and end only when those have gone by. */
const FIGURE = {
  ...USUAL,
  resolvesAfterMs: 10 * MINUTE_MS,
  echoOf: ['database_down', 'auth_down', 'storage_down', 'provider_down'],
} as const;

const rows = {
  database_down: {
    ...USUAL,
    severity: 'critical',
    threshold: 'two tries of 4 s each to write and to read fail',
    reason: 'Nothing but tickets and cached public songs works without it; one lost packet is no outage.',
    title: { en: 'Firestore does not answer', ko: 'Firestore가 응답하지 않습니다' },
    todo: { en: "Look at Firestore's status and the project's quotas.", ko: 'Firestore 상태와 프로젝트 할당량을 확인하세요.' },
  },
  auth_down: {
    ...USUAL,
    severity: 'critical',
    threshold: 'two looks at one user, of 5 s each, fail',
    reason: 'Nobody can sign in or up, and nobody who was locked out in the console is noticed.',
    title: { en: 'Firebase Auth does not answer', ko: 'Firebase Auth가 응답하지 않습니다' },
    todo: { en: "Look at Firebase's status and the service account's rights.", ko: 'Firebase 상태와 서비스 계정 권한을 확인하세요.' },
  },
  storage_down: {
    ...USUAL,
    severity: 'critical',
    threshold: 'a store of MEDIA_STORES cannot be written or read by its probe',
    reason: 'New songs and uploads are held back until every store is whole.',
    title: { en: 'A store of songs and pictures does not work', ko: '노래와 그림의 저장소가 작동하지 않습니다' },
    todo: {
      en: 'npm run doctor -- storageKey; a new key needs no deployment.',
      ko: 'npm run doctor -- storageKey; 새 키는 배포 없이 적용됩니다.',
    },
  },
  storage_full: {
    ...USUAL,
    severity: 'warning',
    resolvesAfterMs: 10 * MINUTE_MS,
    threshold: 'less than 5 GiB are free in a directory of MEDIA_STORES; critical below 1 GiB',
    reason: '5 GiB are about 1,200 songs of 3 minutes: days to make room. 1 GiB may be gone within the hour.',
    title: { en: 'A store is filling up', ko: '저장 공간이 부족해지고 있습니다' },
    todo: { en: 'Enlarge the volume, or make room on it.', ko: '볼륨을 늘리거나 공간을 확보하세요.' },
  },
  provider_down: {
    ...USUAL,
    severity: 'critical',
    threshold: 'it does not tell our balance in two tries, or orders are held back because it fails',
    reason: 'No new song is ordered; songs that were asked for fail after 10 minutes.',
    title: { en: 'The music provider does not serve us', ko: '음악 제공 업체를 이용할 수 없습니다' },
    todo: { en: "Look at the provider's status and at our API key.", ko: '제공 업체의 상태와 API 키를 확인하세요.' },
  },
  lyrics_down: {
    ...USUAL,
    severity: 'warning',
    echoOf: ['provider_down'],
    threshold: 'the provider has failed to write lyrics five times in a minute',
    reason: 'Songs can be made without; people wait for their verses.',
    title: { en: 'The provider writes no lyrics', ko: '제공 업체가 가사를 쓰지 못합니다' },
    todo: { en: 'Wait; ask the provider when it lasts.', ko: '기다려 보고, 계속되면 제공 업체에 문의하세요.' },
  },
  provider_balance: {
    ...USUAL,
    severity: 'warning',
    resolvesAfterMs: 10 * MINUTE_MS,
    threshold: 'our balance is below what the settings allow for one day; critical below 3 credits',
    reason: 'A day is the time to buy more. The dearest song costs 3.',
    title: { en: 'Our credit at the provider runs out', ko: '제공 업체 크레딧이 곧 소진됩니다' },
    todo: { en: 'Buy credits at the provider.', ko: '제공 업체에서 크레딧을 충전하세요.' },
  },
  provider_budget: {
    ...USUAL,
    severity: 'warning',
    threshold: '80 % of settings.providerCreditsPerDay are used; critical when all of it is, and songs wait for tomorrow',
    reason: 'At 80 % there is time to allow more before people are turned away.',
    title: { en: "The day's budget for songs is nearly spent", ko: '오늘의 노래 제작 예산이 거의 소진되었습니다' },
    todo: { en: 'Raise providerCreditsPerDay, or wait for midnight.', ko: 'providerCreditsPerDay를 올리거나 자정까지 기다리세요.' },
  },
  error_rate: {
    ...FIGURE,
    severity: 'warning',
    threshold: 'more than 1 % of at least 100 requests in 5 minutes are answered 5xx; critical above 5 %',
    reason: 'Of 100, one may be chance. Above 5 % every twentieth tap of somebody fails.',
    title: { en: 'Requests fail', ko: '요청이 실패하고 있습니다' },
    todo: { en: 'Error Reporting: which function, since which deployment.', ko: 'Error Reporting에서 함수와 시작 시점을 확인하세요.' },
  },
  latency: {
    ...FIGURE,
    severity: 'warning',
    threshold: 'the slowest 5 % of at least 50 requests in 10 minutes take more than 1 s',
    reason: 'People notice a second. Cold starts alone stay below 5 % from 50 requests on.',
    title: { en: 'Answers are slow', ko: '응답이 느립니다' },
    todo: { en: 'getDashboard: which functions; then Firestore.', ko: 'getDashboard에서 느린 함수를 찾고 Firestore를 확인하세요.' },
  },
  sign_in_check_slow: {
    ...FIGURE,
    severity: 'warning',
    threshold: 'the slowest 5 % of at least 50 sign-in checks in 10 minutes take more than 100 ms',
    reason: 'It is done for every request, takes 0.1 ms warm, and 100 ms is what was promised.',
    title: { en: 'The check of sign-ins is slow', ko: '로그인 확인이 느립니다' },
    todo: { en: "Look at Google's certificates and at Firestore.", ko: 'Google 인증서와 Firestore 응답을 확인하세요.' },
  },
  generations_stuck: {
    ...USUAL,
    severity: 'warning',
    escalatesAfterMs: 10 * MINUTE_MS,
    resolvesAfterMs: 5 * MINUTE_MS,
    echoOf: ['database_down'],
    threshold: 'work of the song worker is 3 minutes overdue, or a request is older than its bounds allow; critical after 10 minutes',
    reason: 'The worker comes each minute, and a dead one is replaced after its lease of a minute.',
    title: { en: 'Songs are stuck in the making', ko: '노래 제작이 멈춰 있습니다' },
    todo: { en: 'Look at advanceGenerations: its job and its log.', ko: 'advanceGenerations의 작업과 로그를 확인하세요.' },
  },
  jobs_missed: {
    ...USUAL,
    severity: 'warning',
    escalatesAfterMs: HOUR_MS,
    echoOf: ['database_down'],
    threshold: 'a recurring job has not done its work at its time, nor 30 minutes after the watch asked for it; critical after an hour',
    reason: 'Cloud Scheduler tries again by itself, and the watch makes up for what nobody has done: then somebody has to look.',
    title: { en: 'A recurring job was missed', ko: '예약 작업이 실행되지 않았습니다' },
    todo: { en: 'Cloud Scheduler: "Force run" makes up for it.', ko: 'Cloud Scheduler에서 "강제 실행"하세요.' },
  },
  ...alertsOfBackups,
  books_wrong: {
    ...USUAL,
    severity: 'critical',
    echoOf: ['database_down'],
    threshold: 'the daily check of the books has found a discrepancy, in one of the last 7 reports',
    reason: 'Credits are exact (G3): a single one that does not add up is a fault of ours or a change by hand.',
    title: { en: 'The books of credits do not add up', ko: '크레딧 장부가 맞지 않습니다' },
    todo: { en: 'npm run doctor -- ledger says what, where, and what to do.', ko: 'npm run doctor -- ledger로 내용을 확인하세요.' },
  },
  credits_differ: {
    ...USUAL,
    severity: 'warning',
    echoOf: ['database_down'],
    threshold: 'in one of the last 7 reports the provider has taken other than we counted, and no order of unknown fate explains it',
    reason: 'Both count the same orders: somebody else uses our key, or prices have changed.',
    title: { en: "The provider's count is not ours", ko: '제공 업체의 집계가 우리와 다릅니다' },
    todo: { en: "Compare the report with the provider's account.", ko: '보고서와 제공 업체 계정을 비교하세요.' },
  },
  settings_invalid: {
    ...USUAL,
    severity: 'warning',
    resolvesAfterMs: 0,
    threshold: 'a field of settings/service is not what it may be',
    reason: 'The last good value holds, but an instance that starts takes the default.',
    title: { en: 'The settings were spoiled by hand', ko: '설정이 잘못 편집되었습니다' },
    todo: { en: 'Mend the fields with updateSettings.', ko: 'updateSettings로 해당 값을 고치세요.' },
  },
  webhook_dead: {
    ...USUAL,
    severity: 'warning',
    escalatesAfterMs: 15 * MINUTE_MS,
    resolvesAfterMs: 0,
    threshold: 'the address of alerts takes no message in three tries; critical after 15 minutes',
    reason: 'Whoever hears nothing takes it for good news. It is told by the log and listIncidents.',
    title: { en: 'Alerts do not arrive', ko: '알림이 전달되지 않습니다' },
    todo: {
      en: 'Is ALERT_WEBHOOK_URL still valid? What waits is sent then.',
      ko: 'ALERT_WEBHOOK_URL을 확인하세요. 밀린 알림은 이후 전송됩니다.',
    },
  },
  orders_unclear: {
    ...USUAL,
    severity: 'info',
    resolvesAfterMs: HOUR_MS,
    echoOf: ['database_down'],
    threshold: 'an order of today may have been charged for nothing',
    reason: 'What may have arrived is never sent again: the credits may be lost. The daily report has the sum.',
    title: { en: 'The provider may have charged for songs that nobody got', ko: '받지 못한 노래에 요금이 청구되었을 수 있습니다' },
    todo: { en: "Compare the provider's account with the daily report.", ko: '제공 업체 계정과 일일 보고서를 비교하세요.' },
  },
  service_unreachable: {
    ...USUAL,
    severity: 'critical',
    judgedBy: 'monitoring',
    threshold: 'checkHealth fails from two regions for 2 minutes',
    reason: 'A dead system cannot report itself.',
    title: { en: 'The service cannot be reached from outside', ko: '외부에서 서비스에 접속할 수 없습니다' },
    todo: { en: 'Look at Cloud Run and the last deployment; roll back.', ko: 'Cloud Run과 최근 배포를 확인하고 되돌리세요.' },
  },
  watch_silent: {
    ...USUAL,
    severity: 'critical',
    judgedBy: 'monitoring',
    threshold: 'watchService has not ended a run for 10 minutes',
    reason: 'Ten runs: no deployment and no pause of Cloud Scheduler takes so long. Nobody else tells of the rest.',
    title: { en: 'Nobody watches the service', ko: '서비스 감시가 멈췄습니다' },
    todo: { en: 'Look at the job watchService and at its log.', ko: 'watchService 작업과 로그를 확인하세요.' },
  },
  month_too_dear: {
    ...USUAL,
    severity: 'warning',
    judgedBy: 'monitoring',
    threshold: 'the month costs more than half, 90 % or all of the budget, or is about to',
    reason: 'The service is meant to cost 40 dollars for 500 users; a loop can cost that in a night.',
    title: { en: 'The month costs more than planned', ko: '이번 달 비용이 예산을 넘고 있습니다' },
    todo: { en: 'The billing report by service says what.', ko: '결제 보고서에서 서비스별 비용을 확인하세요.' },
  },
} as const satisfies Record<string, AlertRow>;

export type AlertName = keyof typeof rows;

export interface Alert extends AlertRow {
  name: AlertName;
}

export const ALERTS: Alert[] = Object.entries(rows).map(([name, row]) => ({ ...row, name: name as AlertName }));
