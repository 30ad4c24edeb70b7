import { issueTicket } from '#shared/access';
import type { NewId } from '#shared/runtime';

/** For `<img>`, which sends no header: `showImage` takes it for all pictures of this person, for six hours. */
export function pictureTicket(uid: string, { now, newId }: { now: Date; newId: NewId }): string {
  return issueTicket({ use: 'pictures', jti: newId('tkt'), subject: uid }, { now: now.getTime() }).ticket;
}
