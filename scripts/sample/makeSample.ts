/**
 * `node scripts/sample/makeSample.ts FOLDER`: makes the sample data, a description for `npm run import` and the files it names.
 *
 * Sound and pictures are computed: the same bytes each time. Files that are there already are kept, so a run that was broken off
 * goes on where it was.
 */

import { existsSync, mkdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { inParallel } from '#shared/runtime';
import { showCount } from '../import/showCount.ts';
import { drawCover } from '../local/sandbox/index.ts';
import { openStudio, type Studio } from '../local/sandbox/studio.ts';
import { describeSample, lyricsOf, pictureFile, songFile } from './describeSample.ts';
import { drawPicture } from './drawPicture.ts';
import { pictureList } from './pictureList.ts';
import { type SampleSong, songList } from './songList.ts';

/** Each studio keeps one processor busy. */
const STUDIO_COUNT = 2;

process.once('disconnect', () => process.exit(1)); // whoever started us is gone
process.exitCode = await main(process.argv[2]);
process.exit();

async function main(folder: string | undefined): Promise<number> {
  if (folder === undefined) {
    console.error('Use: node scripts/sample/makeSample.ts FOLDER');
    return 1;
  }
  const line = showCount();
  await makeSample(resolve(folder), line.update);
  line.end();
  console.log(join(folder, 'sori.json'));
  return 0;
}

async function makeSample(folder: string, tell: (text: string) => void): Promise<void> {
  const studios = Array.from({ length: STUDIO_COUNT }, () => openStudio());
  const idle = [...studios];
  let madeCount = 0;
  await inParallel([...songList.entries()], STUDIO_COUNT, async ([index, song]) => {
    const studio = idle.pop()!;
    await makeSong(folder, index, song, studio);
    idle.push(studio);
    madeCount += 1;
    tell(`sample songs: ${madeCount} of ${songList.length}`);
  });
  await Promise.all(studios.map((studio) => studio.close()));
  await inParallel([...pictureList.entries()], 2, ([index, picture]) =>
    make(join(folder, pictureFile(picture, index)), () => drawPicture(picture)),
  );
  // Last: a description is only there when all of its files are.
  await save(join(folder, 'sori.json'), `${JSON.stringify(describeSample(), null, 2)}\n`);
}

async function makeSong(folder: string, index: number, song: SampleSong, studio: Studio): Promise<void> {
  const { title, style, seconds } = song;
  const seed = `sample ${index + 1}`;
  const request = { style, title, lyrics: lyricsOf(song), seed, seconds };
  await make(join(folder, songFile(index, 'mp3')), () => studio.sound(request));
  await make(join(folder, songFile(index, 'jpg')), () => drawCover({ seed: seed + style, title }));
}

async function make(path: string, draw: () => Promise<Buffer>): Promise<void> {
  if (!existsSync(path)) await save(path, await draw());
}

/** Whole or not at all. */
async function save(path: string, content: Buffer | string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await writeFile(`${path}.unfinished`, content);
  await rename(`${path}.unfinished`, path);
}
