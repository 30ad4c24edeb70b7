/** What operators set while the service runs: the document `settings/service`, changed by `updateSettings` or by hand in the console. */
import { z } from 'zod';

export const FEATURES = ['signIn', 'library', 'streaming', 'generation', 'lyrics', 'uploads', 'files', 'admin'] as const;
export type Feature = (typeof FEATURES)[number];

export const ServiceSettings = z.strictObject({
  /** 1: live with what works while storage does not. 2: all of it. */
  phase: z.literal([1, 2]),
  /** Held back whatever the phase. Operators cannot lock themselves out: `admin` is not among them. */
  closedFeatures: z.array(z.enum(FEATURES).exclude(['admin'])).max(FEATURES.length),
  /** Credits that a person is granted each day, unless an operator has made an exception for him. */
  songsPerDay: z.int().min(0).max(1_000),
  /** In the provider's credits, all persons together. */
  providerCreditsPerDay: z.int().min(0).max(1_000_000),
});
export type ServiceSettings = z.output<typeof ServiceSettings>;

export const SETTINGS_DOCUMENT = 'settings/service';

export const DEFAULT_SETTINGS: ServiceSettings = { phase: 2, closedFeatures: [], songsPerDay: 10, providerCreditsPerDay: 100 };

/**
 * Field by field: what is missing is the default, and what is invalid, because somebody edits by hand, is as in `lastGood`.
 *
 * @returns the names of invalid fields, to warn of them
 */
export function readSettings(
  data: Record<string, unknown> | undefined,
  lastGood: ServiceSettings = DEFAULT_SETTINGS,
): { settings: ServiceSettings; invalid: string[] } {
  const given = data ?? {};
  const parsed = ServiceSettings.partial().safeParse(
    Object.fromEntries(Object.keys(ServiceSettings.shape).map((name) => [name, given[name]])),
  );
  const invalid = [...new Set(parsed.error?.issues.map(({ path }) => String(path[0])) ?? [])];
  const valid = Object.entries(given).filter(
    ([name, value]) => name in ServiceSettings.shape && value !== undefined && !invalid.includes(name),
  );
  const kept = Object.entries(lastGood).filter(([name]) => invalid.includes(name));
  return { settings: { ...DEFAULT_SETTINGS, ...Object.fromEntries([...valid, ...kept]) }, invalid };
}
