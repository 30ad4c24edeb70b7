import { dayOf } from '#shared/limits';
import { log, type World, within } from '#shared/runtime';
import { hourOf, MINUTE_MS, minuteStart } from './days.ts';
import { addFigures, countRequest, emptyFigures, type Figures, type FinishedRequest } from './figures.ts';
import { type MinuteFigures, writeMinute } from './writeMinute.ts';

const WRITE_LIMIT_MS = 5_000;
/** Minutes that wait for the database are joined by the hour: this is more than a day of it. */
const MOST_WAITING = 30;
/** Minutes without people and without errors are in no hurry: an idle service hardly writes. */
const QUIET_MS = 10 * MINUTE_MS;
/** A little after the minute has ended. */
const PAST_THE_MINUTE_MS = 500;

interface Gathering {
  minuteMs: number;
  startedAtMs: number;
  cpu: NodeJS.CpuUsage;
  figures: Figures;
  /** Of the function that was called; where several share a process, of the greatest. */
  resources: FinishedRequest['resources'];
}

/**
 * Counts the requests of a process in memory, and writes each minute that had some as one document: never while somebody waits for an
 * answer. What cannot be written waits, joined by the hour; what was tried is tried again under the same name, so that nothing counts
 * twice. A process that is killed loses the minute that it is in.
 */
export class FigureGatherer {
  readonly #world: Pick<World, 'clock' | 'newId'>;
  #instance: string | undefined;
  #number = 0;
  #current: Gathering | undefined;
  #waiting: Omit<MinuteFigures, 'id'>[] = [];
  /** Tried already: it may be stored, so it stays as it is. */
  #tried: MinuteFigures | undefined;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(world: Pick<World, 'clock' | 'newId'>) {
    this.#world = world;
  }

  /** Takes no time to speak of, and never throws. */
  count(request: FinishedRequest): void {
    const minuteMs = minuteStart(this.#world.clock.now());
    if (this.#current && this.#current.minuteMs !== minuteMs) this.#endMinute();
    this.#current ??= this.#begin(minuteMs);
    const { figures, resources } = this.#current;
    countRequest(figures, request);
    if (request.resources.cpu > resources.cpu) resources.cpu = request.resources.cpu;
    if (request.resources.memoryMiB > resources.memoryMiB) resources.memoryMiB = request.resources.memoryMiB;
  }

  /** Writes all there is, as the process is about to end. Never rejects; what the database does not take now is lost. */
  async flush(): Promise<void> {
    this.#endMinute();
    await this.#sending;
    await this.#send(); // also what is in no hurry
  }

  #begin(minuteMs: number): Gathering {
    const { clock } = this.#world;
    const leftMs = minuteMs + MINUTE_MS - clock.now();
    this.#timer = setTimeout(() => this.#endMinute(), leftMs + PAST_THE_MINUTE_MS).unref();
    const resources = { cpu: 0, memoryMiB: 0 };
    return { minuteMs, startedAtMs: clock.monotonicMs(), cpu: process.cpuUsage(), figures: emptyFigures(), resources };
  }

  #endMinute(): void {
    clearTimeout(this.#timer);
    const ended = this.#current;
    this.#current = undefined;
    if (ended) this.#wait({ minuteMs: ended.minuteMs, figures: withUsage(ended, this.#world.clock.monotonicMs()) });
    if (this.#isTimeToSend()) void this.#send();
  }

  #isTimeToSend(): boolean {
    const [oldest] = this.#waiting;
    if (this.#tried || this.#waiting.some(({ figures }) => hasNews(figures))) return true;
    return oldest !== undefined && this.#world.clock.now() - oldest.minuteMs >= QUIET_MS;
  }

  #wait(minute: Omit<MinuteFigures, 'id'>): void {
    const last = this.#waiting.at(-1);
    if (last && spanOf(last) === spanOf(minute)) {
      // Where there were people, it says when; jobs that waited for it go along.
      if (!hasNews(last.figures)) last.minuteMs = hasNews(minute.figures) ? minute.minuteMs : last.minuteMs;
      last.figures = addFigures(last.figures, minute.figures);
    } else this.#waiting.push(minute);
    if (this.#waiting.length <= MOST_WAITING) return;
    const lost = this.#waiting.shift();
    log.warn('figures_lost', { requests: lost?.figures.billedRequests });
  }

  #send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        await within(WRITE_LIMIT_MS, 'storing figures', writeMinute(next));
        this.#tried = undefined;
      }
    } catch (error) {
      log.warn('figures_not_stored', { waiting: this.#waiting.length + 1, error });
    }
  }

  #next(): MinuteFigures | undefined {
    if (this.#tried) return this.#tried;
    const first = this.#waiting.shift();
    if (!first) return undefined;
    this.#instance ??= this.#world.newId('ins');
    this.#number += 1;
    const minute = new Date(first.minuteMs).toISOString().slice(0, 16);
    this.#tried = { ...first, id: `${minute}_${this.#instance}_${this.#number}` };
    return this.#tried;
  }
}

/** What waits together is of the same hour and of the same day of the service. */
function spanOf({ minuteMs }: Pick<MinuteFigures, 'minuteMs'>): string {
  const at = new Date(minuteMs);
  return `${hourOf(at)} ${dayOf(at)}`;
}

function hasNews({ requests, functions }: Figures): boolean {
  return requests > 0 || Object.values(functions).some(({ errors5xx }) => errors5xx > 0);
}

function withUsage({ figures, startedAtMs, cpu, resources }: Gathering, nowMs: number): Figures {
  const used = process.cpuUsage(cpu);
  const share = resources.memoryMiB > 0 ? process.memoryUsage.rss() / (resources.memoryMiB * 1024 * 1024) : 0;
  return {
    ...figures,
    cpuMs: Math.round((used.user + used.system) / 1000),
    cpuAvailableMs: Math.round((nowMs - startedAtMs) * resources.cpu),
    memoryShare: Number(share.toFixed(3)),
  };
}

let ofThisProcess: FigureGatherer | undefined;

/** The one of this process, made when first asked for. */
export function processFigures(world: Pick<World, 'clock' | 'newId'>): FigureGatherer {
  ofThisProcess ??= new FigureGatherer(world);
  return ofThisProcess;
}
