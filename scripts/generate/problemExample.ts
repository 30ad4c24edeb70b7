import { catalogue, type ProblemCode } from '#shared/runtime';
import { SAMPLE_MOMENT, SAMPLE_VALUES } from './sampleValues.ts';

type ParamsOf<Code extends ProblemCode> = Parameters<(typeof catalogue)[Code]['detail']>[0];

/** Where a parameter means another thing for each code. */
const PARAMS: { [Code in ProblemCode]?: ParamsOf<Code> } = {
  malformed_request: { reason: 'The body is not JSON in UTF-8.' },
  invalid_input: { issues: [{ path: 'title', message: 'Too big: expected string to have <=80 characters' }] },
  picture_refused: { reason: 'not a picture' },
  payload_too_large: { limitBytes: 65_536 },
  method_not_allowed: { allow: 'POST, OPTIONS' },
  unsupported_media_type: { expected: 'JSON with Content-Type: application/json' },
  feature_unavailable: { feature: 'generation', reason: 'provider', retryAfterS: 60 },
};

const SAMPLES: Record<string, unknown> = { ...SAMPLE_VALUES, retryAfterS: 31, limit: 10, resetsAt: SAMPLE_MOMENT, reason: 'why' };

/** A problem as it is answered. Parameters that are not known here are those that the text of the code asks for. */
export function problemExample(code: ProblemCode): object {
  const { status, title, retry } = catalogue[code];
  const detail = catalogue[code].detail as (params: object) => string;
  const params: Record<string, unknown> = { ...PARAMS[code] };
  if (retry === 'later') params['retryAfterS'] ??= SAMPLES['retryAfterS'];
  const asked = new Proxy(params, {
    get: (known, name) => {
      known[String(name)] ??= SAMPLES[String(name)] ?? String(name);
      return known[String(name)];
    },
  });
  const text = detail(asked);
  return { ...params, type: `urn:sori:problem:${code}`, title, status, code, detail: text, requestId: SAMPLES['requestId'] };
}
