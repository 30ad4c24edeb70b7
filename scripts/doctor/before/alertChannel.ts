import { database } from '#shared/runtime';
import { broken, type Check, doubtful, sound } from '../check.ts';

export const alertChannel: Check = {
  name: 'alertChannel',
  list: 'before',
  summary: { en: 'operators are told of alerts, and the channel works', ko: '알림 채널' },
  async look({ site }) {
    const address = site.settings['ALERT_WEBHOOK_URL'];
    if (!address && site.isLocal) return sound('Alerts go to the terminal of npm start and into the log');
    if (!address) {
      return doubtful('ALERT_WEBHOOK_URL is not set: alerts go into the log alone', {
        en: "Give it the address of a Slack-form webhook (a secret), or a notification channel to Cloud Monitoring's policies.",
        ko: 'Slack 형식 웹훅 주소를 비밀값 ALERT_WEBHOOK_URL로 지정하세요.',
      });
    }
    const dead = await (await database()).doc('alertStates/webhook_dead').get();
    if (dead.exists) return broken('the webhook takes nothing: the alert webhook_dead is open', DEAD);
    return sound('the webhook is set, and nothing is known against it');
  },
};

const DEAD = { en: 'docs/runbook.md, "webhook_dead".', ko: 'docs/ko/runbook.md의 "webhook_dead"를 보세요.' };
