import { send } from '#shared/runtime';
import { broken, type Check, sound } from '../check.ts';

interface Door {
  path: string;
  method?: 'GET' | 'POST';
  who: string;
  headers?: Record<string, string>;
  status: number;
}

const FORGED = { authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkb2N0b3IifQ.AAAA' };
/** What each function owes to a stranger; whoever is signed in is the matter of the deployment's smoke test. */
const DOORS: Door[] = [
  { path: 'getStatus', who: 'anybody', status: 200 },
  { path: 'listSongs?scope=public', who: 'anybody', status: 200 },
  { path: 'getProfile', who: 'somebody without a token', status: 401 },
  { path: 'getProfile', who: 'somebody with a forged token', headers: FORGED, status: 401 },
  { path: 'getDashboard', who: 'somebody without a token', status: 401 },
  { path: 'getDashboard', who: 'somebody with a forged token', headers: FORGED, status: 401 },
];
/** Google's own front end refuses before the function is asked; on one machine there is none. docs/decisions/0049 */
const scheduled = (isLocal: boolean): Door => ({
  path: 'watchService',
  method: 'POST',
  who: 'somebody else than the Scheduler',
  status: isLocal ? 401 : 403,
});
const LIMIT_MS = 10_000;

export const userAccess: Check = {
  name: 'userAccess',
  list: 'during',
  summary: { en: 'who may come in can, and who may not cannot', ko: '사용자 접근' },
  async look({ site: { bases, isLocal } }) {
    const doors = [...DOORS, scheduled(isLocal)];
    const faults = await Promise.all(doors.map((door) => faultOf(bases[0]?.url ?? '', door)));
    const told = faults.filter((fault) => fault !== undefined);
    if (told.length === 0) return sound(`${doors.length} doors are open or shut as they are to be`);
    return broken(told, {
      en: 'A 403 of Google itself: the function lets nobody call it (roles/run.invoker for allUsers). A job that answers 401 itself has that role by mistake: take it away. Else read its log.',
      ko: 'Google의 403이면 allUsers에 roles/run.invoker가 없는 것입니다. 작업이 스스로 401을 답하면 그 권한을 잘못 준 것이니 없애세요. 아니면 로그를 확인하세요.',
    });
  },
};

async function faultOf(base: string, { path, method = 'GET', who, headers = {}, status }: Door): Promise<string | undefined> {
  const answer = await send({ method, url: `${base}/${path}`, headers, timeoutMs: LIMIT_MS });
  return answer.status === status ? undefined : `${path} answers ${who} with ${answer.status} instead of ${status}`;
}
