import { z } from 'zod';
import { listNewest } from '#shared/runtime';
import { REPORTS, Report } from './schema.ts';

/** A page of reports, those written last first. */
export function listReports(page: { limit: number; cursor?: string | undefined }): Promise<{ items: Report[]; nextCursor: string | null }> {
  return listNewest({ collection: REPORTS, where: {}, id: z.iso.date(), read: (data) => Report.parse(data) }, page);
}
