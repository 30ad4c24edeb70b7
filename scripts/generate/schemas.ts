/** zod schemas as the JSON Schema that OpenAPI 3.1 speaks. */
import { glob } from 'node:fs/promises';
import { z } from 'zod';
import { projectFolder } from '../check/command.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Schemas that several answers share: those that the front doors in `shared/` give out, under the names they have there. */
export type NamedSchemas = z.core.$ZodRegistry<{ id: string }>;

const CLIENT = 'shared/client/index.ts';

export async function readNamedSchemas(): Promise<NamedSchemas> {
  const named = z.registry<{ id: string }>();
  for await (const path of glob('shared/*/index.ts', { cwd: projectFolder })) {
    if (path === CLIENT) continue; // it follows from what is read here, and may not be there yet
    const frontDoor = (await import(`../../${path}`)) as Record<string, unknown>;
    for (const [id, schema] of Object.entries(frontDoor)) {
      if (schema instanceof z.ZodObject && !named.has(schema)) named.add(schema, { id });
    }
  }
  return named;
}

/** What a client sends: defaults are optional, unknown fields are refused. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', override: simplify });
  return json;
}

/**
 * What a client gets. Unlike the handlers' own check this allows fields beyond those named: they may be added at any time.
 *
 * @returns the schema, and the named ones that it refers to, as `#/components/schemas/<name>`
 */
export function outputSchema(schema: z.ZodType, named: NamedSchemas): { schema: JsonSchema; components: Record<string, JsonSchema> } {
  const { $schema: _, $defs = {}, ...json } = z.toJSONSchema(schema, { io: 'output', metadata: named, override: simplifyOutput });
  return { schema: toComponents(json), components: toComponents($defs) as Record<string, JsonSchema> };
}

function toComponents<T extends object>(json: T): T {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/')) as T;
}

/** Drops what zod adds that tells a reader nothing: the bounds of JavaScript's integers, and how a date-time is spelt. */
function simplify({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}

function simplifyOutput(context: { jsonSchema: JsonSchema }): void {
  simplify(context);
  if (context.jsonSchema.additionalProperties === false) delete context.jsonSchema.additionalProperties;
}
