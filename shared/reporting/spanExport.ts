/** OpenTelemetry's exporter, in a module of its own so that it can be loaded late. Nothing is instrumented: it is given spans that have ended. */
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from '#shared/runtime';

export interface SpanExport {
  add(span: Span): void;
  /** Whoever waits for it sets the limit. */
  flush(): Promise<void>;
}

export interface SpanExportOptions {
  /** Of the collector; `/v1/traces` is added to it, as the standard wants. */
  endpoint: string;
  service: string;
  version: string;
}

const SEND_LIMIT_MS = 5_000;
const EVERY_MS = 2_000;
/** What waits for a collector that is away; what comes then is dropped. */
const MOST_WAITING = 2_048;

export function openSpanExport({ endpoint, service, version }: SpanExportOptions): SpanExport {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: SEND_LIMIT_MS });
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: MOST_WAITING,
    scheduledDelayMillis: EVERY_MS,
    exportTimeoutMillis: SEND_LIMIT_MS,
  });
  const resource = resourceOf({ 'service.name': service, 'service.version': version });
  return {
    add: (span) => processor.onEnd(toReadable(span, resource)),
    flush: () => processor.forceFlush(),
  };
}

type Resource = ReadableSpan['resource'];

function resourceOf(attributes: Record<string, string>): Resource {
  const resource: Resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) };
  return resource;
}

function toReadable(span: Span, resource: Resource): ReadableSpan {
  const { name, kind, traceId, spanId, parentSpanId, startedAtMs, durationMs, attributes, isFailed } = span;
  const contextOf = (id: string) => ({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
  return {
    name,
    kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => contextOf(spanId),
    ...(parentSpanId ? { parentSpanContext: { ...contextOf(parentSpanId), isRemote: kind === 'server' } } : {}),
    startTime: toHighResolution(startedAtMs),
    endTime: toHighResolution(startedAtMs + durationMs),
    duration: toHighResolution(durationMs),
    status: { code: isFailed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'sori' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Seconds and nanoseconds. */
function toHighResolution(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
