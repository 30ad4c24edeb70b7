/** Answers every path under /v1/ that no function has, so that clients always get problem+json, never a page. */
import { z } from 'zod';
import { defineEndpoint } from '#shared/endpoint';
import { problem } from '#shared/runtime';

export const answerUnknown = defineEndpoint({
  name: 'answerUnknown',
  method: 'GET',
  summary: 'Answer for functions that do not exist',
  access: 'public',
  feature: 'none',
  needs: {},
  rate: 'read',
  budget: { reads: 0, writes: 0 },
  input: z.strictObject({}),
  output: z.strictObject({}),
  errors: ['unknown_function'],
  cache: 'none',
  examples: [],

  handler() {
    return Promise.reject(problem('unknown_function'));
  },
});
