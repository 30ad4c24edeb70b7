/** A day's report in words, for a terminal or a message: English and Korean, the same lines in the same order. */
import type { ProviderCredits, ReportFacts } from './schema.ts';

type Language = 'en' | 'ko';

/** A label and what stands behind it. */
type Line = [label: string, value: string];

export function reportText(facts: ReportFacts): Record<Language, string> {
  return { en: textIn('en', facts), ko: textIn('ko', facts) };
}

const LABELS = {
  title: { en: 'Daily report of Sori', ko: '소리 일일 보고서' },
  signUps: { en: 'Sign-ups', ko: '가입' },
  activeCallers: { en: 'Active people', ko: '활동한 사람' },
  requests: { en: 'Requests', ko: '요청' },
  errors: { en: 'Errors (5xx)', ko: '오류(5xx)' },
  refusals: { en: 'Refused by limits', ko: '제한으로 거절' },
  p95: { en: 'Latency p95', ko: '응답 시간 p95' },
  signInCheck: { en: 'Sign-in check p95', ko: '로그인 확인 p95' },
  cacheHits: { en: 'Answered from memory', ko: '메모리에서 응답' },
  songs: { en: 'Songs', ko: '노래' },
  makingTime: { en: 'Time to make, p50', ko: '제작 시간 p50' },
  plays: { en: 'Plays', ko: '재생' },
  storage: { en: 'Storage', ko: '저장 용량' },
  credits: { en: 'Provider credits', ko: '제공 업체 크레딧' },
  balance: { en: 'Provider balance', ko: '제공 업체 잔액' },
  cost: { en: 'Cost, estimated', ko: '예상 비용' },
  books: { en: 'Credit books', ko: '크레딧 장부' },
  incidents: { en: 'Incidents', ko: '장애' },
} as const;

function textIn(language: Language, facts: ReportFacts): string {
  const say = (label: keyof typeof LABELS) => LABELS[label][language];
  const lines: Line[] = [
    [say('signUps'), count(facts.signUps)],
    [say('activeCallers'), count(facts.activeCallers)],
    [say('requests'), count(facts.requests)],
    [say('errors'), `${count(facts.errors5xx)} (${percent(facts.errorShare, 2)})`],
    [
      say('refusals'),
      language === 'en'
        ? `${count(facts.refusals)}, of ${counted(facts.callersRefused, 'person', 'people')}`
        : `${count(facts.refusals)}건, ${count(facts.callersRefused)}명`,
    ],
    [say('p95'), ms(facts.p95Ms)],
    [say('signInCheck'), ms(facts.signInCheckP95Ms)],
    [say('cacheHits'), percent(facts.cacheHitShare)],
    [say('songs'), songsIn(language, facts)],
    [say('makingTime'), ms(facts.generations.p50Ms)],
    [say('plays'), count(facts.plays)],
    [say('storage'), bytes(facts.storageBytes)],
    [say('credits'), creditsIn(language, facts.providerCredits)],
    [say('balance'), balanceIn(language, facts)],
    [
      say('cost'),
      `US$ ${facts.cost.total.toFixed(2)} (${facts.cost.items.map(({ what, amount }) => `${COSTS[what][language]} ${amount.toFixed(2)}`).join(', ')})`,
    ],
    [say('books'), booksIn(language, facts)],
    [say('incidents'), count(facts.incidents.length)],
  ];
  const incidents = facts.incidents.map(
    ({ severity, state, title }) => `  - [${SEVERITIES[severity][language]}] ${title[language]}: ${STATES[state][language]}`,
  );
  return [
    `${say('title')} · ${facts.day} (${facts.timeZone})`,
    '',
    ...lines.map(([label, value]) => `${padded(label)}  ${value}`),
    ...incidents,
  ].join('\n');
}

