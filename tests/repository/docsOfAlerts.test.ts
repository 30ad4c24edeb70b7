/** docs/runbook.md and its Korean twin have a section for every alert, and say of it what the alert says of itself. */
import { describe, expect, it } from '@jest/globals';
import { ALERTS } from '#shared/incidents';
import { headings, read } from './documents.ts';

const SEVERITY = {
  en: { info: 'info', warning: 'warning', critical: 'critical' },
  ko: { info: '정보', warning: '경고', critical: '심각' },
};

describe.each([
  ['docs/runbook.md', 'en', ['Means', 'See', 'Do']],
  ['docs/ko/runbook.md', 'ko', ['뜻', '확인', '조치']],
] as const)('%s', (path, language, parts) => {
  const text = read(path);
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0]!, section]),
  );

  it('has a section for every alert, in their order, and no other', () => {
    expect(
      headings(text)
        .filter(({ level }) => level === 2)
        .map((heading) => heading.text),
    ).toEqual(ALERTS.map(({ name }) => name));
  });

  it.each(ALERTS.map(({ name }) => name))('says of %s how bad it is, from when on, what it means, how to see it and what to do', (name) => {
    const { title, severity, threshold } = ALERTS.find((alert) => alert.name === name)!;
    const [, , line = ''] = sections.get(name)!.split('\n');
    const [bold, how, limit, ...more] = line.split(' · ');
    expect([bold, how, more]).toEqual([`**${title[language]}**`, SEVERITY[language][severity], []]);
    if (language === 'en') expect(limit).toBe(threshold);
    else expect(limit?.match(/\d+/g)?.filter((figure) => !threshold.includes(figure)) ?? []).toEqual([]);
    const said = [...sections.get(name)!.matchAll(/^- \*\*(.+?):\*\* (.{12,})$/gm)].map(([, part]) => part);
    expect(said).toEqual([...parts]);
  });
});
