import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from './gcsError.ts';
import type { StoredObject } from './storedObject.ts';

/** Conditions on the object as it is, each a generation or metageneration. Generation 0 means "not there". */
export interface Preconditions {
  generationMatch?: number | undefined;
  generationNotMatch?: number | undefined;
  metagenerationMatch?: number | undefined;
  metagenerationNotMatch?: number | undefined;
}

/** @param prefix - `ifSource` for the source of a copy */
export function preconditionsOfQuery(query: URLSearchParams, prefix: 'if' | 'ifSource' = 'if'): Preconditions {
  return {
    generationMatch: generation(query.get(`${prefix}GenerationMatch`)),
    generationNotMatch: generation(query.get(`${prefix}GenerationNotMatch`)),
    metagenerationMatch: generation(query.get(`${prefix}MetagenerationMatch`)),
    metagenerationNotMatch: generation(query.get(`${prefix}MetagenerationNotMatch`)),
  };
}

/** As the XML API takes them. */
export function preconditionsOfHeaders(headers: IncomingHttpHeaders): Preconditions {
  return {
    generationMatch: generation(headers['x-goog-if-generation-match']),
    metagenerationMatch: generation(headers['x-goog-if-metageneration-match']),
  };
}

/** @throws 412 when a condition does not hold before a change */
export function checkBeforeChange(object: StoredObject | undefined, conditions: Preconditions): void {
  const fault = brokenMatch(object, conditions) ?? brokenNotMatch(object, conditions);
  if (fault) throw refuse.conditionNotMet(fault);
}

/** @throws 412, or 304 when the reader has this very state already */
export function checkBeforeRead(object: StoredObject, conditions: Preconditions): void {
  const fault = brokenMatch(object, conditions);
  if (fault) throw refuse.conditionNotMet(fault);
  if (brokenNotMatch(object, conditions)) throw refuse.notModified();
}

function brokenMatch(object: StoredObject | undefined, conditions: Preconditions): string | undefined {
  const { generationMatch, metagenerationMatch } = conditions;
  if (generationMatch !== undefined && generationMatch !== (object?.generation ?? 0)) return 'ifGenerationMatch';
  if (metagenerationMatch !== undefined && metagenerationMatch !== object?.metageneration) return 'ifMetagenerationMatch';
  return undefined;
}

function brokenNotMatch(object: StoredObject | undefined, conditions: Preconditions): string | undefined {
  const { generationNotMatch, metagenerationNotMatch } = conditions;
  if (generationNotMatch !== undefined && generationNotMatch === (object?.generation ?? 0)) return 'ifGenerationNotMatch';
  if (metagenerationNotMatch !== undefined && metagenerationNotMatch === object?.metageneration) return 'ifMetagenerationNotMatch';
  return undefined;
}

function generation(value: string | string[] | null | undefined): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) throw refuse.invalid(`Invalid value for a precondition: ${String(value)}`);
  return Number(value);
}