const COSTS = {
  compute: { en: 'compute', ko: '컴퓨팅' },
  requests: { en: 'requests', ko: '요청' },
  database: { en: 'database', ko: '데이터베이스' },
  storage: { en: 'storage', ko: '저장' },
  egress: { en: 'egress', ko: '전송' },
} as const;

const SEVERITIES = {
  info: { en: 'info', ko: '정보' },
  warning: { en: 'warning', ko: '경고' },
  critical: { en: 'critical', ko: '심각' },
} as const;

const STATES = {
  open: { en: 'open', ko: '진행 중' },
  acknowledged: { en: 'acknowledged', ko: '확인됨' },
  resolved: { en: 'resolved', ko: '해결됨' },
} as const;

function songsIn(language: Language, { generations }: ReportFacts): string {
  const [asked, ready, failed, cancelled] = [generations.asked, generations.ready, generations.failed, generations.cancelled].map(count);
  if (language === 'en') return `${asked} asked for, ${ready} made, ${failed} failed, ${cancelled} cancelled`;
  return `요청 ${asked}, 완성 ${ready}, 실패 ${failed}, 취소 ${cancelled}`;
}

function creditsIn(language: Language, { counted, uncertain }: ProviderCredits): string {
  if (uncertain === 0) return language === 'en' ? `${count(counted)} by our count` : `집계 ${count(counted)}`;
  return language === 'en'
    ? `${count(counted)} by our count, ${count(uncertain)} of them uncertain`
    : `집계 ${count(counted)}, 그중 불확실 ${count(uncertain)}`;
}

const VERDICTS = {
  agrees: { en: 'agrees with our count', ko: '집계와 일치' },
  explained: { en: 'explained by uncertain orders', ko: '불확실한 주문으로 설명됨' },
  toppedUp: { en: 'credits were bought: not compared', ko: '크레딧이 충전되어 비교하지 않음' },
  differs: { en: 'DIFFERS from our count', ko: '집계와 다름' },
  notKnown: { en: 'not compared yet', ko: '아직 비교하지 못함' },
} as const;

function balanceIn(language: Language, { providerCredits, creditsDifference }: ReportFacts): string {
  const { reading, verdict } = providerCredits;
  if (!reading) return language === 'en' ? 'the provider did not say' : '제공 업체가 응답하지 않음';
  const by = creditsDifference ? ` (${creditsDifference > 0 ? '+' : ''}${creditsDifference})` : '';
  return `${count(reading.credits)}, ${VERDICTS[verdict][language]}${by}`;
}

function booksIn(language: Language, { books }: ReportFacts): string {
  const checked = language === 'en' ? counted(books.entries, 'entry', 'entries') : count(books.entries);
  if (books.discrepancyCount === 0) return language === 'en' ? `whole, ${checked} checked` : `이상 없음, ${checked}건 확인`;
  const kinds = Object.entries(books.kinds).map(([kind, times]) => `${kind} ${times}`);
  const found = count(books.discrepancyCount);
  const differs = counted(books.discrepancyCount, 'DISCREPANCY', 'DISCREPANCIES');
  return language === 'en' ? `${differs}: ${kinds.join(', ')}` : `불일치 ${found}건: ${kinds.join(', ')}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** In English one thing has a form of its own; in Korean it has none. */
function counted(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function percent(share: number | null, digits = 1): string {
  return share === null ? '-' : `${(100 * share).toFixed(digits)} %`;
}

function ms(value: number | null): string {
  if (value === null) return '-';
  return value >= 10_000 ? `${(value / 1000).toFixed(0)} s` : `${value} ms`;
}

function bytes(value: number | null): string {
  return value === null ? '-' : `${(value / 1024 ** 3).toFixed(2)} GiB`;
}

const LABEL_WIDTH = 22;

/** A Korean letter takes two places in a terminal. */
function padded(label: string): string {
  const width = [...label].reduce((sum, letter) => sum + (/[\u1100-\uffdc]/.test(letter) ? 2 : 1), 0);
  return label + ' '.repeat(Math.max(0, LABEL_WIDTH - width));
}
