/**
 * Where errors and traces go besides the log: to Sentry with `SENTRY_DSN`, to an OpenTelemetry collector with
 * `OTEL_EXPORTER_OTLP_ENDPOINT`. Without these nothing is loaded, and nothing is done.
 */
import { collectSpans, config, type Span, type ToldError, tellErrors } from '#shared/runtime';
import { LateReader } from './lateReader.ts';
import type { Sentry } from './sentry.ts';
import type { SpanExport } from './spanExport.ts';

export interface Reporting {
  /** Waits until what was told has been sent, at most so long. Never rejects. */
  flush(limitMs: number): Promise<void>;
}

/** @param name - of the function that this process is for, where the platform does not say it */
export function startReporting(name: string): Reporting {
  const { SENTRY_DSN, OTEL_EXPORTER_OTLP_ENDPOINT, K_SERVICE = name, K_REVISION = 'local' } = config();
  const errors = SENTRY_DSN === undefined ? undefined : reportErrors(SENTRY_DSN, K_REVISION);
  const spans =
    OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? undefined
      : reportSpans({ endpoint: OTEL_EXPORTER_OTLP_ENDPOINT, service: K_SERVICE, version: K_REVISION });
  return {
    flush: async (limitMs) => {
      const flushing = [errors, spans].map(async (reader) => (await reader?.loaded())?.flush(limitMs));
      await inTime(limitMs, Promise.allSettled(flushing));
    },
  };
}

function reportErrors(dsn: string, release: string): LateReader<ToldError, Sentry> {
  const environment = config().K_SERVICE ? 'production' : 'local';
  const load = async () => (await import('./sentry.ts')).openSentry({ dsn, release, environment });
  const errors = new LateReader<ToldError, Sentry>(load, (sentry, told) => sentry.capture(told));
  tellErrors((told) => errors.add(told));
  return errors;
}

function reportSpans(options: { endpoint: string; service: string; version: string }): LateReader<Span, SpanExport> {
  const load = async () => (await import('./spanExport.ts')).openSpanExport(options);
  const spans = new LateReader<Span, SpanExport>(load, (spanExport, span) => spanExport.add(span));
  collectSpans((span) => spans.add(span));
  return spans;
}

async function inTime(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
