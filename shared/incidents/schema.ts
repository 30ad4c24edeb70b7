import { z } from 'zod';
import { idOf } from '#shared/runtime';
import { SEVERITIES } from './alert.ts';

export const IncidentId = idOf('inc');

/** Of the table, or of one that a later deployment has taken out of it. */
const Name = z.string();
const Words = z.strictObject({ en: z.string(), ko: z.string() });
const At = z.iso.datetime();

const Evidence = z.strictObject({
  at: At,
  /** Figures and codes; never a person, a text of one, or a secret. */
  observed: z.string(),
  threshold: z.string(),
});

/** Something that was wrong, from the moment when it was noticed until it stayed good. */
export const Incident = z.strictObject({
  incidentId: z.string(),
  alert: Name,
  severity: z.enum(SEVERITIES),
  state: z.enum(['open', 'acknowledged', 'resolved']),
  title: Words,
  /** The first look and the last ones. */
  evidence: z.array(Evidence),
  openedAt: At,
  escalatedAt: At.nullable(),
  acknowledgedAt: At.nullable(),
  /** The uid of an operator. */
  acknowledgedBy: z.string().nullable(),
  resolvedAt: At.nullable(),
  updatedAt: At,
});
export type Incident = z.output<typeof Incident>;

/** What is still to be told of it. */
const Notice = z.strictObject({
  kind: z.enum(['opened', 'escalated', 'resolved']),
  noticedAt: At,
  isLogged: z.boolean(),
  /** By the webhook; true from the beginning where it is not its matter. */
  isSent: z.boolean(),
});
export type Notice = z.output<typeof Notice>;

/** The document of an incident: what operators see, and what the channels have not said yet. */
export const StoredIncident = Incident.extend({
  /** Lists are sorted by it. */
  createdAt: At,
  notices: z.array(Notice),
  /** One of them is neither logged nor sent; the channels ask for it. */
  isUntold: z.boolean(),
});
export type StoredIncident = z.output<typeof StoredIncident>;

/** `alertStates/<alert>`, there only while the alert is bad or has not been good for long enough: of each, one incident is open at most. */
export const AlertState = z.strictObject({
  alert: Name,
  incidentId: z.string(),
  badSinceAt: At,
  /** Looks that found it bad in a row, as far as they matter. */
  badLooks: z.int(),
  goodSinceAt: At.nullable(),
  goodLooks: z.int(),
});
export type AlertState = z.output<typeof AlertState>;

/** What one look has found. */
export interface Finding {
  alert: string;
  /** `unknown`: the look itself has failed, and says nothing either way. */
  state: 'good' | 'bad' | 'unknown';
  /** Figures and codes, short. */
  observed: string;
  /** It is worse than the alert says by itself. */
  isWorse?: boolean;
}

export function shown({ createdAt: _at, notices: _notices, isUntold: _untold, ...incident }: StoredIncident): Incident {
  return incident;
}
