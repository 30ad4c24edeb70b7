/** Requests as the pipeline tells of them, with only what matters written out. */
import { newId } from '#shared/runtime';
import { addFigures, countRequest, emptyFigures, type Figures, type FinishedRequest } from '../../../shared/figures/figures.ts';
import { writeMinute } from '../../../shared/figures/writeMinute.ts';

export function request(own: Partial<FinishedRequest> = {}): FinishedRequest {
  return {
    functionName: 'getSong',
    isScheduled: false,
    status: 200,
    durationMs: 20,
    authMs: 0.1,
    callerHash: null,
    isRefused: false,
    cacheHit: null,
    resources: { cpu: 1, memoryMiB: 256 },
    ...own,
  };
}

export function figuresOf(requests: FinishedRequest[]): Figures {
  const figures = emptyFigures();
  for (const each of requests) countRequest(figures, each);
  return figures;
}

export const sumOfAll = (all: Figures[]) => all.reduce(addFigures, emptyFigures());

/** As a process would have written it. @returns the name of the document */
export async function writeFigures(minuteMs: number, figures: Figures): Promise<string> {
  const id = `${new Date(minuteMs).toISOString().slice(0, 16)}_${newId('ins')}_1`;
  await writeMinute({ id, minuteMs, figures });
  return id;
}
