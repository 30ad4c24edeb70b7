/** What of the OpenAPI document the page shows. */
import { z } from 'zod';

/** A part of JSON Schema: what our schemas consist of. */
export interface Schema {
  $ref?: string | undefined;
  description?: string | undefined;
  type?: string | string[] | undefined;
  format?: string | undefined;
  enum?: unknown[] | undefined;
  const?: unknown;
  default?: unknown;
  anyOf?: Schema[] | undefined;
  items?: Schema | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  additionalProperties?: Schema | boolean | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  minItems?: number | undefined;
  maxItems?: number | undefined;
}

const AnySchema = z.custom<Schema>((value) => typeof value === 'object' && value !== null);
const Example = z.object({ summary: z.string().optional(), value: z.unknown().optional(), $ref: z.string().optional() });
const Media = z.object({ schema: AnySchema.optional(), examples: z.record(z.string(), Example).optional() });
const Response = z.object({
  $ref: z.string().optional(),
  description: z.string().optional(),
  headers: z.record(z.string(), z.unknown()).optional(),
  content: z.record(z.string(), Media).optional(),
});
const Parameter = z.object({
  $ref: z.string().optional(),
  name: z.string().optional(),
  in: z.string().optional(),
  required: z.boolean().optional(),
  schema: AnySchema.optional(),
  examples: z.record(z.string(), Example).optional(),
});
const Operation = z.object({
  operationId: z.string(),
  tags: z.array(z.string()),
  summary: z.string(),
  description: z.string(),
  'x-feature': z.string(),
  'x-rate': z.string(),
  security: z.array(z.record(z.string(), z.unknown())),
  parameters: z.array(Parameter),
  requestBody: z.object({ content: z.record(z.string(), Media) }).optional(),
  responses: z.record(z.string(), Response),
});
const Problem = z.looseObject({ status: z.number(), title: z.string(), detail: z.string(), code: z.string() });

export const ApiDocument = z.object({
  info: z.object({ title: z.string(), summary: z.string(), description: z.string(), version: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({
    schemas: z.record(z.string(), AnySchema),
    responses: z.record(z.string(), Response),
    examples: z.record(z.string(), z.object({ value: Problem })),
  }),
});

export type ApiDocument = z.output<typeof ApiDocument>;
export type ApiOperation = z.output<typeof Operation>;
export type ApiResponse = z.output<typeof Response>;
