import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { EntryFault } from './report.ts';

/**
 * Finds a file that an entry names. Paths that lead out of the description's folder, also by a link, are refused: a description
 * must not be able to publish files of the machine that imports it.
 *
 * @param folder - a real path
 * @throws {EntryFault}
 */
export async function findFile(folder: string, field: string, path: string, mostBytes: number): Promise<string> {
  const found = await realpath(resolve(folder, path)).catch(() => undefined);
  if (found === undefined) throw new EntryFault(field, `there is no file ${path}`, 'Put it beside the description, or correct the path.');
  if (isAbsolute(path) || isOutside(folder, found)) {
    throw new EntryFault(field, 'leads out of the folder of the description', 'Put the file into that folder, and name it from there.');
  }
  const { size, isFile } = await stat(found).then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
  if (!isFile) throw new EntryFault(field, `${path} is not a file`, 'Name the file itself.');
  if (size > mostBytes) throw new EntryFault(field, `${path} has more than ${mostBytes} bytes`, 'Give a smaller one.');
  return found;
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
}
