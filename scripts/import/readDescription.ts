import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { EntryFault, type ImportReport, type Kind, type Place } from './report.ts';
import { Description, FormerId, ImageFields, type PasswordHashing, SongFields, UserFields } from './schema.ts';

export interface Entry<Fields> {
  place: Place;
  fields: Fields;
}

export interface ReadDescription {
  source: string;
  passwordHashing: PasswordHashing | undefined;
  users: Entry<UserFields>[];
  songs: Entry<SongFields>[];
  images: Entry<ImageFields>[];
  /** Former ids of users whose entries are at fault. */
  faultyUsers: Set<string>;
}

/**
 * Reads the description. Entries at fault are told to the report and left out.
 *
 * @throws when the file as a whole cannot be used
 */
export async function readDescription(file: string, report: ImportReport): Promise<ReadDescription> {
  const { source, passwordHashing, ...lists } = parseFile(file, await readText(file));
  const users = withUniqueEmails(readEntries('users', lists.users, UserFields, report), report);
  const good = new Set(users.map(({ fields }) => fields.id));
  return {
    source,
    passwordHashing,
    users,
    songs: readEntries('songs', lists.songs, SongFields, report),
    images: readEntries('images', lists.images, ImageFields, report),
    faultyUsers: new Set(lists.users.flatMap((raw) => formerIdOf(raw) ?? []).filter((id) => !good.has(id))),
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown fault'}`);
  }
}

function parseFile(file: string, text: string): z.output<typeof Description> {
  const result = Description.safeParse(parseJson(file, text));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `\n  ${path.join('.') || 'the whole'}: ${message}`);
  throw new Error(`${file} is not a description, see docs/import.md:${faults.join('')}`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON.`); // the parser's own words would quote the file
  }
}

function readEntries<Fields extends { id: string }>(
  kind: Kind,
  list: unknown[],
  schema: z.ZodType<Fields>,
  report: ImportReport,
): Entry<Fields>[] {
  const entries = list.flatMap((raw, index): Entry<Fields>[] => {
    const place = { kind, index, id: formerIdOf(raw) };
    const { data, error } = schema.safeParse(raw);
    if (data !== undefined) return [{ place, fields: data }];
    report.count(kind, 'faulty');
    for (const { path, message } of error?.issues ?? []) {
      report.fault(place, new EntryFault(path.join('.') || 'entry', message, 'Correct it in the description.'));
    }
    return [];
  });
  return unique(entries, 'id', 'Give each entry an id of its own, or take one out.', report);
}

function withUniqueEmails(users: Entry<UserFields>[], report: ImportReport): Entry<UserFields>[] {
  return unique(users, 'email', 'Keep one of the two, and give it what belongs to both.', report);
}

/** The first entry of each value; the others are at fault. */
function unique<Field extends string, Fields extends Record<Field, string>>(
  entries: Entry<Fields>[],
  field: Field,
  advice: string,
  report: ImportReport,
): Entry<Fields>[] {
  const first = new Map<string, Place>();
  return entries.filter(({ place, fields }) => {
    const earlier = first.get(fields[field]);
    if (!earlier) first.set(fields[field], place);
    else {
      report.count(place.kind, 'faulty');
      report.fault(place, new EntryFault(field, `is that of ${earlier.kind}[${earlier.index}] too`, advice));
    }
    return !earlier;
  });
}

function formerIdOf(raw: unknown): string | undefined {
  return FormerId.safeParse((raw as { id?: unknown } | null)?.id).data;
}
