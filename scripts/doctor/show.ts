/** How the doctor tells what it has seen. */
import { bold } from '../local/progress.ts';
import type { Examined, List, Mark, Words } from './check.ts';

const SIGNS: Record<Mark, string> = { sound: '✓', doubtful: '!', broken: '✗' };

const TITLES: Record<List, Words> = {
  before: { en: 'Before it is deployed', ko: '배포 전' },
  during: { en: 'While it is deployed', ko: '배포 중' },
  after: { en: 'After it is deployed', ko: '배포 후' },
  asked: { en: 'Asked for by name', ko: '이름으로 지정한 검사' },
};

const NAME_WIDTH = 14;

export function titleOf(list: List): string {
  const { en, ko } = TITLES[list];
  return bold(`${en} · ${ko}`);
}

/** ✓ what was seen; of what is not well also what to do. */
export function linesOf({ mark, name, seen, next }: Examined): string[] {
  const [first = '', ...others] = seen;
  const indent = ' '.repeat(NAME_WIDTH + 4);
  return [
    `${SIGNS[mark]} ${name.padEnd(NAME_WIDTH)}  ${first}`,
    ...others.map((line) => `${indent}${line}`),
    ...(next ? [`${indent}→ ${next.en}`, `${indent}  ${next.ko}`] : []),
  ];
}

export function verdictOf(examined: Examined[]): string {
  const count = (mark: Mark) => examined.filter((found) => found.mark === mark).length;
  const [brokenCount, doubtfulCount] = [count('broken'), count('doubtful')];
  const counts = `✓ ${count('sound')}  ! ${doubtfulCount}  ✗ ${brokenCount}`;
  if (brokenCount > 0) return `${counts}   Something is wrong · 문제가 있습니다`;
  if (doubtfulCount > 0) return `${counts}   It works; read the lines with ! · 작동합니다. ! 표시를 확인하세요`;
  return `${counts}   All is well · 이상 없습니다`;
}

export function isWell(examined: Examined[]): boolean {
  return examined.every(({ mark }) => mark !== 'broken');
}
